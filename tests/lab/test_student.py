"""What may be handed in as a student, what is refused, with which words; no file raises anything else."""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from aarctl.lab.decoder import Decoder, DecoderConfig, initialise
from aarctl.lab.models import load_model, save_model, weights_of
from aarctl.lab.student import (
    MAX_META_BYTES,
    BadStudent,
    Lora,
    StudentInfo,
    check_student,
    load_student,
    save_student,
)
from aarctl.lab.task import Format, Task, Training
from aarctl.lab.tensors import MAX_HEADER_BYTES

CONFIG = DecoderConfig(
    model_type="qwen3", vocab_size=11, hidden_size=8, intermediate_size=12, num_hidden_layers=1,
    num_attention_heads=2, num_key_value_heads=1, head_dim=4,
)  # fmt: skip
MODULE = "model.layers.0.mlp.up_proj"
NAME = f"{MODULE}.weight"
Bytes = dict[str, bytes]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    public = tmp_path_factory.mktemp("task")
    tokenizer = Tokenizer(WordLevel({str(i): i for i in range(11)}, unk_token="0"))
    digest = save_model(initialise(Decoder(CONFIG), 1), tokenizer, public / "base")
    return Task(public, "tiny", "0123abcd", "code", Format(), Training(), digest, 0.7, 0.99)


@pytest.fixture
def student(task: Task, tmp_path: Path) -> Path:
    save_student(initialise(Decoder(CONFIG), 2), tmp_path / "s", task=task, seed=7, card={"claim": "it learns"})
    return tmp_path / "s"


def check(path: Path, task: Task, **more: object) -> StudentInfo:
    asked = {"base_sha256": task.base_sha256, "task": "tiny@0123abcd", "base": task.public / "base"} | more
    return check_student(path, **asked)  # type: ignore[arg-type]


def refused(path: Path, task: Task, **more: object) -> BadStudent:
    with pytest.raises(BadStudent) as caught:
        check(path, task, **more)
    assert caught.value.field and caught.value.value and caught.value.fix
    assert str(caught.value).isascii()
    return caught.value


def lora(rank: int = 2) -> Lora:
    g = torch.Generator().manual_seed(0)
    tensors = {
        f"{MODULE}.lora_A.weight": torch.randn(rank, 8, generator=g),
        f"{MODULE}.lora_B.weight": torch.randn(12, rank, generator=g),
    }
    return Lora(rank, 4.0, tensors)


