"""While you were away: what has happened between two states of a run, each line with the place it leads to. Pure.

What stands in the states is taken from them. What a state forgets (failed experiments, lost sandboxes, trouble with a
model) comes from a read of the newest few events of a few kinds, so a digest costs the same after a million events.
Standing trouble that was there before is no news by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from aarctl.journal.events import (
    BudgetExceeded,
    Event,
    ExperimentFinished,
    ModelFailed,
    ModelUnknownOutcome,
    SandboxLost,
)
from aarctl.journal.reader import JournalReader, Record
from aarctl.journal.state import RunState, Submission

from ..drawing.lines import Line, Piece, line
from .doing import best, blocked, scored, worth
from .figures import money, pgr, plural, score
from .limits import Limits
from .spending import rate, soonest_end

READ = {
    "experiment.finished": 400, "model.failed": 200, "model.unknown_outcome": 50, "sandbox.lost": 50,
    "budget.exceeded": 50,
}  # fmt: skip
"""Kinds whose events are read, and how many of the newest."""
_E = TypeVar("_E", bound=Event)

EACH = 4  # lines of one kind, before the rest is counted


class Entry(NamedTuple):
    """One thing that happened."""

    glyph: str
    tone: str
    what: str
    """A word or two."""
    words: Line
    """Untrusted text may be in it."""
    pane: str
    """Where it is seen."""
    researcher: str = ""
    seq: int = 0
    """Its event in the transcript; 0 where it has none."""
    key: str = ""
    """Its line in the pane, such as "s5"."""


class Digest(NamedTuple):
    """What there is to tell; nothing to show without entries."""

    away_us: int
    entries: tuple[Entry, ...] = ()


def records_since(reader: JournalReader, after: int, upto: int) -> list[Record]:
    """The newest events of READ's kinds after one seq and up to another."""
    return [
        record
        for kind, limit in READ.items()
        for record in reader.records(after, upto=upto, kinds=(kind,), limit=limit, newest_first=True)
    ]


def digest(
    before: RunState, after: RunState, records: Iterable[Record], *, looked_at: int = 0, now: int = 0,
    limits: Limits | None = None,
) -> Digest:  # fmt: skip
    """What happened from `before` to `after`; `looked_at` is when the person last looked, in microseconds UTC."""
    found = sorted((record for record in records if before.seq < record.seq <= after.seq), key=lambda one: one.seq)
    entries = [
        *_ended(before, after), *_best(before, after), *_replicated(before, after), *_scores(before, after),
        *_flags(before, after), *_blocked(before, after), *_told(before, after), *_budgets(found),
        *_experiments(found), *_sandboxes(found), *_model(found),
    ]  # fmt: skip
    spent = _money(before, after, limits or Limits(), now or after.at)
    if not entries and not spent:
        return Digest(0)
    return Digest(max((now or after.at) - (looked_at or before.at), 0), (*entries, *spent, *_work(before, after)))


def _ended(before: RunState, after: RunState) -> list[Entry]:
    if not after.over or before.over:
        return []
    words = line((after.status, "strong"), (f"  {after.note}" if after.note else "", "dim"))
    tone = {"finished": "good", "failed": "bad"}.get(after.status, "warn")
    return [Entry("■", tone, "the run", words, "board")]


def _best(before: RunState, after: RunState) -> list[Entry]:
    was, now = best(before), best(after)
    if now is None:
        return []
    old, new = (None if was is None else worth(before, was).mean), worth(after, now)
    if was is not None and was.id == now.id and pgr(old) == pgr(new.mean):
        return []
    kind = "replicated" if after.feedback in now.replicated else "scored"
    words = line(
        (f"{pgr(old)} → ", "dim"), (score(new), "strong"), (f" {kind}", "dim"), f"  {now.researcher} {now.method}"
    )
    return [Entry("▲", "accent", "best PGR", words, "board", now.researcher, now.scored_seq or now.seq, now.id)]


