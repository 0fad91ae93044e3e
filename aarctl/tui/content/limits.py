"""The budgets of a run: those of the recipe that its journal opened with, and what a person changed since.

Only shown, never enforced here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aarctl.journal.spend import UNITS

KEYS = tuple(UNITS)


@dataclass(frozen=True)
class Limits:
    """Budgets by key of KEYS; a key that is absent has no limit."""

    everyone: dict[str, float] = field(default_factory=dict)
    own: dict[str, dict[str, float]] = field(default_factory=dict)
    """Per researcher, where its own differ."""
    fleet: dict[str, float] = field(default_factory=dict)
    """Of all researchers together."""
    changed: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    """What a person has changed since, as RunState.budgets: it stands over all others; None is no limit any more."""
    slot_usd: float = 0.0
    """What an hour of a compute slot costs; limited by nothing."""

    def of(self, researcher: str, key: str) -> float | None:
        """The limit of one researcher, or None."""
        return self.all_of(researcher).get(key)

    def all_of(self, researcher: str) -> dict[str, float]:
        """All limits of one researcher, or the fleet's where none is named."""
        written = {**self.everyone, **self.own.get(researcher, {})} if researcher else self.fleet
        now = {**written, **self.changed.get(researcher, {})}
        return {key: limit for key, limit in now.items() if limit is not None}


def limits_of(recipe: str) -> Limits:
    """The limits in a resolved recipe; none where it cannot be read."""
    try:
        found = tomllib.loads(recipe)
    except tomllib.TOMLDecodeError:
        return Limits()
    budget = _table(found, "budget")
    own: dict[str, dict[str, float]] = {}
    listed = found.get("researchers", [])
    for number, entry in enumerate(listed if isinstance(listed, list) else [], 1):
        if isinstance(entry, dict):
            own[str(entry.get("id", f"r{number}"))] = _numbers(_table(entry, "budget"))
    price = _table(found, "compute").get("usd_per_hour", 0.0)
    return Limits(
        _numbers(_table(budget, "researcher")), own, _numbers(_table(budget, "fleet")),
        slot_usd=float(price) if isinstance(price, int | float) else 0.0,
    )  # fmt: skip


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key, {})
    return value if isinstance(value, dict) else {}


def _numbers(table: dict[str, Any]) -> dict[str, float]:
    return {key: float(table[key]) for key in KEYS if isinstance(table.get(key), int | float)}