def edit_json(student: Path, **fields: object) -> None:
    path = student / "student.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def edit_header(student: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    """Rewrite the header of the weights; the data stays."""
    path = student / "model.safetensors"
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    change(header)
    raw = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + data[8 + size :])


def test_a_saved_student_is_accepted_and_loads_with_its_own_weights(student: Path, task: Task) -> None:
    info = check(student, task)
    assert (info.seed, info.file.kind, info.file.card.claim) == (7, "full", "it learns")
    loaded = weights_of(load_student(student, task.public / "base"))
    for name, tensor in weights_of(initialise(Decoder(CONFIG), 2)).items():
        assert torch.equal(loaded[name], tensor)


def test_saving_twice_gives_the_same_bytes(student: Path, task: Task, tmp_path: Path) -> None:
    save_student(initialise(Decoder(CONFIG), 2), tmp_path / "t", task=task, seed=7, card={"claim": "it learns"})
    assert contents(student) == contents(tmp_path / "t")


def test_a_lora_student_is_the_base_plus_its_scaled_product(task: Task, tmp_path: Path) -> None:
    given_lora = lora()
    save_student(None, tmp_path / "s", task=task, seed=1, lora=given_lora)
    assert check(tmp_path / "s", task).file.kind == "lora"
    a, b = given_lora.tensors.values()
    base, merged = load_model(task.public / "base"), load_student(tmp_path / "s", task.public / "base")
    expected = weights_of(base)
    expected[NAME] = expected[NAME] + 4.0 / 2 * b @ a
    assert all(torch.equal(t, expected[n]) for n, t in weights_of(merged).items())


def test_the_weights_hash_ignores_the_layout_of_the_file(student: Path, task: Task) -> None:
    before = check(student, task).weights_sha256
    edit_header(student, lambda h: h.setdefault("__metadata__", {}).update(note="another file"))
    assert check(student, task).weights_sha256 == before


def test_result_json_beside_the_student_is_tolerated(student: Path, task: Task) -> None:
    (student / "result.json").write_bytes(b"\xff not even json")
    assert check(student, task).seed == 7


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "w.pkl", "x.pickle", "a.ckpt"])
def test_a_pickle_is_refused_with_the_fix(student: Path, task: Task, name: str) -> None:
    (student / name).write_bytes(pickle.dumps({}))
    error = refused(student, task)
    assert name in error.value and "safetensors with save_student" in error.fix


def test_a_pickle_under_the_allowed_name_is_refused(student: Path, task: Task) -> None:
    (student / "model.safetensors").write_bytes(pickle.dumps({"w": [1.0] * 99}))
    assert "save_student" in refused(student, task).fix


@pytest.mark.parametrize("name", ["modeling.py", "config.json", ".hidden", "\x1b[2Jevil\u202e"])
def test_any_other_file_is_refused(student: Path, task: Task, name: str) -> None:
    (student / name).write_text("")
    assert "remove it" in refused(student, task).fix


def test_links_devices_and_folders_are_refused(student: Path, task: Task, tmp_path: Path) -> None:
    weights, aside = student / "model.safetensors", tmp_path / "aside"
    weights.rename(aside)
    weights.symlink_to(aside)
    assert "plain file" in refused(student, task).fix
    weights.unlink()
    os.link(aside, weights)
    assert refused(student, task).value == "2 hard links"
    weights.unlink()
    os.mkfifo(weights)
    assert "plain file" in refused(student, task).fix
    weights.unlink()
    weights.mkdir()
    assert "plain file" in refused(student, task).fix
    (tmp_path / "link").symlink_to(student)
    assert "not a link" in refused(tmp_path / "link", task).fix


def test_a_missing_file_or_folder_is_refused(student: Path, task: Task) -> None:
    (student / "student.json").unlink()
    assert "student.json" in refused(student, task).value
    assert "nowhere" in refused(student.parent / "nowhere", task).value


def test_oversize_is_refused_before_it_is_read(student: Path, task: Task) -> None:
    assert "at most 100 bytes" in refused(student, task, max_bytes=100).fix
    (student / "student.json").write_text(" " * (MAX_META_BYTES + 1))
    assert "shorten the card" in refused(student, task).fix


@pytest.mark.parametrize("claimed", [2**63, MAX_HEADER_BYTES + 1, 10**6])
def test_a_header_larger_than_allowed_or_than_its_file_is_refused(student: Path, task: Task, claimed: int) -> None:
    path = student / "model.safetensors"
    path.write_bytes(struct.pack("<Q", claimed) + path.read_bytes()[8:])
    assert "header size" in refused(student, task).field


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"base_sha256": "0" * 64}, "base_sha256"),
        ({"task": "other@0123abcd"}, "task"),
        ({"task": "tiny@ffffffff"}, "task"),
        ({"schema": 2}, "schema"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": "7"}, "seed"),
        ({"seed": True}, "seed"),
        ({"kind": "pickle"}, "kind"),
        ({"kind": "lora"}, "lora"),
        ({"lora": {"rank": 2, "alpha": 4.0}}, "lora"),
        ({"card": {"claim": 3}}, "claim"),
        ({"card": {"secret": "x"}}, "secret"),
        ({"code": "import os"}, "code"),
    ],
)
def test_a_wrong_field_of_student_json_is_named(
    student: Path, task: Task, fields: dict[str, object], where: str
) -> None:
    edit_json(student, **fields)
    assert where in str(refused(student, task))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 60_000, b'{"schema": NaN}'])
def test_bad_json_is_refused(student: Path, task: Task, text: bytes) -> None:
    (student / "student.json").write_bytes(text)
    assert refused(student, task).field == "student.json"


def test_a_missing_an_extra_and_a_renamed_tensor_are_refused(student: Path, task: Task) -> None:
    model = initialise(Decoder(CONFIG), 2)
    whole = weights_of(model)
    write_tensors(student, {k: v for k, v in whole.items() if k != NAME})
    assert "missing" in refused(student, task).fix
    write_tensors(student, whole | {"extra": torch.zeros(3)})
    assert "does not have" in refused(student, task).fix
    write_tensors(student, {k.replace("mlp", "mlq"): v for k, v in whole.items()})
    assert "missing" in refused(student, task).fix


def test_a_wrong_shape_or_dtype_names_what_it_must_be(student: Path, task: Task) -> None:
    whole = weights_of(initialise(Decoder(CONFIG), 2))
    write_tensors(student, whole | {NAME: torch.zeros(8, 12)})
    assert "(12, 8)" in refused(student, task).fix
    write_tensors(student, whole | {NAME: torch.zeros(12, 8, dtype=torch.float64)})
    assert "F32" in refused(student, task).fix


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_refused_with_its_tensor(student: Path, task: Task, value: float) -> None:
    whole = weights_of(initialise(Decoder(CONFIG), 2))
    whole[NAME] = whole[NAME].clone()
    whole[NAME][3, 3] = value
    write_tensors(student, whole)
    error = refused(student, task)
    assert NAME in error.field and "1 of 96" in error.value


def test_saving_a_model_with_nan_is_refused_at_once(task: Task, tmp_path: Path) -> None:
    model = initialise(Decoder(CONFIG), 2)
    with torch.no_grad():
        model.model.norm.weight[0] = float("nan")
    with pytest.raises(BadStudent, match="finite"):
        save_student(model, tmp_path / "s", task=task, seed=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h[NAME].update(data_offsets=[0, 10**12]),
        lambda h: h[NAME].update(data_offsets=[5, 3]),
        lambda h: h[NAME].update(data_offsets=[-4, 380]),
        lambda h: h[NAME].update(shape=[2**40] * 8),
        lambda h: h[NAME].update(shape=[1] * 9),
        lambda h: h[NAME].update(shape=[-12, -8]),
        lambda h: h[NAME].update(dtype="PICKLE"),
        lambda h: h[NAME].update(code="x"),
        lambda h: h.update(a=dict(h[NAME])),
        lambda h: h.update(__metadata__={"x": 1}),
    ],
)
def test_a_header_that_lies_is_refused(
    student: Path, task: Task, change: Callable[[dict[str, dict[str, object]]], object]
) -> None:
    edit_header(student, change)
    assert "model.safetensors" in refused(student, task).field


def test_bytes_that_no_tensor_owns_are_refused(student: Path, task: Task) -> None:
    with (student / "model.safetensors").open("ab") as f:
        f.write(b"hidden message")
    assert "remove the rest" in refused(student, task).fix


@pytest.mark.parametrize("name", ["model.norm", "lm_head", "model.layers.9.mlp.up_proj"])
def test_lora_on_a_module_that_is_no_matrix_of_the_base_is_refused(task: Task, tmp_path: Path, name: str) -> None:
    bad = Lora(2, 4.0, {f"{name}.lora_A.weight": torch.zeros(2, 8), f"{name}.lora_B.weight": torch.zeros(8, 2)})
    with pytest.raises(BadStudent, match="LoRA"):
        save_student(None, tmp_path / "s", task=task, seed=1, lora=bad)


def test_half_a_lora_pair_or_none_is_refused(task: Task, tmp_path: Path) -> None:
    half = dict(list(lora().tensors.items())[:1])
    for tensors in ({}, half):
        with pytest.raises(BadStudent):
            save_student(None, tmp_path / "s", task=task, seed=1, lora=Lora(2, 4.0, tensors))


def contents(student: Path) -> Bytes:
    return {p.name: p.read_bytes() for p in student.iterdir()}


def write_tensors(student: Path, tensors: dict[str, torch.Tensor]) -> None:
    from safetensors.torch import save

    (student / "model.safetensors").write_bytes(save({k: v.contiguous() for k, v in tensors.items()}))


def test_a_lora_whose_merge_overflows_is_refused_when_loaded(task: Task, tmp_path: Path) -> None:
    huge = {name: torch.full_like(t, 1e30) for name, t in lora().tensors.items()}
    save_student(None, tmp_path / "s", task=task, seed=1, lora=Lora(2, 4.0, huge))
    with pytest.raises(BadStudent, match="overflows"):
        load_student(tmp_path / "s", task.public / "base")


# ---- whatever the bytes are: accepted, or BadStudent -------------------------------------------------------


@pytest.fixture(scope="module")
def good(task: Task, tmp_path_factory: pytest.TempPathFactory) -> list[Bytes]:
    where = tmp_path_factory.mktemp("good")
    save_student(initialise(Decoder(CONFIG), 2), where / "full", task=task, seed=7)
    save_student(None, where / "lora", task=task, seed=7, lora=lora())
    return [contents(where / "full"), contents(where / "lora")]


def survives(files: Bytes, task: Task, where: Path) -> None:
    """check and load accept, or raise BadStudent; a student that is accepted has finite weights."""
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir()
    for name, data in files.items():
        (where / name).write_bytes(data)
    try:
        check(where, task)
        model = load_student(where, task.public / "base")
    except BadStudent as e:
        assert str(e).isascii()  # noqa: PT017  either way is right; what is raised must be readable
    else:
        assert all(bool(np.isfinite(t.numpy()).all()) for t in weights_of(model).values())


@settings(max_examples=300)
@given(data=st.data())
def test_random_corruption_never_raises_anything_but_bad_student(
    data: st.DataObject, good: list[Bytes], task: Task, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = dict(data.draw(st.sampled_from(good)))
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    edge = data.draw(st.sampled_from([16, 300, len(content)]))  # the first bytes and the header deserve most tries
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(edge, len(content)) - 1 if content else 0))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "drop"]))
        if kind == "flip" and at < len(content):
            content[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del content[at:]
        elif kind == "insert":
            content[at:at] = data.draw(st.binary(max_size=20))
        else:
            del content[at : at + data.draw(st.integers(1, 20))]
    files[name] = bytes(content)
    survives(files, task, tmp_path_factory.getbasetemp() / "fuzz")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(data=st.data())
def test_any_value_in_any_field_never_raises_anything_but_bad_student(
    data: st.DataObject, good: list[Bytes], task: Task, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = dict(data.draw(st.sampled_from(good)))
    weights = files["model.safetensors"]
    (size,) = struct.unpack("<Q", weights[:8])
    header, meta = json.loads(weights[8 : 8 + size]), json.loads(files["student.json"])
    target = data.draw(st.sampled_from([meta, header, header[data.draw(st.sampled_from(sorted(header)))]]))
    target[data.draw(st.sampled_from(sorted(target)) | st.text(max_size=5))] = data.draw(JSON)
    raw = json.dumps(header).encode()
    files["model.safetensors"] = struct.pack("<Q", len(raw)) + raw + weights[8 + size :]
    files["student.json"] = json.dumps(meta).encode()
    survives(files, task, tmp_path_factory.getbasetemp() / "fuzz")
