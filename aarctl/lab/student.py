"""A student on disk: the only thing a method hands in, and the only thing the scorer opens.

    model.safetensors   every tensor of the base (kind full), or pairs of LoRA matrices (kind lora)
    student.json        schema, task, base_sha256, kind, lora, seed, method_snapshot, card

`result.json`, which job.py leaves beside them, is tolerated and never opened. Nothing here runs a
student's code: there is no pickle, no remote code, and the shape of the model comes from the base. What is not
checked: that the weights were trained as the card says; replication is for that.

Errors: BadStudent (a refusal with field, value and fix), a LabError.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from aarctl.lab.errors import LabError
from aarctl.lab.tensors import (
    FLOATS,
    BadTensors,
    Entry,
    Header,
    base_entries,
    digest,
    open_plain,
    read_at,
    read_header,
    read_tensors,
    show,
)

if TYPE_CHECKING:
    import torch

    from aarctl.lab.decoder import Decoder

SCHEMA = 1
WEIGHTS, META, IGNORED = "model.safetensors", "student.json", "result.json"
MAX_META_BYTES = 64 * 2**10
MAX_STUDENT_BYTES = 64 * 2**20  # default of check_student: the demo's students have 3.4 MB
MAX_RANK = 1024
MAX_SEED = 2**31 - 1


class BadStudent(LabError):
    """A student is refused: `field` says where, `value` what was found, `fix` what to do next."""

    def __init__(self, field: str, value: str, fix: str) -> None:
        super().__init__(f"{field} = {value}: {fix}")
        self.field, self.value, self.fix = field, value, fix


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the researcher says about the method, in words; shown to people, never trusted."""

    claim: str = ""
    mechanism: str = ""
    evidence: str = ""
    ablation: str = ""


class LoraShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """W + alpha / rank * B @ A (Hu et al. 2021), one rank for the whole student."""

    rank: int
    alpha: float


class Lora(msgspec.Struct, frozen=True):
    """LoRA matrices to save: `<module>.lora_A.weight` [rank, in] and `<module>.lora_B.weight` [out, rank]."""

    rank: int
    alpha: float
    tensors: Mapping[str, torch.Tensor]


class StudentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """student.json, field by field; `method_snapshot` is empty until the supervisor declares it."""

    schema: int
    task: str
    base_sha256: str
    kind: Literal["full", "lora"]
    seed: int
    card: Card
    lora: LoraShape | None = None
    method_snapshot: str = ""


class StudentInfo(msgspec.Struct, frozen=True):
    """A student that passed every check; `weights_sha256` is of the tensors, not of the file's layout."""

    file: StudentFile
    size_bytes: int
    weights_sha256: str

    @property
    def seed(self) -> int:
        """The declared seed, in [0, 2**31)."""
        return self.file.seed


