"""What a person may ask besides latches and steers: verdicts, budgets, who is in the fleet, the queue. Pure.

As in acting.py, each function gives the rows for the inbox, or the sentence why there are none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from aarctl.journal.state import Experiment, RunState, Submission

from ..content.limits import KEYS
from .acting import ENDED, Ask, Asks, listed

VERDICTS = ("accept", "disqualify", "reinstate")
NO_LIMIT = "none"


# submissions ----------------------------------------------------------------------------------------------


def submission_of(state: RunState, name: str) -> Submission | None:
    """The submission that a name stands for: its own, or a flag's."""
    flag = state.flags.get(name)
    return state.submissions.get(flag.submission if flag is not None else name)


def likely_verdict(state: RunState, name: str) -> str:
    """What a person most likely wants to say: of a flag that it counts, of a judged one that it does not."""
    one = submission_of(state, name)
    if one is not None and one.verdict:
        return "reinstate"
    return "disqualify" if name in state.flags or (one is not None and one.flags) else "accept"


def verdict(state: RunState, name: str, word: str, because: str) -> Asks:
    """A person's decision on a submission, or on that of a flag."""
    one = submission_of(state, name)
    if one is None:
        return "Choose a submission first: on the board, or a flag that names one."
    if not because.strip():
        return "Say why: a verdict needs its reason."
    if word == "reinstate" and not one.verdict:
        return f"{one.id} has no verdict that could be taken back."
    if {"accept": "accept", "disqualify": "disqualify"}.get(word) == one.verdict:
        return f"{one.id} is {one.board_state} already."
    return [Ask("verdict", "", {"submission": one.id, "verdict": word, "because": because.strip()})]


def replicate(state: RunState, name: str) -> Asks:
    """A submission's method, run again from scratch."""
    one = submission_of(state, name)
    if one is None:
        return "Choose a submission first: on the board, or a flag that names one."
    if one.replication in ("running", "replicated"):
        return f"{one.id} is {'being ' if one.replication == 'running' else ''}replicated already."
    if one.replication == "unreplicable":
        return f"{one.id} has no method that could run again."
    return [Ask("replicate", "", {"submission": one.id})]


# the forum ------------------------------------------------------------------------------------------------


def post(text: str, title: str = "", thread: str = "") -> Asks:
    """A post: in a thread, or the first of one."""
    if not text.strip():
        return "Nothing was written, nothing is posted."
    given = {"text": text.strip(), "title": title.strip(), "thread": thread}
    return [Ask("post", "", {key: value for key, value in given.items() if value})]


# the fleet ------------------------------------------------------------------------------------------------


def add(direction: str, mind: str = "", model: str = "") -> Asks:
    """A researcher more."""
    if not direction.strip():
        return "Nothing was written: a researcher needs a direction, in plain words."
    given = {"direction": direction.strip(), "mind": mind.strip(), "model": model.strip()}
    return [Ask("add", "", {key: value for key, value in given.items() if value})]


def retire(state: RunState, names: Sequence[str]) -> Asks:
    """Researchers who end for good."""
    able = [name for name in names if state.researchers[name].state not in ENDED]
    if not names:
        return "Choose a researcher first; S stops the whole run."
    return [Ask("retire", name) for name in able] or f"{listed(names)} ended already."


def budget(names: Sequence[str], what: str, text: str) -> Asks:
    """A limit as it was typed: 80 sets it, +20 and -5 change it, none takes it away; no names: the fleet's."""
    typed = text.replace(" ", "").replace(",", "").replace("_", "").removeprefix("$").lower()
    if what not in KEYS:
        return f"There is no budget of {what!r}; there are {listed(KEYS)}."
    if typed == NO_LIMIT:
        return [Ask("budget", name, {"what": what, "limit": NO_LIMIT}) for name in names or ("",)]
    try:
        number = float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        return f"{text.strip()[:40]!r} is no amount: 80 sets the limit, +20 raises it, none takes it away."
    key = "change" if typed[0] in "+-" else "limit"
    return [Ask("budget", name, {"what": what, key: typed}) for name in names or ("",)]


# the queue ------------------------------------------------------------------------------------------------


def waiting(state: RunState) -> list[str]:
    """Experiments that wait for a slot, first in the queue first."""
    return [one.id for one in state.experiments.values() if not one.slot]


def move(state: RunState, name: str, to: str) -> Asks:
    """An experiment `up` or `down` by one place of the queue, or to its `front`."""
    one, queue = state.experiments.get(name), waiting(state)
    if one is None:
        return "Choose an experiment first: in Compute, those that wait."
    if name not in queue:
        return f"{name} runs on {one.slot} already: only those that wait can be moved."
    at = queue.index(name)
    if to == "down":
        if at + 1 == len(queue):
            return f"{name} is the last in the queue."
        return [Ask("move", "", {"experiment": queue[at + 1], "before": name})]
    if at == 0:
        return f"{name} is the first in the queue."
    before = queue[at - 1] if to == "up" else queue[0]
    return [Ask("move", "", {"experiment": name, "before": before})]


def cancel(state: RunState, name: str) -> Asks:
    """An experiment that is no longer wanted."""
    one = state.experiments.get(name)
    if one is None:
        return "Choose an experiment first: in Compute, one that waits or runs."
    return f"{name} is being cancelled already." if one.cancelled else [Ask("cancel", "", {"experiment": name})]


def what_it_is(one: Experiment) -> str:
    """An experiment in a few words: untrusted."""
    return f"the replication of {one.submission} on {one.domain}" if one.submission else one.title
