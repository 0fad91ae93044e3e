"""A weak-to-strong task as a researcher sees it: a public folder, read through one loader.

    task.json          name, version, domain, read-out format, training recipe, base_sha256, weak and ceiling accuracies
    pool.jsonl         {"id", "prompt", "first", "second"}: the unlabelled pool
    weak_labels.jsonl  {"id", "p"}: P(first is right) by the weak teacher
    base/  weak/       checkpoints
Synthetic tasks and real data in plain JSONL come through here alike. A field that is not listed above is refused, so
that a label cannot slip into a public file unseen.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BadTask

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from .decoder import Decoder

POOL, WEAK_LABELS, CARD = "pool.jsonl", "weak_labels.jsonl", "task.json"
MAX_LINE = 1_000_000  # characters; a longer line is a mistake, not an item


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with two candidates, one of which is right. Which one is known only to the vault."""

    id: str
    prompt: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A pair with the truth: label is 1 when `first` is right, else 0. Lives in vaults only."""

    pair: Pair
    label: int


@dataclass(frozen=True, slots=True)
class Format:
    """How a pair becomes text: the candidate's likelihood is read after the prompt, with its end."""

    prompt: str = "<bos> {prompt}"
    candidate: str = "{candidate} ."


@dataclass(frozen=True, slots=True)
class Training:
    """The training recipe of a task version: every method gets the same steps. lr is AdamW's at its peak."""

    steps: int = 64
    batch: int = 32
    lr: float = 3e-4
    frozen_layers: int = 0  # lower layers, with the embedding, that stay as pretrained