class TaskLike(Protocol):
    """What save_student needs of a lab Task."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def public(self) -> Path: ...
    @property
    def base_sha256(self) -> str: ...


def save_student(
    model: Decoder | None,
    out: Path,
    *,
    task: TaskLike,
    seed: int,
    card: Mapping[str, str] | None = None,
    lora: Lora | None = None,
    method_snapshot: str = "",
) -> None:
    """Write a student into `out` (made if missing): the whole model, or only `lora` when it is given.

    Tensors are cast to the base's dtypes. Raises BadStudent when the result would be refused anyway: a bad
    seed or card, a tensor the base does not have, a value that is not finite.
    """
    import torch
    from safetensors.torch import save

    base = Path(task.public) / "base"
    raw = {
        "schema": SCHEMA,
        "task": f"{task.name}@{task.version}",
        "base_sha256": task.base_sha256,
        "kind": "lora" if lora else "full",
        "seed": int(seed),
        "card": dict(card or {}),
        "lora": {"rank": lora.rank, "alpha": float(lora.alpha)} if lora else None,
        "method_snapshot": method_snapshot,
    }
    meta = json.dumps(raw, indent=1, allow_nan=False).encode()
    file = _parse_meta(meta)
    if lora:
        tensors = {k: v.detach().contiguous().cpu() for k, v in lora.tensors.items()}
    elif model is None:
        raise BadStudent("model", "None", "give the trained model, or lora=Lora(rank, alpha, tensors)")
    else:
        state, wanted = model.state_dict(), base_entries(base)
        missing = sorted(wanted.keys() - state.keys())
        if missing:
            raise BadStudent(
                "model", show(missing[0]), "the model lacks this tensor of the base; train the task's base"
            )
        like = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16, "F64": torch.float64}
        tensors = {k: _cast(state[k].detach(), like.get(e.dtype)).contiguous().cpu() for k, e in wanted.items()}
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / WEIGHTS, save({k: v.clone() for k, v in tensors.items()}))
    _replace(out / META, meta)
    limit = sum(t.numel() * t.element_size() for t in tensors.values()) + 8 * 2**20
    check_student(out, base_sha256=file.base_sha256, task=file.task, max_bytes=limit, base=base)


def check_student(
    path: Path, *, base_sha256: str, task: str, max_bytes: int = MAX_STUDENT_BYTES, base: Path
) -> StudentInfo:
    """Check every rule for the student in directory `path`; `task` is NAME@VERSION, `base` the base's folder.

    Reads each tensor once and keeps none. Raises BadStudent, and nothing else, on whatever the folder holds.
    """
    with _opened(path, max_bytes) as (file, fd, size):
        if file.task != task:
            raise BadStudent(f"{META}: task", show(file.task), f"train on {task} and submit again")
        if file.base_sha256 != base_sha256:
            raise BadStudent(
                f"{META}: base_sha256", show(file.base_sha256), f"start from the task's base {base_sha256}"
            )
        header = _matching_header(file, fd, size, base_entries(base))
        for _ in read_tensors(fd, header, WEIGHTS):
            pass  # read for its refusal of values that are not finite
        return StudentInfo(file, size, digest(fd, header, WEIGHTS))


def load_student(path: Path, base: Path, *, max_bytes: int = MAX_STUDENT_BYTES) -> Decoder:
    """The base in folder `base` with the student's weights, in eval mode on the CPU; LoRA is merged.

    Checks again, on the same open file, everything but task and base hash. Raises BadStudent.
    """
    from aarctl.lab.models import load_model

    with _opened(path, max_bytes) as (file, fd, size):
        header = _matching_header(file, fd, size, base_entries(base))
        model = load_model(base).requires_grad_(False)
        state = model.state_dict()
        if file.lora is None:
            for name, tensor in read_tensors(fd, header, WEIGHTS):
                state[name].copy_(tensor)
        else:
            tensors = dict(read_tensors(fd, header, WEIGHTS))
            scale = file.lora.alpha / file.lora.rank
            for a_name in (n for n in tensors if n.endswith(_A)):
                module = a_name.removesuffix(_A)
                delta = tensors[module + _B].float() @ tensors[a_name].float()  # [out, in]
                weight = state[f"{module}.weight"]
                weight.copy_((weight.float() + scale * delta).to(weight.dtype))
                if not bool(weight.isfinite().all()):
                    fix = "merging it into the base overflows; use a smaller alpha or smaller matrices"
                    raise BadStudent(f"{WEIGHTS}: {show(module)}", "not finite after the merge", fix)
    return model.eval()


_A, _B = ".lora_A.weight", ".lora_B.weight"


@contextmanager
def _opened(path: Path, max_bytes: int) -> Iterator[tuple[StudentFile, int, int]]:
    """Look at the folder, parse student.json, and hold the weights file open: (file, fd, size in bytes)."""
    try:
        sizes = _plain_files(path, max_bytes)
        meta_fd = open_plain(path / META, META)
        try:
            file = _parse_meta(bytes(read_at(meta_fd, sizes[META], 0, META)))
        finally:
            os.close(meta_fd)
        fd = open_plain(path / WEIGHTS, WEIGHTS)
        try:
            held = os.fstat(fd)
            if not stat.S_ISREG(held.st_mode) or held.st_size != sizes[WEIGHTS]:
                raise BadStudent(WEIGHTS, f"{held.st_size} bytes", "the file changed while it was read; submit again")
            yield file, fd, held.st_size
        finally:
            os.close(fd)
    except BadTensors as e:
        raise BadStudent(e.field, e.value, e.fix) from None
    except OSError as e:
        raise BadStudent("student", show(path.name), f"cannot be read ({e.strerror}); save it again") from None


def _plain_files(path: Path, max_bytes: int) -> dict[str, int]:
    """Sizes of the allowed files; refuses anything but two plain, unlinked files in a real folder."""
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        raise BadStudent("student", show(path.name), "must be a folder, not a link or a file")
    sizes: dict[str, int] = {}
    for entry in sorted(os.scandir(path), key=lambda e: e.name):
        info = entry.stat(follow_symlinks=False)
        if entry.name not in (WEIGHTS, META, IGNORED):
            fix = f"a student has only {WEIGHTS} and {META}; remove it"
            if entry.name.endswith((".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")):
                fix = "pickles run code when opened and are refused; write safetensors with save_student"
            raise BadStudent("file", show(entry.name), fix)
        if not stat.S_ISREG(info.st_mode):
            raise BadStudent(entry.name, stat.filemode(info.st_mode), "must be a plain file, not a link or a device")
        if info.st_nlink != 1:
            raise BadStudent(entry.name, f"{info.st_nlink} hard links", "must be a file of its own; copy it")
        sizes[entry.name] = info.st_size
    for name in (WEIGHTS, META):
        if name not in sizes:
            raise BadStudent("file", show(name), "is missing; write both files with save_student")
    if sizes[META] > MAX_META_BYTES:
        raise BadStudent(META, f"{sizes[META]} bytes", f"at most {MAX_META_BYTES} bytes; shorten the card")
    total = sum(sizes.values())
    if total > max_bytes:
        raise BadStudent(
            "student", f"{total} bytes", f"at most {max_bytes} bytes; save in the base's dtype, or as LoRA"
        )
    return sizes


def _parse_meta(data: bytes) -> StudentFile:
    """student.json as a struct, or BadStudent naming the field."""
    try:
        file = msgspec.json.decode(data, type=StudentFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadStudent(META, show(str(e)), "write it with save_student(model, out, task=, seed=, card=)") from None
    if file.schema != SCHEMA:
        raise BadStudent(f"{META}: schema", show(file.schema), f"this aarctl reads schema {SCHEMA}; save it again")
    if not 0 <= file.seed <= MAX_SEED:
        raise BadStudent(f"{META}: seed", show(file.seed), f"must be an integer in [0, {MAX_SEED}]")
    if (file.kind == "lora") != (file.lora is not None):
        raise BadStudent(f"{META}: lora", show(file.lora), "rank and alpha for kind lora, null for kind full")
    if file.lora and not (1 <= file.lora.rank <= MAX_RANK and abs(file.lora.alpha) <= 1e6):
        raise BadStudent(f"{META}: lora", show(file.lora), f"rank in [1, {MAX_RANK}] and a finite alpha up to 1e6")
    return file


def _matching_header(file: StudentFile, fd: int, size: int, base: Mapping[str, Entry]) -> Header:
    """The header of the weights, tensor by tensor what the base demands of this kind of student."""
    header = read_header(fd, size, WEIGHTS)
    wanted = _lora_shapes(file.lora, header, base) if file.lora else {n: (e.shape, (e.dtype,)) for n, e in base.items()}
    missing, extra = (
        sorted(wanted.keys() - header.entries.keys()),
        sorted(header.entries.keys() - wanted.keys()),
    )
    if missing:
        fix = f"{len(missing)} tensor(s) missing; the student needs each one of {len(wanted)}"
        raise BadStudent(f"{WEIGHTS}: tensors", show(missing[0]), fix)
    if extra:
        fix = f"{len(extra)} tensor(s) that the base does not have; save only the base's own"
        raise BadStudent(f"{WEIGHTS}: tensors", show(extra[0]), fix)
    for name, (shape, dtypes) in wanted.items():
        entry = header.entries[name]
        if entry.shape != shape:
            raise BadStudent(f"{WEIGHTS}: {show(name)} shape", show(entry.shape), f"must be {shape}, as in the base")
        if entry.dtype not in dtypes:
            raise BadStudent(f"{WEIGHTS}: {show(name)} dtype", entry.dtype, f"must be {' or '.join(dtypes)}; cast it")
    return header


def _lora_shapes(
    lora: LoraShape, header: Header, base: Mapping[str, Entry]
) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
    """Shapes and dtypes that the header's own choice of modules must have; at least one module."""
    wanted: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {}
    for name in header.entries:
        module = name.removesuffix(_A).removesuffix(_B)
        weight = base.get(f"{module}.weight")
        if module == name or weight is None or len(weight.shape) != 2:
            fix = f"name LoRA matrices <module>{_A} and <module>{_B} after a matrix of the base"
            raise BadStudent(f"{WEIGHTS}: tensors", show(name), fix)
        out_size, in_size = weight.shape
        wanted[module + _A] = ((lora.rank, in_size), FLOATS)
        wanted[module + _B] = ((out_size, lora.rank), FLOATS)
    if not wanted:
        raise BadStudent(f"{WEIGHTS}: tensors", "none", "a LoRA student needs at least one pair of matrices")
    return wanted


def _cast(tensor: torch.Tensor, dtype: torch.dtype | None) -> torch.Tensor:
    return tensor if dtype is None else tensor.to(dtype)


def _replace(path: Path, data: bytes) -> None:
    """Write through a new file and rename: a killed save leaves the old file or the new one."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)
