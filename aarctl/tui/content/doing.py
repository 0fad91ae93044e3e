"""What a researcher is doing now, and how good it was so far: read from the state alone. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from aarctl.journal.events import Interval
from aarctl.journal.state import Experiment, OpenTool, Researcher, RunState, Submission

from .figures import clock

GLYPHS = {
    "starting": "◌", "thinking": "◇", "acting": "●", "waiting": "◔", "paused": "‖",
    "frozen": "❆", "blocked": "⊘", "finished": "✓", "budget": "▣", "failed": "✗",
}  # fmt: skip
TONES = {
    "thinking": "accent", "acting": "good", "paused": "warn", "frozen": "warn", "blocked": "bad", "budget": "warn",
    "failed": "bad",
}  # fmt: skip


OVER = ("finished", "budget", "failed")
"""States of a researcher that takes no more turns."""


class Shown(NamedTuple):
    """A researcher's state as a word."""

    word: str
    glyph: str
    tone: str


def shown_state(state: RunState, who: Researcher) -> Shown:
    """Its state; a latch that has not been reached yet shows as "pausing", or "freezing"."""
    word = who.state
    if word not in ("frozen", "blocked", *OVER) and state.is_frozen(who.id):
        return Shown("freezing", "❆", "warn")
    if word not in ("paused", "frozen", "blocked", *OVER) and not state.runs(who.id):
        return Shown("pausing", "‖", "warn")
    return Shown(word, GLYPHS.get(word, "·"), TONES.get(word, "dim"))


def running(state: RunState, who: str) -> list[Experiment]:
    """Its experiments that hold a slot, oldest first; replications are not its own doing."""
    return [
        one for one in state.experiments.values() if one.researcher == who and one.slot and one.purpose == "research"
    ]


def queued(state: RunState, who: str) -> int:
    """How many of its experiments wait for a slot."""
    return sum(
        one.researcher == who and not one.slot and one.purpose == "research" for one in state.experiments.values()
    )


def doing_now(state: RunState, who: Researcher, now: int) -> str:
    """One line: what it waits for, runs, or said last. Untrusted text may be in it."""
    if who.blocked and who.state not in OVER:
        return who.blocked
    if who.state in OVER or (who.state in ("paused", "frozen") and not who.open_tools):
        return who.why or who.exceeded or who.last_line
    tool = next(reversed(who.open_tools.values()), None)
    if who.state == "waiting" and who.why and tool is None:
        return who.why
    experiments = running(state, who.id)
    if experiments:
        first = experiments[0]
        others = f" and {len(experiments) - 1} more" if len(experiments) > 1 else ""
        return f"{first.id} on {first.slot} {clock(now - first.leased_at)}{others} · {first.title}"
    if tool is not None:
        return f"{tool.tool} · {_in_short(tool)}".rstrip(" ·")
    if waiting := queued(state, who.id):
        return f"{waiting} queued for a slot"
    if who.open_call:
        return "asks its mind" if who.mind == "search" else "waits for its model"
    return who.why or who.last_line


def blocked(state: RunState) -> dict[str, list[str]]:
    """Who cannot go on, by the sentence that says why: usually everybody for the same reason. Untrusted."""
    found: dict[str, list[str]] = {}
    for who in state.researchers.values():
        if who.blocked and who.state not in OVER:
            found.setdefault(who.blocked, []).append(who.id)
    return found


def _in_short(tool: OpenTool) -> str:
    """The telling argument of a tool call."""
    try:
        args = msgspec.json.decode(tool.args.head)
    except msgspec.MsgspecError:
        return ""
    if not isinstance(args, dict):
        return ""
    words = [str(value).strip() for value in args.values() if isinstance(value, str) and value.strip()]
    return " ".join(words[:2]).split("\n")[0][:120]


def scored(state: RunState, who: str | None = None) -> list[Submission]:
    """Submissions with a score, in the order in which they were scored."""
    found = [
        one for one in state.submissions.values() if one.released is not None and (who is None or one.researcher == who)
    ]
    return sorted(found, key=lambda one: one.scored_seq)


def best(state: RunState, who: str | None = None) -> Submission | None:
    """The submission to believe: the best replicated, else the best scored. Disqualified ones never."""
    fair = [one for one in scored(state, who) if one.verdict != "disqualify"]
    return max(fair, key=lambda one: (state.feedback in one.replicated, worth(state, one).mean), default=None)


def worth(state: RunState, one: Submission) -> Interval:
    """A submission's replicated PGR on the feedback domain, else its released one."""
    found = one.replicated.get(state.feedback) or one.released
    assert found is not None
    return found


def elapsed(state: RunState, now: int) -> int:
    """Microseconds since the run was opened; a run that is over, or a replay, stands still."""
    if not state.opened_at:
        return 0
    return max((state.at if state.over else max(now, state.at)) - state.opened_at, 0)
