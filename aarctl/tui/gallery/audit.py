"""An hour of nine researchers on four GPUs, told as events: the queue, budgets near their end, flags, verdicts.

Invented and deterministic, like the other stories. It is there so that every pane has something to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from aarctl.journal import events as ev

from .claudes import MODEL, NAMES, Fleet
from .fleet import DIRECTIONS, WORK
from .story import DOMAINS, TASK, Keep, Step

CARDS = ("gpu0", "gpu1", "gpu2", "gpu3")
MACHINE = {"python": "3.11", "platform": "Linux", "cores": "64", "memory": "512 GB"}
RECIPE = """name = "paper-chat"
seed = 1

[budget.fleet]
usd = 9
experiments = 80

[budget.researcher]
usd = 1.4
minutes = 60
submissions = 2

[compute]
usd_per_hour = 2.5
"""
TURNS = 10
MINUTE = 60.0
CARD = {
    "claim": "The elicited margin tells which weak labels to trust; weighting by it recovers most of the gap.",
    "mechanism": "The strong model's own prior is right where the teacher is systematically wrong. Items on which both "
    "agree are clean; the rest are weighted down in proportion to the margin.",
    "evidence": "Five seeds, steps matched: .76 against .58 without weights.",
    "ablation": "Shuffled margins: .44. Weights without elicitation: .44.",
}
NEAR_COPY = (
    "Its students answer as those of {other} do on 1,496 of 1,500 items, and its method differs from that of {other} "
    "in two constants. {other} is by another researcher and is not credited."
)
MODAL = "97% of its answers are the first of the two candidates; 51% of the true ones are."
CIRCLES = "The same shell command failed nine times with the same answer."
FOUND = {
    "r8": ((0.73, 0.66, 0.80), (0.41, 0.28, 0.54)),
    "r3": ((0.69, 0.61, 0.77), (0.44, 0.31, 0.57)),
}
TIGHT = {"r2": 0.8, "r7": 1.0}
"""Dollars that a person left to two of them: the one has used them up, the other is near."""
SEEDS = [7_340_112, 91_334, 5_530_017]


class Made(NamedTuple):
    """A researcher's submission."""

    submission: str
    seq: int
    """Where it was received; scored in the next event, posted about in the one after."""


class _Teller:
    """Counts the events, so that flags can name their evidence. A supervisor's start is the first."""

    def __init__(self, keep: Keep) -> None:
        self.keep, self.fleet, self.seq = keep, Fleet(keep, MODEL), 1

    def tell(self, after: float, *events: ev.Event, moment: str = "", live: dict[str, object] | None = None) -> Step:
        self.seq += len(events)
        return Step(after, events, moment, live or {})


def audit(keep: Keep) -> Iterator[Step]:
    """All of it, in order."""
    told = _Teller(keep)
    yield told.tell(0, ev.RunOpened(run="demo", aarctl="0.2.0", recipe=keep(RECIPE), machine=MACHINE))
    ready = ev.TaskReady(task=TASK, feedback="code", held_out=["math"], domains=DOMAINS, built=False, seconds=0.0)
    yield told.tell(0.2, ev.TaskRequested(task=TASK), ready)
    for at, who in enumerate(NAMES):
        yield told.tell(0.3, *told.fleet.joins(who, DIRECTIONS[at]))
    made: dict[str, Made] = {}
    for turn in range(1, TURNS + 1):
        for at, who in enumerate(NAMES):
            yield told.tell(MINUTE * (3 + at % 3) / 9, *told.fleet.turn(who, turn))
            if turn == 2 + at % 5:
                made[who] = Made(f"s{len(made) + 1}", told.seq + 1)
                yield told.tell(5, *_submits(told, who, at))
    yield from _computes(told)
    yield from _replicates(told, made)
    yield from _suspects(told, made)
    yield from _judges(told, made)


def _submits(told: _Teller, who: str, at: int) -> tuple[ev.Event, ...]:
    """What a fleet's researcher submits; with a card, as whoever means it writes one."""
    received, scored, posted = told.fleet.submits(who, at)
    assert isinstance(received, ev.SubmissionReceived) and isinstance(posted, ev.ForumPosted)
    card = CARD if at in (2, 7) else {"claim": f"{WORK[at].method.capitalize()} helps."}
    received = ev.SubmissionReceived(
        researcher=who, submission=received.submission, method=received.method, snapshot=received.snapshot,
        students=received.students, claimed=received.claimed, tags=received.tags, card=card,
    )  # fmt: skip
    return received, scored, posted, ev.ForumRead(researcher=NAMES[(at + 1) % 4], post=posted.post)


