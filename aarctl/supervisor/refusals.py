"""Why a person's command cannot be done: one sentence with the way out. Pure, decided on the folded state."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..journal.events import VERBS
from ..journal.spend import UNITS
from ..journal.state import RunState
from ..journal.store import InboxRow
from ..recipe import Limits, Recipe
from ..recipe import Researcher as Wanted
from ..recipe.model import FRACTIONS, RESEARCHERS_MAX

VERDICTS = ("accept", "disqualify", "reinstate")
ENDED = ("finished", "failed")
NO_LIMIT = "none"
DIRECTION_CHARS = 4_000

Why = Callable[[RunState, InboxRow], str]


def refusal(recipe: Recipe, state: RunState, row: InboxRow, *, isolated: bool = True) -> str:
    """Why a command cannot be done; empty when it can. `isolated`: whether sandboxes hold code of a language model."""
    if row.verb not in VERBS:
        return f"verb {row.verb!r} is unknown; use one of {', '.join(VERBS)}"
    if "unreadable" in row.args:
        return f"the request could not be read: {row.args['unreadable']}"
    if row.researcher and row.researcher not in state.researchers:
        return f"there is no researcher {row.researcher!r}; there are {', '.join(state.researchers)}"
    if row.verb == "add":
        return _add(recipe, state, row, isolated)
    if row.verb == "budget":
        return _budget(recipe, state, row)
    found = _OTHERS.get(row.verb)
    return found(state, row) if found else ""


def _alive(state: RunState, row: InboxRow) -> str:
    """Pausing, freezing and stopping are for those who still take turns."""
    who = state.researchers.get(row.researcher)
    if who is None or who.state not in ENDED:
        return ""
    # What it has queued may still run: that can be frozen, and so must its latches be opened.
    if row.verb == "freeze" and any(one.researcher == who.id for one in state.experiments.values()):
        return ""
    return f"{who.id} has ended ({who.why or who.state}): it takes no further turn"


def _steer(state: RunState, row: InboxRow) -> str:
    if not row.args.get("text", "").strip():
        return "the text is empty; write what you want to say"
    who = state.researchers.get(row.researcher)
    if who is None:
        return "steer whom? name a researcher"
    if who.state == "budget":
        return f"{who.id} has used up its budget ({who.why}) and takes no turn; raise that first"
    return _alive(state, row)


def _post(state: RunState, row: InboxRow) -> str:
    if not row.args.get("text", "").strip():
        return "the text is empty; write what you want to say"
    if row.args.get("thread") and row.args["thread"] not in state.threads:
        return f"there is no thread {row.args['thread']!r}; leave it out to begin one"
    return ""


def _retire(state: RunState, row: InboxRow) -> str:
    return _alive(state, row) if row.researcher else "retire whom? name a researcher; stop ends the whole run"


def _move(state: RunState, row: InboxRow) -> str:
    name, before = row.args.get("experiment", ""), row.args.get("before", "")
    if name and name == before:
        return f"{name} cannot stand in front of itself; name another experiment"
    for each in (name, before) if before else (name,):
        one = state.experiments.get(each)
        if one is None:
            return f"no experiment {each!r} waits; {_waiting(state)}"
        if one.slot:
            return f"{each} runs on {one.slot} already; {_waiting(state)}"
    return ""


def _cancel(state: RunState, row: InboxRow) -> str:
    name = row.args.get("experiment", "")
    one = state.experiments.get(name)
    if one is None:
        there = ", ".join(state.experiments) or "none"
        return f"no experiment {name!r} waits or runs; these do: {there}"
    return f"{name} is being cancelled already" if one.cancelled else ""


def _waiting(state: RunState) -> str:
    names = [one.id for one in state.experiments.values() if not one.slot]
    return f"these wait: {', '.join(names)}" if names else "none waits"


def _verdict(state: RunState, row: InboxRow) -> str:
    if missing := _no_submission(state, row):
        return missing
    if row.args.get("verdict") not in VERDICTS:
        return f"verdict {row.args.get('verdict')!r}: use one of {', '.join(VERDICTS)}"
    return "" if row.args.get("because", "").strip() else "say why: a verdict needs its reason"


def _replicate(state: RunState, row: InboxRow) -> str:
    if missing := _no_submission(state, row):
        return missing
    one = state.submissions[row.args["submission"]]
    if one.replication == "unreplicable":
        return f"{one.id} has no method that could run again; choose another submission"
    if one.replication == "replicated":
        return f"{one.id} is replicated; its seeds follow from its method, so a second time would say the same"
    return f"{one.id} is being replicated already" if one.replication == "running" else ""


def _no_submission(state: RunState, row: InboxRow) -> str:
    name = row.args.get("submission", "")
    return "" if name in state.submissions else f"there is no submission {name!r}; the board lists them"


_OTHERS: dict[str, Why] = {
    "pause": _alive, "freeze": _alive, "stop": _alive, "steer": _steer, "retire": _retire, "post": _post,
    "move": _move, "cancel": _cancel, "verdict": _verdict, "replicate": _replicate,
}  # fmt: skip


# adding ----------------------------------------------------------------------------------------------------


def next_free(state: RunState) -> str:
    """The id of the next researcher; empty when there are as many as there can be. No id is given out twice."""
    names = (f"r{number}" for number in range(1, RESEARCHERS_MAX + 1))
    return next((name for name in names if name not in state.researchers), "")


def wanted(state: RunState, row: InboxRow) -> Wanted:
    """The researcher that an `add` asks for. Raises ValueError with what is wrong.

    Without a mind it has that of the run's first researcher.
    """
    first = next(iter(state.researchers.values()), None)
    mind = row.args.get("mind") or (first.mind if first else "claude")
    given = {
        "id": next_free(state), "mind": mind, "direction": row.args.get("direction", "").strip(),
        "model": row.args.get("model") or None,
    }  # fmt: skip
    try:
        return msgspec.convert(given, Wanted)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _add(recipe: Recipe, state: RunState, row: InboxRow, isolated: bool) -> str:
    if row.researcher:
        return f"a new researcher has no id yet; leave {row.researcher!r} out"
    if not next_free(state):
        return f"a run has at most {RESEARCHERS_MAX} researchers, r1 to r{RESEARCHERS_MAX}; steer one of them instead"
    if state.stopping:
        return "the run is stopping; resume it first"
    direction = row.args.get("direction", "").strip()
    if not direction:
        return "say where it should look first: a direction, in plain words"
    if len(direction) > DIRECTION_CHARS:
        return f"the direction has {len(direction):,} characters, at most {DIRECTION_CHARS:,}; shorten it"
    try:
        made = wanted(state, row)
    except ValueError as error:
        return f"it cannot be made so ({error}); use mind claude or search, and a model's name as its service knows it"
    if made.mind not in ("claude", "search"):
        return f"mind {made.mind!r} cannot be added; use claude or search"
    if made.model and made.mind != "claude":
        return f"a {made.mind} mind is no language model; leave the model out"
    if made.mind == "claude" and not isolated and not recipe.sandbox.allow_unsafe and not recipe.claude.rehearsal:
        return "a Claude researcher writes code of its own, and this run's sandboxes isolate nothing; add a search mind"
    return ""


# budgets ---------------------------------------------------------------------------------------------------


def limit(recipe: Recipe, state: RunState, row: InboxRow) -> float | None:
    """The limit that a `budget` asks for; None: no limit any more. Raises ValueError with what is wrong."""
    what, change = row.args.get("what", ""), row.args.get("change", "")
    if what not in UNITS:
        raise ValueError(f"there is no budget of {what!r}; use one of {', '.join(UNITS)}")
    if bool(change) == ("limit" in row.args):
        raise ValueError(f"say either what the limit on {what} is, or by how much it changes, such as +5")
    if row.args.get("limit") == NO_LIMIT:
        return None
    amount = _number(what, change or row.args["limit"])
    if change:
        now = getattr(recipe.limits(row.researcher, state.budgets), what)
        if now is None:
            whose = row.researcher or "the fleet"
            raise ValueError(f"{whose} has no limit on {what} that could change; say what it is to be")
        amount += now
    try:
        msgspec.convert({what: amount if what in FRACTIONS else int(amount)}, Limits)
    except msgspec.ValidationError as error:
        reason = str(error).split(" - at")[0]
        raise ValueError(f"a limit of {amount:g} on {what} cannot be ({reason}); choose another") from None
    return amount


def _number(what: str, words: str) -> float:
    try:
        amount = float(words)
    except ValueError:
        raise ValueError(f"{words!r} is no number; write such as 25, +5 or {NO_LIMIT}") from None
    if abs(amount) > 1e15 or amount != amount:
        raise ValueError(f"{words} is out of all bounds; write such as 25, +5 or {NO_LIMIT}")
    if what not in FRACTIONS and amount != int(amount):
        raise ValueError(f"{what} are counted in whole numbers, not {words}; round it")
    return amount


def _budget(recipe: Recipe, state: RunState, row: InboxRow) -> str:
    who = state.researchers.get(row.researcher)
    if who is not None and (who.state in ENDED or who.stopping):
        return f"{who.id} has ended ({who.why or who.state}): a budget does not bring it back; add a researcher instead"
    try:
        limit(recipe, state, row)
    except ValueError as error:
        return str(error)
    return ""