def _replicated(before: RunState, after: RunState) -> list[Entry]:
    done = [
        one for one in after.submissions.values() if one.replicated_seq > before.seq and one.replication != "running"
    ]
    entries = []
    for one in sorted(done, key=lambda one: -one.replicated_seq)[:EACH]:
        if one.replication == "replicated":
            domains = "  ".join(f"{domain} {score(found)}" for domain, found in one.replicated.items())
            words = line((f"{one.id} {one.researcher}  ", "strong"), domains, (_first_score(one), "dim"))
            entries.append(_of(one, "◆", "accent", "replicated", words, one.replicated_seq))
        else:
            words = line((f"{one.id} {one.researcher}  ", "strong"), f"the replication failed  {one.note}")
            entries.append(_of(one, "✗", "bad", "replication", words, one.replicated_seq))
    return _counted(entries, len(done), "replications", "board")


def _first_score(one: Submission) -> str:
    return f"  was {pgr(one.released.mean)}" if one.released is not None else ""


def _of(one: Submission, glyph: str, tone: str, what: str, words: Line, seq: int) -> Entry:
    return Entry(glyph, tone, what, words, "board", one.researcher, seq, one.id)


def _scores(before: RunState, after: RunState) -> list[Entry]:
    new = [one for one in scored(after) if one.scored_seq > before.seq]
    if not new:
        return []
    shown = sorted(new, key=lambda one: -_released(one))
    listed = "  ".join(f"{one.id} {one.researcher} {pgr(_released(one))}" for one in shown[:EACH])
    rest = f"  and {len(new) - EACH} more" if len(new) > EACH else ""
    return [_of(shown[0], "●", "plain", "scores", line(listed, (rest, "dim")), shown[0].scored_seq)]


def _released(one: Submission) -> float:
    return one.released.mean if one.released is not None else 0.0


def _flags(before: RunState, after: RunState) -> list[Entry]:
    new = [flag for flag in after.flags.values() if flag.seq > before.seq]
    entries = [
        Entry(
            "⚑", "warn", "flag",
            line((f"{flag.id} {flag.researcher} {flag.submission}".strip() + "  ", "strong"), flag.text.head[:300]),
            "flags", flag.researcher, flag.seq, flag.id,
        )
        for flag in reversed(new[-EACH:])
    ]  # fmt: skip
    return _counted(entries, len(new), "flags", "flags")


def _blocked(before: RunState, after: RunState) -> list[Entry]:
    entries = []
    for why, names in blocked(after).items():
        fresh = [name for name in names if name not in before.researchers or before.researchers[name].blocked != why]
        if fresh:
            words = line((f"{' '.join(fresh)}  ", "strong"), why)
            who = after.researchers[fresh[0]]
            entries.append(Entry("⊘", "bad", "blocked", words, "fleet", who.id, who.last_seq, who.id))
    for who in after.researchers.values():
        was = before.researchers.get(who.id)
        if who.state == "failed" and (was is None or was.state != "failed"):
            words = line((f"{who.id}  ", "strong"), who.why)
            entries.append(Entry("✗", "bad", "failed", words, "fleet", who.id, who.last_seq, who.id))
    return entries


def _told(before: RunState, after: RunState) -> list[Entry]:
    new = [told for told in after.told if told.seq > before.seq]
    entries = [
        Entry(
            "»", "accent", "tells you", line((f"{told.researcher}  ", "strong"), told.text), "transcript",
            told.researcher, told.seq,
        )
        for told in reversed(new[-EACH:])
    ]  # fmt: skip
    return _counted(entries, len(new), "things that they tell you", "transcript")


def _budgets(records: Sequence[Record]) -> list[Entry]:
    entries = []
    for record, event in _kind(records, BudgetExceeded):
        whose = event.researcher or "the fleet"
        words = line((f"{whose}  ", "strong"), f"{event.what}: {event.used:g} of {event.limit:g} used")
        entries.append(
            Entry("▣", "warn", "budget reached", words, "budget", event.researcher, record.seq, event.researcher)
        )
    return _counted(entries[-EACH:][::-1], len(entries), "budgets reached", "budget")