def _computes(told: _Teller) -> Iterator[Step]:
    """Every card is held; more of the same researchers wait than of others."""
    past = [_queued(f"x{number}", NAMES[number % 9], "screen at a quarter") for number in range(1, 10)]
    over = [
        ev.ExperimentFinished(
            researcher=one.researcher, experiment=one.experiment, outcome="done", exit_code=0, tail=ev.EMPTY,
            device_s=300.0 + 140 * number, mean_use=0.91, peak_bytes=41_000_000_000,
        )
        for number, one in enumerate(past)
    ]  # fmt: skip
    yield told.tell(20, *past, *over)
    titles = ("weighted, matched steps", "posterior, three seeds", "third generation, fold 2", "probes on layer 18")
    running = [
        _queued(f"x{10 + at}", who, title)
        for at, (who, title) in enumerate(zip(("r3", "r4", "r8", "r9"), titles, strict=True))
    ]
    leased = [
        ev.ExperimentLeased(researcher=one.researcher, experiment=one.experiment, slot=CARDS[at])
        for at, one in enumerate(running)
    ]
    waiting = [
        _queued("x14", "r8", "third generation, fold 3"),
        _queued("x15", "r8", "third generation, fold 4"),
        _queued("x16", "r1", "contrast pairs, longer"),
        _queued("x17", "r6", "rank 2 against rank 8"),
    ]
    tight = [ev.BudgetChanged(researcher=who, what="usd", limit=limit, by="ada") for who, limit in TIGHT.items()]
    yield told.tell(2, *running, *leased, *tight)
    live: dict[str, object] = {"experiment x10": {"tail": "step 1400 of 2000  loss 0.2974  31 it/s"}}
    yield told.tell(200, *waiting, moment="queue", live=live)


def _queued(name: str, who: str, title: str) -> ev.ExperimentQueued:
    return ev.ExperimentQueued(
        researcher=who, experiment=name, argv=["method.py"], out=f"out/{name}", title=title, seed=4
    )


def _replicates(told: _Teller, made: dict[str, Made]) -> Iterator[Step]:
    """The two best again, on fresh seeds and the held-out domain."""
    for who, (code, math) in FOUND.items():
        name = made[who].submission
        started = ev.ReplicationStarted(researcher=who, submission=name, domains=["code", "math"], seeds=SEEDS)
        yield told.tell(5, started)
        seeds = {"code": [code[0] - 0.03, code[0], code[0] + 0.03], "math": [math[0] - 0.08, math[0], math[0] + 0.08]}
        done = ev.ReplicationFinished(
            researcher=who, submission=name, outcome="replicated", per_seed=seeds,
            domains={"code": ev.Interval(*code), "math": ev.Interval(*math)},
        )  # fmt: skip
        yield told.tell(120, done)


def _suspects(told: _Teller, made: dict[str, Made]) -> Iterator[Step]:
    """Three flags: on a researcher who goes in circles, on a habit, and on a copy."""
    keep, copy, original, habit = told.keep, made["r8"], made["r3"], made["r5"]
    circles = ev.FlagRaised(
        researcher="r6", flag="f1", detector="circles", text=keep(CIRCLES), seqs=[made["r6"].seq - 2, told.seq]
    )
    modal = ev.FlagRaised(
        researcher="r5", flag="f2", detector="modal answer", submission=habit.submission, text=keep(MODAL),
        seqs=[habit.seq + 1],
    )  # fmt: skip
    near = ev.FlagRaised(
        researcher="r8", flag="f3", detector="near-duplicate", submission=copy.submission,
        text=keep(NEAR_COPY.format(other=original.submission)), seqs=[copy.seq, original.seq, original.seq + 2],
    )  # fmt: skip
    yield told.tell(15, circles)
    yield told.tell(9, modal)
    yield told.tell(30, near, moment="flags")


def _judges(told: _Teller, made: dict[str, Made]) -> Iterator[Step]:
    """A person disqualifies the one and accepts another, and writes so."""
    because = "97% one answer: the students learned a habit, not the task. The seeds agree."
    good = made["r3"].submission
    out = ev.VerdictGiven(
        researcher="r5", submission=made["r5"].submission, verdict="disqualify", because=because, by="ada"
    )
    because = "replicated, steps matched, ablation holds"
    fine = ev.VerdictGiven(researcher="r3", submission=good, verdict="accept", because=because, by="ada")
    words = told.keep(f"{good} is accepted: replicated, and its ablation holds. Credit what you build on.")
    post = ev.ForumPosted(post="p10", thread="t3", author="person", title="", text=words)
    yield told.tell(40, out)
    yield told.tell(20, fine, post, moment="judged")
