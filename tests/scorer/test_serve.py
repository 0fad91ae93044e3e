"""The scorer's rules and its loop, in this process: every refusal, every kind of bad input, no label anywhere."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from aarctl.lab.pgr import interval, pgr
from aarctl.lab.student import save_student
from aarctl.lab.task import Task
from aarctl.scorer.errors import BadVault
from aarctl.scorer.ledger import Ledger
from aarctl.scorer.protocol import (
    MAX_FRAME_BYTES,
    AskFrame,
    DrawSeeds,
    Failed,
    Hello,
    ReadLedger,
    Rejected,
    Score,
    Scored,
    Welcome,
    decode_answer,
    encode,
)
from aarctl.scorer.serve import Server, loop
from aarctl.scorer.vault import Vault

Ask = Callable[..., Score]


@pytest.fixture
def server(home: Path, name: str, vault: Vault) -> Iterator[Server]:
    torch.set_num_threads(1)
    ledger = Ledger(home / "scorer" / "demo" / "ledger.db", queries=180)
    yield Server("demo", name, os.getpid(), vault, ledger)
    ledger.close()


def test_exact_figures_are_those_of_the_labels(server: Server, ask: Ask, vault: Vault, task: Task) -> None:
    scored = server.answer(ask())
    assert isinstance(scored, Scored)
    hidden = vault.hidden("code")
    p = scored.private
    assert p.accuracy == pytest.approx(sum(s.accuracy for s in p.per_seed) / 2)
    assert p.exact == pytest.approx(pgr(p.accuracy, p.weak_accuracy, p.ceiling_accuracy))
    assert p.weak_accuracy == pytest.approx(float(hidden.weak.mean()))
    assert p.interval[0] < p.exact < p.interval[1]


def test_two_scores_of_one_submission_are_equal_bit_for_bit(
    server: Server, ask: Ask, home: Path, name: str, vault: Vault
) -> None:
    first = server.answer(ask())
    other = Server("two", name, 1, vault, Ledger(home / "scorer" / "two" / "ledger.db", queries=180))
    assert msgspec.msgpack.encode(first) == msgspec.msgpack.encode(other.answer(ask()))


def test_another_secret_gives_another_noise(server: Server, ask: Ask, home: Path, name: str, vault: Vault) -> None:
    first = server.answer(ask())
    strange = Vault(vault.root)
    strange.secret = bytes(16)
    other = Server("two", name, 1, strange, Ledger(home / "scorer" / "two" / "ledger.db", queries=180)).answer(ask())
    assert isinstance(first, Scored)
    assert isinstance(other, Scored)
    assert first.private.noise != other.private.noise
    assert first.private.exact == other.private.exact


def test_the_interval_is_the_labs_own(server: Server, ask: Ask, vault: Vault) -> None:
    scored = server.answer(ask())
    assert isinstance(scored, Scored)
    hidden, n = vault.hidden("code"), scored.evidence.items
    rows = [np.arange(n) < round(s.accuracy * n) for s in scored.private.per_seed]  # right shape, other items
    assert interval(np.stack(rows), hidden.weak, hidden.ceiling).mean == pytest.approx(scored.private.exact)


@pytest.mark.parametrize("count", [0, 6])
def test_a_submission_has_one_to_five_students(server: Server, ask: Ask, count: int) -> None:
    rejected = server.answer(ask(seeds=tuple(range(count))))
    assert isinstance(rejected, Rejected)
    assert (rejected.field, "1 to 5" in rejected.fix) == ("students", True)


def test_one_seed_twice_is_refused(server: Server, ask: Ask, student: Callable[..., str]) -> None:
    rejected = server.answer(ask(students=[student(1), student(1, noise=0.1, where="other")]))
    assert isinstance(rejected, Rejected)
    assert rejected.field == "seed"


def same_weights_under_another_seed(student: str, seed: int) -> str:
    copy = Path(student).parent / f"copy-{seed}"
    shutil.copytree(student, copy)
    meta = json.loads((copy / "student.json").read_text())
    (copy / "student.json").write_text(json.dumps(meta | {"seed": seed}))
    return str(copy)


def test_the_same_weights_under_two_seeds_are_refused(server: Server, ask: Ask, student: Callable[..., str]) -> None:
    one = student(1)
    rejected = server.answer(ask(students=[one, same_weights_under_another_seed(one, 2)]))
    assert isinstance(rejected, Rejected)
    assert "under two seeds" in rejected.fix
    assert server.ledger.rows() == []


def test_a_replication_of_a_method_that_ignores_its_seed_is_scored_and_shows_it(
    server: Server, ask: Ask, student: Callable[..., str], vault: Vault
) -> None:
    from aarctl.scorer.release import draw_seeds

    a, b = draw_seeds(vault.secret, "0123456789abcdef", 2)
    one = student(a)
    scored = server.answer(ask(students=[one, same_weights_under_another_seed(one, b)], kind="replication"))
    assert isinstance(scored, Scored)
    assert scored.evidence.distinct_behaviours == 1


def test_a_student_of_another_method_is_refused(server: Server, ask: Ask, task: Task, tmp_path: Path) -> None:
    save_student(task.base()[0], tmp_path / "s", task=task, seed=1, method_snapshot="ffff")
    rejected = server.answer(ask(students=[str(tmp_path / "s")]))
    assert isinstance(rejected, Rejected)
    assert rejected.field == "method_snapshot"


def test_an_answered_submission_cannot_change_its_method(server: Server, ask: Ask) -> None:
    server.answer(ask("s1"))
    rejected = server.answer(ask("s1", method_snapshot="ffff"))
    assert isinstance(rejected, Rejected)
    assert rejected.field == "submission"


def test_a_student_that_overflows_on_hidden_items_is_refused(
    server: Server, ask: Ask, task: Task, tmp_path: Path
) -> None:
    model, _ = task.base()
    with torch.no_grad():
        model.model.norm.weight.fill_(3e38)
    save_student(model, tmp_path / "s", task=task, seed=1)
    rejected = server.answer(ask(students=[str(tmp_path / "s")]))
    assert isinstance(rejected, Rejected)
    assert "finite" in rejected.reason


def test_a_missing_folder_is_refused_and_not_a_crash(server: Server, ask: Ask, tmp_path: Path) -> None:
    assert isinstance(server.answer(ask(students=[str(tmp_path / "nowhere")])), Rejected)


def test_no_answer_holds_a_hidden_text_a_label_per_item_or_the_secret(server: Server, ask: Ask, vault: Vault) -> None:
    answers = [server.answer(q) for q in (Hello(), ask(), DrawSeeds("aa", 3), ReadLedger())]
    text = msgspec.json.encode(answers).decode()
    hidden = vault.hidden("code")
    assert vault.secret.hex() not in text
    assert not any(pair.id in text or pair.prompt in text for pair in hidden.pairs)
    longest = max(len(v) for v in _sequences(msgspec.to_builtins(answers)))
    assert longest < 10 < len(hidden.pairs), "nothing in an answer has one value per item"
    assert "Hidden(pairs" not in repr(server)
    assert "labels" not in repr(hidden)


def _sequences(value: object) -> Iterator[list[object]]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _sequences(inner)
    elif isinstance(value, list | tuple):
        yield list(value)
        for inner in value:
            yield from _sequences(inner)


def test_the_loop_answers_in_order_and_ends_with_its_input(server: Server) -> None:
    asked = b"".join(encode(AskFrame(1, n, Hello())) for n in (7, 8))
    out = io.BytesIO()
    loop(server, io.BytesIO(asked), out)
    frames = list(_frames(out.getvalue()))
    assert [f.id for f in frames] == [7, 8]
    assert isinstance(frames[0].body, Welcome)
    assert frames[0].body.domains == ["code", "math"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\1",
        b"\5\0\0\0ab",
        b"\2\0\0\0\xc1\xc1",
        (MAX_FRAME_BYTES + 1).to_bytes(4, "little"),
        b"\xff\xff\xff\xff",
        encode(AskFrame(2, 1, Hello())),
    ],
)
def test_a_bad_frame_ends_the_loop_without_an_answer(server: Server, junk: bytes) -> None:
    out = io.BytesIO()
    loop(server, io.BytesIO(junk), out)
    assert out.getvalue() == b""


def _frames(data: bytes) -> Iterator[object]:
    while data:
        size = int.from_bytes(data[:4], "little")
        yield decode_answer(data[4 : 4 + size])
        data = data[4 + size :]


@pytest.mark.parametrize("file", ["secret", "code/test.jsonl", "code/correct.npz"])
def test_a_damaged_vault_is_named_without_its_content(
    built: Path, name: str, tmp_path: Path, ask: Ask, file: str
) -> None:
    root = tmp_path / "tasks" / name
    shutil.copytree(built / "tasks" / name, root)
    (root / "vault" / file).write_text('{"id": "x", "label": "CANARY"}')
    try:
        server = Server("demo", name, 1, Vault(root), Ledger(tmp_path / "ledger.db", queries=1))
    except BadVault as e:
        message = str(e)
    else:
        answer = server.answer(ask())
        assert isinstance(answer, Failed)
        assert answer.error == "BadVault"
        message = answer.message
    assert "task build" in message
    assert "CANARY" not in message
