"""A public folder loads, or is refused with file, line, field, value and fix; nothing unlisted crosses."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aarctl.lab.errors import BadModel, BadTask
from aarctl.lab.task import CARD, MAX_LINE, POOL, WEAK_LABELS, Task, read_pairs, write_jsonl
from tests.fakes.tiny_task import TINY

GOOD = {"id": "a", "prompt": "max 1 2 =", "first": "2", "second": "1"}


def refused(path: Path, *words: str) -> None:
    """Reading `path` as pairs is refused, and the message holds all words."""
    with pytest.raises(BadTask) as caught:
        read_pairs(path)
    message = str(caught.value)
    assert all(word in message for word in words), message


def test_a_built_task_loads_with_its_pool_labels_and_models(tiny_task: Task) -> None:
    pool, weak = tiny_task.pool(), tiny_task.weak_labels()
    assert len(pool) == len(weak) == TINY.n_pool
    assert (tiny_task.name, tiny_task.version, tiny_task.domain) == (TINY.task, TINY.version(), "code")
    assert all(0 <= p <= 1 for p in weak)
    assert tiny_task.weak_accuracy + 0.15 <= tiny_task.ceiling_accuracy + 1e-4
    model, tokenizer = tiny_task.base()
    assert tokenizer.get_vocab_size() == model.config.vocab_size
    assert tiny_task.weak()[0].config.vocab_size == model.config.vocab_size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": 1}, ["pool.jsonl:2", "'label'", "not an allowed field", "id, prompt, first, second"]),
        ({"answer": "2"}, ["pool.jsonl:2", "'answer'"]),
        ({"first": 2}, ["pool.jsonl:2", "first = 2", "expected str"]),
        ({"second": None}, ["pool.jsonl:2", "second = None", "expected str"]),
        ({"prompt": "  "}, ["pool.jsonl:2", "prompt is empty", "remove the line"]),
        ({"second": "2"}, ["pool.jsonl:2", "first = second = '2'", "two different"]),
        ({"id": "a"}, ["pool.jsonl:2", "id = 'a'", "line 1", "make ids unique"]),
    ],
)
def test_a_bad_line_is_refused_with_place_field_value_and_fix(
    tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    write_jsonl(tmp_path / POOL, [GOOD, GOOD | {"id": "b"} | change])
    refused(tmp_path / POOL, *words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", ["not JSON", "one object a line"]),
        (b"[1]", ["no object", "{id, prompt, first, second}"]),
        (b'{"id": NaN}', ["not JSON", "NaN"]),
        (b"\xff\xfe", ["not JSON"]),
        (b"[" * 100_000, ["not JSON"]),
        (b'"' + b"x" * MAX_LINE + b'"', ["1,000,002 bytes", "shorten"]),
        (b'{"id": "b"}', ["prompt is missing", "add it"]),
    ],
)
def test_a_line_that_is_no_item_is_refused(tmp_path: Path, line: bytes, words: list[str]) -> None:
    (tmp_path / POOL).write_bytes(json.dumps(GOOD).encode() + b"\n\n" + line + b"\n")
    refused(tmp_path / POOL, "pool.jsonl:3", *words)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / POOL, POOL, "missing")
    (tmp_path / POOL).write_text("\n\n")
    refused(tmp_path / POOL, POOL, "at least one line")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_bad_task(tmp_path: Path, data: bytes) -> None:
    (tmp_path / POOL).write_bytes(data)
    with pytest.raises(BadTask):
        read_pairs(tmp_path / POOL)


TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT).filter(lambda r: r[2] != r[3]), min_size=1, max_size=5,
                     unique_by=lambda r: r[0]))  # fmt: skip
def test_any_text_survives_being_written_and_read(tmp_path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    write_jsonl(tmp_path / POOL, [dict(zip(("id", "prompt", "first", "second"), row, strict=True)) for row in rows])
    assert [(p.id, p.prompt, p.first, p.second) for p in read_pairs(tmp_path / POOL)] == rows


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"p": 1.5}, ["weak_labels.jsonl:1", "p = 1.5", "[0, 1]"]),
        ({"p": True}, ["weak_labels.jsonl:1", "p = True", "expected float"]),
        ({"p": "0.5"}, ["weak_labels.jsonl:1", "p = '0.5'"]),
        ({"id": "nobody"}, ["weak_labels.jsonl:1", "id = 'nobody'", "remove the line"]),
        ({"label": 1}, ["weak_labels.jsonl:1", "'label'", "only id, p may cross"]),
    ],
)
def test_a_bad_weak_label_is_refused(public_copy: Path, change: dict[str, Any], words: list[str]) -> None:
    path = public_copy / WEAK_LABELS
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    write_jsonl(path, [rows[0] | change, *rows[1:]])
    with pytest.raises(BadTask) as caught:
        Task.load(public_copy).weak_labels()
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_missing_or_double_weak_label_is_refused_and_order_does_not_matter(public_copy: Path) -> None:
    path, task = public_copy / WEAK_LABELS, Task.load(public_copy)
    expected = task.weak_labels()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    write_jsonl(path, rows[::-1])
    assert task.weak_labels() == expected
    write_jsonl(path, rows[1:])
    with pytest.raises(BadTask, match=rf"no label for id = '{rows[0]['id']}'"):
        task.weak_labels()
    write_jsonl(path, [*rows, rows[0]])
    with pytest.raises(BadTask, match=rf"weak_labels.jsonl:{len(rows) + 1}: .*labelled twice"):
        task.weak_labels()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weak_accuracy": 2}, ["weak_accuracy = 2"]),
        ({"ceiling_accuracy": True}, ["ceiling_accuracy = True"]),
        ({"name": 3}, ["name = 3", "expected text"]),
        ({"format": {"prompt": "x", "candidate": "{candidate}"}}, ["{prompt}"]),
        ({"format": {"prompts": "x"}}, ["prompts"]),
        ({"format": "x"}, ["rebuild"]),
        ({"training": {"step": 3}}, ["step"]),
    ],
)
def test_a_bad_card_is_refused(public_copy: Path, change: dict[str, Any], words: list[str]) -> None:
    card = json.loads((public_copy / CARD).read_text())
    (public_copy / CARD).write_text(json.dumps(card | change))
    with pytest.raises(BadTask) as caught:
        Task.load(public_copy)
    assert all(word in str(caught.value) for word in (CARD, *words)), caught.value


def test_a_missing_broken_or_incomplete_card_is_refused(public_copy: Path) -> None:
    card = json.loads((public_copy / CARD).read_text())
    for name in ("name", "version", "domain", "format", "training", "base_sha256", "weak_accuracy"):
        (public_copy / CARD).write_text(json.dumps({k: v for k, v in card.items() if k != name}))
        with pytest.raises(BadTask, match=f"{name} is missing"):
            Task.load(public_copy)
    for text, words in (("{", "not JSON"), ("[]", "expected an object")):
        (public_copy / CARD).write_text(text)
        with pytest.raises(BadTask, match=words):
            Task.load(public_copy)
    (public_copy / CARD).unlink()
    with pytest.raises(BadTask, match="build the task first"):
        Task.load(public_copy)


@given(fraction=st.floats(0, 1, exclude_min=True))
def test_a_fraction_scales_the_steps_and_leaves_at_least_one(tiny_folder: Path, fraction: float) -> None:
    steps = Task.load(tiny_folder / "public", fraction=fraction).steps
    assert 1 <= steps <= TINY.steps
    assert abs(steps - fraction * TINY.steps) <= 1


@pytest.mark.parametrize("fraction", [0, -0.5, 1.01, float("nan")])
def test_a_fraction_outside_0_and_1_is_refused(tiny_folder: Path, fraction: float) -> None:
    with pytest.raises(BadTask, match="fraction = "):
        Task.load(tiny_folder / "public", fraction=fraction)


def test_a_base_with_another_hash_is_refused(public_copy: Path, tiny_folder: Path) -> None:
    card = json.loads((public_copy / CARD).read_text())
    (public_copy / CARD).write_text(json.dumps(card | {"base_sha256": "0" * 64}))
    (public_copy / "base").symlink_to(tiny_folder / "public" / "base")
    with pytest.raises(BadModel, match=r"sha256 = .*expected 0000"):
        Task.load(public_copy).base()
