"""What wants a person's attention: everything of the kind that stands in a state, each under a name of its own. Pure.

Whoever shows or sends an alert does so once for a name, so the names say what is new: a researcher that is blocked
again is another alert, a budget that was raised and is at 80% again is another too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aarctl.journal import spend
from aarctl.journal.state import RunState, Submission

from ..content.doing import OVER, best, blocked, worth
from ..content.figures import pgr, score
from ..content.limits import Limits

NEARLY = 0.8  # of a budget


class Alert(NamedTuple):
    """One thing. `text` may hold untrusted words."""

    name: str
    what: str
    """flag | blocked | failed | dead | budget | replicated | told | over"""
    text: str
    researcher: str = ""
    seq: int = 0
    """Its event; 0 for what is no event."""


def standing(state: RunState, limits: Limits, *, dead: bool = False, after: int = 0) -> list[Alert]:
    """All alerts of a state whose event came after `after`, and those that are no event. Cheap: asked every second.

    `dead`: whether the run misses its supervisor.
    """
    found = [*_people(state, after), *_science(state, after), *_budgets(state, limits)]
    if state.over:
        if state.seq > after:
            found.append(Alert(f"over {state.epoch}", "over", f"the run is {state.status}. {state.note}".strip()))
    elif dead:
        text = "its supervisor is dead, so nothing moves; attach and press r to restart it"
        found.append(Alert(f"dead {state.epoch}", "dead", text))
    return found


def _people(state: RunState, after: int) -> Iterable[Alert]:
    for why, names in blocked(state).items():
        newest = max(names, key=lambda name: state.researchers[name].last_seq)
        who = state.researchers[newest]
        if who.last_seq > after:
            whom = " ".join(names)
            yield Alert(f"blocked {whom} {who.since}", "blocked", f"{whom} blocked: {why}", newest)
    for who in state.researchers.values():
        if who.state == "failed" and who.last_seq > after:
            yield Alert(f"failed {who.id} {who.since}", "failed", f"{who.id} failed: {who.why}", who.id, who.last_seq)
    for told in reversed(state.told):
        if told.seq <= after:
            break
        yield Alert(f"told {told.seq}", "told", f"{told.researcher} tells you: {told.text}", told.researcher, told.seq)


def _science(state: RunState, after: int) -> Iterable[Alert]:
    for flag in reversed(state.flags.values()):
        if flag.seq <= after:
            break
        about = f"{flag.researcher} {flag.submission}".strip()
        text = f"flag {flag.id} on {about}: {flag.text.head[:300]}"
        yield Alert(f"flag {flag.id}", "flag", text, flag.researcher, flag.seq)
    for one in state.submissions.values():
        if one.replicated_seq > after and one.replication != "running":
            name = f"replicated {one.id} {one.replicated_seq}"
            yield Alert(name, "replicated", _replicated(one), one.researcher, one.replicated_seq)


def _replicated(one: Submission) -> str:
    head = f"{one.id} of {one.researcher} ({one.method})"
    if one.replication != "replicated":
        return f"{head}: its replication failed. {one.note}".strip()
    return f"{head} is replicated: " + ", ".join(f"{name} {score(found)}" for name, found in one.replicated.items())


def _budgets(state: RunState, limits: Limits) -> Iterable[Alert]:
    working = [who.id for who in state.researchers.values() if who.state not in OVER]
    for name in ["", *working]:
        all_of = limits.all_of(name)
        if not all_of:
            continue
        whose = f"{name}'s" if name else "the fleet's"
        for line in spend.lines(spend.account(state, name), all_of):
            if line.limit and line.used >= NEARLY * line.limit:
                share = "100%" if line.reached else f"{NEARLY:.0%}"
                used = f"{line.amount(line.used):.4g} of {line.amount(line.limit):g} {line.what}"
                yield Alert(
                    f"budget {name} {line.what} {line.limit} {share}", "budget",
                    f"{share} of {whose} budget is used: {used}", name,
                )  # fmt: skip


def in_one(alerts: list[Alert], run: str) -> tuple[str, str]:
    """Title and text of one notification for all of them. Untrusted text may be in it."""
    title = f"aarctl {run}"
    if len(alerts) == 1:
        return title, alerts[0].text
    return f"{title}: {len(alerts)} things", "; ".join(alert.text[:120] for alert in alerts[:4])


def window_title(state: RunState, word: str, run: str, unseen: int) -> str:
    """What the terminal's title says: how much is new, the run, how it stands, how good it is."""
    found = best(state)
    parts = [f"({unseen})" if unseen else "", "aarctl", run, word, pgr(worth(state, found).mean) if found else ""]
    return " ".join(part for part in parts if part)


def as_event(alert: Alert, run: str, folder: str, at: int) -> Mapping[str, object]:
    """What a person's command is given: the alert as an object for JSON."""
    return {
        "run": run, "folder": folder, "what": alert.what, "text": alert.text, "researcher": alert.researcher,
        "seq": alert.seq, "at": at,
    }  # fmt: skip