def _experiments(records: Sequence[Record]) -> list[Entry]:
    finished = _kind(records, ExperimentFinished)
    failed = [(record, event) for record, event in finished if event.outcome in ("failed", "timed_out")]
    if not failed:
        return []
    record, last = failed[-1]
    whose = Counter(event.researcher or "?" for _, event in failed)
    each = "  ".join(f"{name} {count}" for name, count in sorted(whose.items()))
    many = f"{len(failed)}{_more(finished, 'experiment.finished')} of {len(finished)} failed"
    words = line((many, "strong"), f"  {each}", (f"  the last: {last.experiment} {last.outcome}", "dim"))
    return [Entry("✗", "bad", "experiments", words, "transcript", last.researcher, record.seq)]


def _sandboxes(records: Sequence[Record]) -> list[Entry]:
    lost = _kind(records, SandboxLost)
    if not lost:
        return []
    record, last = lost[-1]
    many = plural(len(lost), "sandbox") if len(lost) == 1 else f"{len(lost)}{_more(lost, 'sandbox.lost')} sandboxes"
    words = line((f"{many} lost", "strong"), f"  the last: {last.researcher or last.sandbox}, {last.why}")
    return [Entry("✗", "bad", "sandboxes", words, "transcript", last.researcher, record.seq)]


def _model(records: Sequence[Record]) -> list[Entry]:
    failed, unknown = _kind(records, ModelFailed), _kind(records, ModelUnknownOutcome)
    if not failed and not unknown:
        return []
    count = len(failed) + len(unknown)
    reasons = Counter(event.error.split("\n")[0][:80] for _, event in failed)
    if unknown:
        reasons["answer lost, charged at its worst case"] = len(unknown)
    usual, times = reasons.most_common(1)[0]
    words = line(
        (f"{plural(count, 'call')}{_more(failed, 'model.failed')} brought no answer", "strong"),
        f"  {usual}", (f" ({times})" if times < count else "", "dim"),
    )  # fmt: skip
    record = max((record for record, _ in (*failed, *unknown)), key=lambda one: one.seq)
    return [Entry("◔", "warn", "model", words, "transcript", record.researcher, record.seq)]


def _money(before: RunState, after: RunState, limits: Limits, now: int) -> list[Entry]:
    if after.nusd <= before.nusd:
        return []
    parts = [rate(after, now)]
    if not after.over and (end := soonest_end(after, limits, now)) is not None:
        parts.append(str(end))
    play = " play money" if after.rehearsal else ""
    words = line((f"{money(after.nusd - before.nusd)}{play}", "strong"), f" of {money(after.nusd)} in all")
    words = (*words, Piece("".join(f"  {part}" for part in parts if part), "dim"))
    return [Entry("$", "plain", "spent", words, "budget")]


def _work(before: RunState, after: RunState) -> list[Entry]:
    """What went as it should, in one line."""
    old, new = list(before.researchers.values()), list(after.researchers.values())
    counts = {
        "turn": sum(who.settled for who in new) - sum(who.settled for who in old),
        "experiment": after.experiments_finished - before.experiments_finished,
        "submission": len(after.submissions) - len(before.submissions),
        "post": sum(thread.posts for thread in after.threads.values()) - sum(t.posts for t in before.threads.values()),
    }
    words = ", ".join(plural(count, word) for word, count in counts.items() if count > 0)
    return [Entry("·", "dim", "besides", line((words, "dim")), "fleet")] if words else []


def _counted(entries: list[Entry], count: int, what: str, pane: str) -> list[Entry]:
    """The entries, and a line for those that are left out."""
    left = count - len(entries)
    more = [Entry("·", "dim", "", line((f"and {left} more {what}", "dim")), pane)] if left > 0 else []
    return [*entries, *more]


def _kind(records: Sequence[Record], kind: type[_E]) -> list[tuple[Record, _E]]:
    return [(record, record.event) for record in records if isinstance(record.event, kind)]


def _more(found: Sequence[object], kind: str) -> str:
    """A plus where there may be older ones that were not read."""
    return "+" if len(found) >= READ[kind] else ""
