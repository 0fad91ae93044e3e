"""What is asked of a scorer and what it answers. Frames: u32 little-endian length + msgpack {v, id, body}.

What a researcher may see stands in `Released` and nowhere else; `Private` is for people and `Evidence` for
detectors. The split is in the types, so that no screen, tool or prompt can mix them by accident.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec

from aarctl.scorer.errors import BadFrame

VERSION = 1
MAX_FRAME_BYTES = 16 * 2**20
MAX_STUDENTS = 5  # of one submission; replications, whose seeds are the scorer's own, may have up to MAX_SEEDS
MAX_SEEDS = 64
Kind: TypeAlias = Literal["feedback", "replication"]


class Body(msgspec.Struct, frozen=True, tag_field="op", forbid_unknown_fields=True):
    """Base of requests and answers."""


# ---- requests ---------------------------------------------------------------------------------------------


class Hello(Body, frozen=True, tag="hello"):
    """Is anyone there, for which run and task?"""


class Score(Body, frozen=True, kw_only=True, tag="score"):
    """Score the students of a submission on hidden items of `domain`."""

    submission: str
    students: list[str]
    """Folders, one per student; see lab.student."""
    method_snapshot: str
    claimed: float | None = None
    kind: Kind = "feedback"
    domain: str
    researcher: str = ""
    """Whose daily limit a feedback query counts against, where there is one."""


class DrawSeeds(Body, frozen=True, tag="draw_seeds"):
    """Seeds for fresh runs of a method; they depend on secret and snapshot alone."""

    method_snapshot: str
    count: int


class ReadLedger(Body, frozen=True, tag="ledger"):
    """All that this scorer has answered; for people."""


# ---- answers ----------------------------------------------------------------------------------------------


class Welcome(Body, frozen=True, kw_only=True, tag="welcome"):
    """The scorer's name for itself; domains are feedback first, then held out."""

    run: str
    task: str
    pid: int
    domains: list[str]
    queries_left: int


class Released(msgspec.Struct, frozen=True):
    """What researchers see: noised, in steps of .01 PGR, with a 95% interval that counts the noise."""

    pgr: float
    interval: tuple[float, float]


class SeedScore(msgspec.Struct, frozen=True):
    """One student's exact figures."""

    seed: int
    accuracy: float
    pgr: float


class Private(msgspec.Struct, frozen=True, kw_only=True):
    """Exact figures: for people only. Accuracies in [0, 1]; interval and noise in PGR."""

    exact: float
    interval: tuple[float, float]
    accuracy: float
    per_seed: list[SeedScore]
    weak_accuracy: float
    ceiling_accuracy: float
    noise: float


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of the hidden predictions that involve no label; for detectors and people."""

    items: int
    students: int
    distinct_behaviours: int
    """Students whose predictions differ; 1 of 5 means that the seed does nothing."""
    predictions_sha256: str
    share_first: float
    agreement_with_modal: float
    """Mean share of each student's own most frequent answer: near 1, it always says the same."""
    agreement_between: float
    """Mean share of items on which two students agree; 1 for a single student."""
    mean_margin: float
    """Mean |log p(first) - log p(second)|, nats."""
    nearest_submission: str | None = None
    nearest_distance: float | None = None
    """Share of items decided differently from the most similar earlier submission on this domain."""


class Scored(Body, frozen=True, kw_only=True, tag="scored"):
    """The students were scored. `released` is None for replications: their figures are for people."""

    submission: str
    kind: Kind
    domain: str
    released: Released | None
    private: Private
    evidence: Evidence
    queries_left: int


class Rejected(Body, frozen=True, tag="rejected"):
    """The submission breaks a rule; nothing was spent."""

    reason: str
    field: str
    fix: str


class Withheld(Body, frozen=True, tag="withheld"):
    """The submission is in order, but no feedback may be given; nothing was spent."""

    reason: str
    queries_left: int


class Seeds(Body, frozen=True, tag="seeds"):
    """Distinct integers in [0, 2**31)."""

    seeds: list[int]


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One answer in the ledger; `at` in microseconds UTC. For people."""

    seq: int
    at: int
    submission: str
    kind: Kind
    domain: str
    researcher: str
    method_snapshot: str
    released: float | None
    exact: float


class Rows(Body, frozen=True, tag="rows"):
    """The ledger, oldest first."""

    rows: list[LedgerRow]
    queries_left: int


class Failed(Body, frozen=True, tag="failed"):
    """The scorer could not work; `error` is a class of errors.py."""

    error: str
    message: str


Request: TypeAlias = Hello | Score | DrawSeeds | ReadLedger
Verdict: TypeAlias = Scored | Rejected | Withheld
Answer: TypeAlias = Welcome | Scored | Rejected | Withheld | Seeds | Rows | Failed


class Scorer(Protocol):
    """What a supervisor needs of a scorer; tests/scorer/contract.py says what every one of them must do.

    Every method may raise ScorerError. Asking again after any failure is safe: an answer that was given once
    is given again, and a query is spent at most once per submission.
    """

    async def score(self, request: Score) -> Verdict:
        """Score a submission; idempotent by (submission, kind, domain)."""
        ...

    async def draw_seeds(self, method_snapshot: str, count: int) -> list[int]:
        """`count` seeds for a replication; the first n are the same for any count >= n."""
        ...

    async def ledger(self) -> list[LedgerRow]:
        """Every answer given in this run, oldest first."""
        ...

    async def close(self) -> None:
        """End the scorer; idempotent."""
        ...


class AskFrame(msgspec.Struct, frozen=True):
    """A request with the number that its answer will carry."""

    v: int
    id: int
    body: Request


class AnswerFrame(msgspec.Struct, frozen=True):
    """An answer to the request `id`."""

    v: int
    id: int
    body: Answer


F = TypeVar("F", AskFrame, AnswerFrame)


def encode(frame: AskFrame | AnswerFrame) -> bytes:
    """A frame with its length in front. Raises BadFrame when it is too large."""
    data = msgspec.msgpack.encode(frame)
    return check_length(len(data)).to_bytes(4, "little") + data


def check_length(size: int) -> int:
    """`size` itself. Raises BadFrame above MAX_FRAME_BYTES."""
    if size > MAX_FRAME_BYTES:
        raise BadFrame(f"frame of {size} bytes, at most {MAX_FRAME_BYTES}; both ends must be one version of aarctl")
    return size


def decode_ask(data: bytes) -> AskFrame:
    """Raises BadFrame."""
    return _versioned(_decode(data, AskFrame))


def decode_answer(data: bytes) -> AnswerFrame:
    """Raises BadFrame."""
    return _versioned(_decode(data, AnswerFrame))


def _decode(data: bytes, kind: type[F]) -> F:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadFrame(f"not a frame ({e}); both ends must be one version of aarctl") from None


def _versioned(frame: F) -> F:
    if frame.v != VERSION:
        raise BadFrame(f"frame version {frame.v}, expected {VERSION}; both ends must be one version of aarctl")
    return frame