@dataclass(slots=True)
class Task:
    """One domain of a task version. `fraction` scales the steps for cheap screening."""

    public: Path
    name: str
    version: str
    domain: str
    format: Format
    training: Training
    base_sha256: str
    weak_accuracy: float
    ceiling_accuracy: float
    fraction: float = 1.0
    trace: list[float] = field(default_factory=list)
    """The loss of every training step taken on this object, appended by `fit`."""

    @classmethod
    def load(cls, path: Path | str, *, fraction: float = 1.0) -> "Task":
        """Reads task.json of a public folder. Raises BadTask naming file, field, value and fix."""
        public = Path(path)
        card = public / CARD
        if not 0 < fraction <= 1:
            raise BadTask(f"fraction = {fraction}; use a share of the training steps in (0, 1]")
        try:
            raw = json.loads(card.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
        except FileNotFoundError:
            raise BadTask(f"{card} is missing; build the task first, or name a folder that has one") from None
        except ValueError as error:
            raise BadTask(f"{card}: not JSON ({error}); rebuild the task") from error
        if not isinstance(raw, dict):
            raise BadTask(f"{card}: holds {type(raw).__name__}, expected an object")
        try:
            task = cls(
                public=public,
                name=_text(raw, "name"),
                version=_text(raw, "version"),
                domain=_text(raw, "domain"),
                format=Format(**raw["format"]),
                training=Training(**raw["training"]),
                base_sha256=_text(raw, "base_sha256"),
                weak_accuracy=_share(raw, "weak_accuracy"),
                ceiling_accuracy=_share(raw, "ceiling_accuracy"),
                fraction=fraction,
            )
        except KeyError as error:
            raise BadTask(f"{card}: {error.args[0]} is missing; rebuild the task") from error
        except (TypeError, ValueError) as error:
            raise BadTask(f"{card}: {error}; rebuild the task") from error
        if "{prompt}" not in task.format.prompt or "{candidate}" not in task.format.candidate:
            raise BadTask(f"{card}: format = {raw['format']}; it must contain {{prompt}} and {{candidate}}")
        return task

    @property
    def steps(self) -> int:
        """Training steps a method may take, already scaled by the screening fraction; at least one."""
        return max(1, round(self.training.steps * self.fraction))

    def pool(self) -> list[Pair]:
        """The unlabelled pool, in file order. Raises BadTask."""
        return read_pairs(self.public / POOL)

    def weak_labels(self) -> list[float]:
        """P(first is right) by the weak teacher, in [0, 1], in the order of `pool()`. Raises BadTask."""
        return read_weak_labels(self.public / WEAK_LABELS, self.pool())

    def base(self) -> "tuple[Decoder, Tokenizer]":
        """A fresh copy of the strong base with its tokenizer. Raises BadModel when its hash differs."""
        from .models import load_model, load_tokenizer

        folder = self.public / "base"
        return load_model(folder, expect_sha256=self.base_sha256), load_tokenizer(folder)

    def weak(self) -> "tuple[Decoder, Tokenizer]":
        """The weak teacher that wrote the labels. Raises BadModel."""
        from .models import load_model, load_tokenizer

        folder = self.public / "weak"
        return load_model(folder), load_tokenizer(folder)

    def __repr__(self) -> str:
        return f"Task({self.name}@{self.version}, {self.domain}, {self.steps} steps, {self.public})"


def read_pairs(path: Path) -> list[Pair]:
    """Pairs of a JSONL file. Raises BadTask for a bad line, an empty field, equal candidates, or an id used twice."""
    pairs: list[Pair] = []
    lines: dict[str, int] = {}
    for number, row in read_jsonl(path, {"id": str, "prompt": str, "first": str, "second": str}):
        place = f"{path.name}:{number}"
        for name, value in row.items():
            if not value.strip():
                raise BadTask(f"{place}: {name} is empty; give it text or remove the line")
        if row["first"] == row["second"]:
            raise BadTask(f"{place}: first = second = {_short(row['first'])}; a pair needs two different candidates")
        if (earlier := lines.setdefault(row["id"], number)) != number:
            raise BadTask(f"{place}: id = {_short(row['id'])} is also on line {earlier}; make ids unique")
        pairs.append(Pair(**row))
    if not pairs:
        raise BadTask(f"{path.name}: holds no pair; add at least one line")
    return pairs


def read_weak_labels(path: Path, pairs: list[Pair]) -> list[float]:
    """The weak label of every pair, matched by id. Raises BadTask for a p outside [0, 1], a missing or unknown id."""
    wanted = {p.id for p in pairs}
    labels: dict[str, float] = {}
    for number, row in read_jsonl(path, {"id": str, "p": float}):
        place = f"{path.name}:{number}"
        if row["id"] not in wanted:
            raise BadTask(f"{place}: id = {_short(row['id'])} is not in {POOL}; remove the line")
        if row["id"] in labels:
            raise BadTask(f"{place}: id = {_short(row['id'])} is labelled twice; keep one line")
        if not 0 <= row["p"] <= 1:
            raise BadTask(f"{place}: p = {row['p']}, outside [0, 1]; give the probability that first is right")
        labels[row["id"]] = float(row["p"])
    if missing := next((p.id for p in pairs if p.id not in labels), None):
        raise BadTask(f"{path.name}: no label for id = {_short(missing)}; label every line of {POOL}")
    return [labels[p.id] for p in pairs]


def read_jsonl(path: Path, fields: dict[str, type]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) for each line; objects have exactly `fields`. Raises BadTask with place, value and fix."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadTask(f"{path} is missing; a task folder needs it") from None
    for number, line in enumerate(data.split(b"\n"), start=1):
        place = f"{path.name}:{number}"
        if len(line) > MAX_LINE:
            raise BadTask(f"{place}: {len(line):,} bytes, at most {MAX_LINE:,}; shorten the item")
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise BadTask(f"{place}: not JSON ({error}): {_short(line)}; write one object a line") from error
        if not isinstance(row, dict):
            raise BadTask(f"{place}: {_short(line)} is no object; write {{{', '.join(fields)}}}")
        for name in row.keys() - fields.keys():
            raise BadTask(f"{place}: {_short(name)} is not an allowed field; only {', '.join(fields)} may cross")
        for name, kind in fields.items():
            if name not in row:
                raise BadTask(f"{place}: {name} is missing; add it")
            value = row[name]
            good = (
                isinstance(value, (int, float)) and not isinstance(value, bool)
                if kind is float
                else type(value) is kind
            )
            if not good:
                raise BadTask(f"{place}: {name} = {_short(value)}, expected {kind.__name__}")
        yield number, row


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> None:
    """One compact object a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} = {_short(value)}, expected text")
    return value


def _share(raw: dict[str, Any], name: str) -> float:
    value = raw[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or not 0 <= value <= 1
    ):
        raise ValueError(f"{name} = {_short(value)}, expected a share in [0, 1]")
    return float(value)
