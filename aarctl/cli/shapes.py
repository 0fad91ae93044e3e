"""The shapes of every --json: a contract. docs/cli.md is generated from these structs and their docstrings.

Times are UTC in ISO 8601 with microseconds; money is US dollars; accuracies and uses lie in [0, 1]; a PGR of 0
is the weak teacher and 1 the ceiling. Keys may be added, never renamed or removed. Texts written by researchers
stand here uncleaned: escape them where you show them.
"""

from __future__ import annotations

import msgspec

Bounds = tuple[float, float]
"""A 95% interval, [low, high]."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ground of all shapes."""


class Figures(Shape, frozen=True):
    """PGR of a submission; null where there is none (yet)."""

    claimed: float | None
    """What its researcher predicted."""
    scored: float | None
    """What was released for its students: with noise, to .01."""
    replicated: float | None
    """The mean of fresh runs on the feedback domain."""


class Intervals(Shape, frozen=True):
    """95% intervals over seeds and test items; null where there is no figure."""

    scored: Bounds | None
    replicated: Bounds | None


class DomainFigures(Shape, frozen=True):
    """Fresh runs on one domain."""

    replicated: float
    interval: Bounds


class BoardRow(Shape, frozen=True):
    """One submission."""

    submission: str
    researcher: str
    method: str
    """The method's name, as its researcher calls it."""
    state: str
    """claimed, scored, replicated, accepted, disqualified, rejected or withheld."""
    pgr: Figures
    interval: Intervals
    domains: dict[str, DomainFigures]
    """By domain, held-out ones included; empty before a replication."""
    flags: list[str]
    """Ids of detectors' flags."""
    verdict: str | None
    """accept, disqualify or null."""


class Board(Shape, frozen=True):
    """`aarctl board RUN --json`: the best row first, replicated before only scored."""

    run: str
    task: str
    rows: list[BoardRow]


class Best(Shape, frozen=True):
    """The head of the board."""

    submission: str
    method: str
    state: str
    pgr: float


class RunRow(Shape, frozen=True):
    """One run of the home."""

    run: str
    status: str
    """new, building, running, finished, stopped, failed; or unreadable."""
    note: str
    """Why, when it failed or cannot be read."""
    supervised: bool
    """Whether a supervisor holds it now."""
    task: str
    researchers: int
    submissions: int
    best: Best | None
    opened_at: str | None
    updated_at: str | None
    """Time of its last event."""


class Runs(Shape, frozen=True):
    """`aarctl runs --json`: the newest first."""

    runs: list[RunRow]


class DomainRow(Shape, frozen=True):
    """The accuracies that a task version fixes for one domain."""

    domain: str
    weak: float
    ceiling: float
    test_items: int


class EventRow(Shape, frozen=True):
    """One event. Fields of `body` by kind: aarctl/journal/events/."""

    seq: int
    at: str
    researcher: str
    kind: str
    body: dict[str, object]
    """The event without what stands beside it. A text keeps its first 4 KB here."""


class Log(Shape, frozen=True):
    """`aarctl log RUN RESEARCHER --json`: in order."""

    run: str
    researcher: str
    events: list[EventRow]


class Post(Shape, frozen=True):
    """One post."""

    post: str
    at: str
    author: str
    """A researcher, or "person"."""
    round: int
    text: str
    tags: list[str]


class Thread(Shape, frozen=True):
    """One thread, its posts in order."""

    thread: str
    title: str
    posts: list[Post]


class Forum(Shape, frozen=True):
    """`aarctl forum RUN --json`."""

    run: str
    threads: list[Thread]


class Asked(Shape, frozen=True):
    """A command and how far it has come: `aarctl pause|freeze|resume|stop|steer|add|retire|move|cancel ... --json`,
    `aarctl verdict|replicate ... --json` and `forum --post TEXT --json`.
    """

    run: str
    verb: str
    researcher: str
    """Empty: the whole fleet."""
    inbox: int
    """Row of the inbox; 0 when there was nothing to ask for."""
    command: str | None
    """Its id in the journal, once a supervisor has copied it."""
    state: str
    """waiting, requested, acknowledged, effective, refused; or needless."""
    note: str
    supervised: bool
    """Whether a supervisor holds the run; without one the row waits."""


class AskedAll(Shape, frozen=True):
    """Several commands at once: `aarctl steer RUN r1,r2 TEXT --json`, `aarctl budget RUN --usd 30 --json`."""

    run: str
    asked: list[Asked]
    """In the order in which they were asked."""


class FlagRow(Shape, frozen=True):
    """A detector's suspicion."""

    flag: str
    detector: str
    researcher: str
    """Empty: nobody's in particular."""
    submission: str
    """Empty: about none."""
    text: str
    seq: int
    """The event that raised it."""
    evidence: list[int]
    """The events that are its evidence."""
    verdict: str | None
    """On its submission: accept, disqualify or null."""


class Flags(Shape, frozen=True):
    """`aarctl flags RUN --json`: the oldest first."""

    run: str
    flags: list[FlagRow]


class Verification(Shape, frozen=True):
    """`aarctl journal verify RUN --json`, for a sound journal; a damaged one exits 1 with a sentence."""

    run: str
    events: int
    blobs: int
    head: str


class TaskBuilt(Shape, frozen=True):
    """`aarctl task build RECIPE --json`."""

    task: str
    """name@version."""
    built: bool
    """False when the home had it."""
    seconds: float
    domains: list[DomainRow]


class SeedFigures(Shape, frozen=True):
    """PGR over student seeds."""

    per_seed: list[float]
    """In the order of `seeds`; one seed is the same for every method, so figures may be paired."""
    mean: float
    interval: Bounds


class Difference(Shape, frozen=True):
    """Mean PGR above that of vanilla, paired by seed and item."""

    mean: float
    interval: Bounds


class MethodFigures(Shape, frozen=True):
    """One method on one domain."""

    pgr: SeedFigures
    accuracy: list[float]
    """Of each student on the hidden test items, in the order of `seeds`."""
    versus_vanilla: Difference | None
    """null for vanilla itself."""
    cpu_s: float
    """Mean CPU seconds of one training."""


class BaselineDomain(Shape, frozen=True):
    """One domain's fixed accuracies and every method on it."""

    weak: float
    ceiling: float
    methods: dict[str, MethodFigures]


class Baselines(Shape, frozen=True):
    """`aarctl baselines RECIPE --json`; also kept as baselines.json beside the task's task.json."""

    task: str
    """name@version."""
    seeds: list[int]
    domains: dict[str, BaselineDomain]
    """The feedback domain first."""


class ImageRow(Shape, frozen=True):
    """One image that sandboxes can start from."""

    tag: str
    """Empty once a newer build has taken it over."""
    id: str
    """Digest of its configuration, which names every layer."""
    digest: str
    """What a registry calls it; the id of one that was built here."""
    size_bytes: int
    built_at: str
    """By the engine's clock."""
    stale: str
    """Why it is never started: another keeper, another lab, another keeper and lab, or replaced; empty: it is."""


class Images(Shape, frozen=True):
    """`aarctl images ls --json`."""

    images: list[ImageRow]


class ImageBuilt(Shape, frozen=True):
    """`aarctl images build --json`."""

    image: ImageRow
    seconds: float


class ImagesRemoved(Shape, frozen=True):
    """`aarctl images rm --json`."""

    removed: list[str]
    """Tags, or ids of those without."""
