"""What the scripted researcher knows at one call. It is read off the request every time (`remember`) and never kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...lab.compose import Ingredients
from ..search.ideas import Score, parts

PENDING = "pending"
"""Begun in an earlier chapter, and not dealt with in it."""
OPEN = ("queued", "running", "claimed", PENDING)
LOOKS_MAX = 40
"""Looks at something that stays open, after which it counts as lost."""


@dataclass
class Trial:
    """An experiment: which method file, which seed, how much of the training."""

    id: str
    path: str
    seed: int
    fraction: float
    out: str
    state: str = "queued"
    merit: float | None = None
    """Agreement with the weak teacher plus agreement with the base; needs no label."""
    looks: int = 0

    @property
    def open(self) -> bool:
        """Whether it is still worth waiting for."""
        return self.state in OPEN and self.looks < LOOKS_MAX


@dataclass
class Handed:
    """A submission."""

    id: str
    path: str
    claimed: float
    state: str = "claimed"
    pgr: float | None = None
    looks: int = 0

    @property
    def open(self) -> bool:
        """Whether its score is still to come."""
        return self.pgr is None and self.state in OPEN and self.looks < LOOKS_MAX


@dataclass(frozen=True)
class Post:
    """A post of somebody else."""

    id: str
    thread: str
    author: str
    title: str


@dataclass
class Memory:
    """Everything known."""

    name: str = "r1"
    direction: str = ""

    methods: dict[str, Ingredients] = field(default_factory=dict)
    """By the path of the file."""
    trials: dict[str, Trial] = field(default_factory=dict)
    handed: dict[str, Handed] = field(default_factory=dict)
    snapshots: dict[str, str] = field(default_factory=dict)
    """Shared, by path."""
    noted: set[str] = field(default_factory=set)
    """Experiments and submissions that are in the notebook: they are dealt with."""

    others: list[Score] = field(default_factory=list)
    """The fleet's board without us."""
    posts: dict[str, Post] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)
    """Threads that we began or replied in."""
    news: set[str] = field(default_factory=set)
    """What came to its end as aarctl says, and we have not looked at since."""
    fresh: set[str] = field(default_factory=set)
    """Those of them that the newest message names."""

    said: list[str] = field(default_factory=list)
    """What the person said, all of it."""
    unanswered: list[str] = field(default_factory=list)
    """What the person said since our last answer."""
    told: bool = False
    """Whether we told the person something."""

    looked: bool = False
    planned: bool = False
    notebook_full: bool = False
    spent: set[str] = field(default_factory=set)
    """Tools that refused, mostly for a budget: "experiments", "submit"."""

    turns: int = 0
    """Answers given in this chapter."""
    last: list[tuple[str, str]] = field(default_factory=list)
    """Tool and action of every call of the last one."""
    failed: str = ""
    """The shell command of the last one that failed."""
    commands: str = ""
    """Every shell command so far."""
    opening: str = ""
    """What a later chapter begins with; empty in the first."""
    notice: str = ""
    """The words of the newest message that are not the person's."""

    @property
    def next_number(self) -> int:
        """Of the next method file."""
        numbers = [int(found[1]) for path in self.methods if (found := re.search(r"m(\d+)/", path))]
        return max(numbers, default=0) + 1

    def scores(self) -> list[Score]:
        """Every score known, our own and the others'."""
        own = [
            Score(parts(self.methods[one.path]), one.pgr)
            for one in self.handed.values()
            if one.pgr is not None and one.path in self.methods
        ]
        return own + self.others

    def waiting(self) -> list[str]:
        """What is still open, by id."""
        open_trials = [one.id for one in self.trials.values() if one.open]
        return open_trials + [one.id for one in self.handed.values() if one.open]

    def pending(self) -> list[str]:
        """What is open and has not come to its end, as far as we have heard."""
        return [name for name in self.waiting() if name not in self.news]

    def screened(self) -> list[Trial]:
        """The screenings that are over and not dealt with, once none is open."""
        new = [one for one in self.trials.values() if one.fraction < 1 and one.id not in self.noted]
        known = [one for one in new if one.path in self.methods]
        return [] if any(one.open for one in known) else known

    def trained(self) -> list[Trial]:
        """The students of the first method that was trained in full and not handed in, once none of it is open."""
        handed = {one.path for one in self.handed.values()}
        full = [one for one in self.trials.values() if one.fraction == 1 and one.path not in handed]
        for path in dict.fromkeys(one.path for one in full if one.path in self.methods):
            found = [one for one in full if one.path == path]
            done = [one for one in found if one.state == "done"]
            if done and not any(one.open for one in found):
                return done
        return []
