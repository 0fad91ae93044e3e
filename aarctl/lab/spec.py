"""What a task version is made of: sizes, splits and training, without secret and seed.

The version is a hash of the spec and of the shipped bases, so that one name never means two tasks. Two homes that
build one spec have the same version and different secrets: their scores compare by interval, not digit by digit.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from .errors import BadSpec
from .task import Format, Training
from .two_author.problems import DOMAINS

SCHEMA = 1
SUMS = Path(__file__).parent / "bases" / "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """One task version. Split sizes are counts of pairs, per domain."""

    task: str = "two-author"
    feedback: str = "code"
    held_out: tuple[str, ...] = ("math",)
    n_labelled: int = 2_000
    n_validation: int = 500
    n_pool: int = 1_000
    n_test: int = 1_500
    near: float = 0.6
    """Share of wrong candidates that are near the truth, in [0, 1]."""
    ceiling_seeds: int = 5
    steps: int = 64
    batch: int = 32
    lr: float = 3e-4
    weak_steps: int = 150
    weak_lr: float = 5e-3

    def __post_init__(self) -> None:
        object.__setattr__(self, "held_out", tuple(self.held_out))
        if self.task != "two-author":
            raise BadSpec(f"task = {self.task!r}; use 'two-author'")
        for name, domain in [("feedback", self.feedback), *(("held_out", d) for d in self.held_out)]:
            if domain not in DOMAINS:
                raise BadSpec(f"{name} = {domain!r}; use one of {', '.join(DOMAINS)}")
        if len({self.feedback, *self.held_out}) != 1 + len(self.held_out):
            raise BadSpec(
                f"held_out = {list(self.held_out)}: a domain appears twice; hold out other domains than feedback"
            )
        for f in fields(self):
            value = getattr(self, f.name)
            if f.type is int and (type(value) is not int or value < 1):
                raise BadSpec(f"{f.name} = {value!r}; use a whole number of at least 1")
            if f.type is float and not (isinstance(value, (int, float)) and 0 < value <= 1):
                raise BadSpec(f"{f.name} = {value!r}; use a number in (0, 1]")
        if self.ceiling_seeds < 2:
            raise BadSpec(f"ceiling_seeds = {self.ceiling_seeds}; use at least 2, or no interval can be given")

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "TaskSpec":
        """A spec from plain data. Raises BadSpec for an unknown name or an impossible value."""
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in raw if name not in known]:
            raise BadSpec(f"{unknown[0]} is no field of a task spec; use {', '.join(known)}")
        return replace(cls(), **raw)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self) | {"held_out": list(self.held_out)}

    def version(self) -> str:
        """8 hex digits of the spec and the bases it builds on."""
        content = json.dumps([SCHEMA, self.to_dict(), SUMS.read_text()], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:8]

    @property
    def full_name(self) -> str:
        """NAME@VERSION, the folder's name."""
        return f"{self.task}@{self.version()}"

    @property
    def domains(self) -> tuple[str, ...]:
        """Feedback first, then the held-out ones."""
        return (self.feedback, *self.held_out)

    @property
    def format(self) -> Format:
        """Prompt format of the task version."""
        return Format()

    @property
    def training(self) -> Training:
        """Recipe of students and of the ceiling."""
        return Training(self.steps, self.batch, self.lr)

    @property
    def weak_training(self) -> Training:
        """Recipe of the weak teacher."""
        return Training(self.weak_steps, self.batch, self.weak_lr)
