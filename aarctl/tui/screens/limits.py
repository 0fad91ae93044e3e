"""A budget, changed while the run goes on: which limit, and its new amount or by how much it changes."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.spend import UNITS, account

from ..acts.acting import listed
from ..acts.orders import budget
from ..drawing.lines import Line, line, pad
from ..scene import Scene
from .choose import ChooseScreen

WORDS = (
    "80 sets the limit, +20 raises it, -5 lowers it, none takes it away. "
    "Who was stopped by a limit goes on once it is raised."
)


class BudgetScreen(ChooseScreen):
    """Of one or several researchers; of the fleet where none is named."""

    def __init__(self, scene: Scene, names: Sequence[str]) -> None:
        def wrong(option: str, text: str) -> str:
            found = budget(names, option, text)
            return found if isinstance(found, str) else ""

        whose = listed(names) or "the fleet"
        options: list[tuple[str, Line]] = [(what, _line(scene, names, what)) for what in UNITS]
        super().__init__(
            f"Budget of {whose}", WORDS, options, chosen=_nearest(scene, names), hint="+20", wrong=wrong,
        )  # fmt: skip


def _used(scene: Scene, name: str, what: str) -> float:
    field, unit = UNITS[what]
    return float(getattr(account(scene.state, name), field)) / unit


def _line(scene: Scene, names: Sequence[str], what: str) -> Line:
    """What is used, of what: for each of them."""
    words = []
    for name in names or ("",):
        limit = scene.limits.all_of(name).get(what)
        of = ", no limit" if limit is None else f" of {_number(limit)}"
        whose = f"{name} " if len(names) > 1 else ""
        words.append(f"{whose}{_number(_used(scene, name, what))}{of}")
    return line((pad(what, 12), "strong"), ("   ".join(words), "dim"))


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount == int(amount) or amount >= 1000 else f"{amount:,.2f}"


def _nearest(scene: Scene, names: Sequence[str]) -> str:
    """The limit that is nearest its end: most likely the one to change."""
    shares = {
        what: _used(scene, name, what) / limit
        for name in names or ("",)
        for what, limit in scene.limits.all_of(name).items()
        if limit and what in UNITS
    }
    return max(shares, key=lambda what: shares[what], default="usd")
