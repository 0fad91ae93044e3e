"""Which price holds for a model on a day: the recipe's, else the home's, else that of the list that comes with aarctl.

All three are written the same way, as [[prices]] rows; files may date them with `since`. A model with a price in the
recipe or the home takes nothing from the list: prices are never mixed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from ...recipe import Price, Recipe, locate
from ...recipe.rules import price_faults
from .errors import BadPrice, UnknownPrice
from .rates import ALWAYS, Tariff, Tier, rates_of

HOME_FILE = "prices.toml"
LIST_FILE = "list.toml"

_SNAPSHOT = re.compile(r"-20\d{6}\Z")


class Row(Price, frozen=True, kw_only=True):
    """One [[prices]] row of a file."""

    since: date = ALWAYS
    """The first day it holds, UTC."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prices: tuple[dict[str, Any], ...] = ()
    checked: date | None = None


@dataclass(frozen=True)
class PriceList:
    """Every price that is known. Look one up with `tariff`."""

    layers: tuple[tuple[Tariff, ...], ...]
    """The recipe's, the home's, the list's: the first that names a model decides."""
    file: Path
    """The home's prices.toml, whether or not it exists: where a person adds a price."""
    checked: date | None = field(default=None, compare=False)
    """The day on which the list that comes with aarctl was last compared with the vendor's pages."""

    @classmethod
    def open(cls, home: Path, recipe: Recipe | None = None) -> PriceList:
        """The prices for a run in the folder `home`. Raises BadPrice."""
        packaged = resources.files(__package__).joinpath(LIST_FILE).read_text("utf-8")
        listed, checked = _read(packaged, f"aarctl/minds/prices/{LIST_FILE}")
        file = home / HOME_FILE
        try:
            own, _ = _read(file.read_text("utf-8"), str(file)) if file.exists() else ((), None)
        except (OSError, UnicodeDecodeError) as error:
            raise BadPrice((f"{file}: cannot be read: {error}; correct it, or delete it",)) from None
        given = _tariffs(_dated(recipe.prices), "the recipe") if recipe is not None else ()
        return cls((given, own, listed), file, checked)

    def tariff(self, model: str, on: date) -> Tariff:
        """What `model` costs on the day `on` (UTC). Raises UnknownPrice.

        The first dated price of a model also holds before its day. A name that ends in a snapshot's date, such as
        claude-haiku-4-5-20251001, has the price of the name without it, unless it has one of its own.
        """
        for name in dict.fromkeys((model, _SNAPSHOT.sub("", model))):
            for layer in self.layers:
                dated = sorted((each for each in layer if each.model == name), key=lambda each: each.since)
                if dated:
                    return next((each for each in reversed(dated) if each.since <= on), dated[0])
        raise UnknownPrice(model, self.file)


def _dated(prices: Iterable[Price]) -> list[Row]:
    return [Row(**msgspec.structs.asdict(each)) for each in prices]


def _read(text: str, place: str) -> tuple[tuple[Tariff, ...], date | None]:
    """The tariffs of a price file, and when it was checked. Raises BadPrice with every problem found."""
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadPrice((f"{place}: {error}; it holds [[prices]] tables and nothing else",)) from None
    lines = locate.lines(text)
    rows: list[Row] = []
    problems: list[str] = []
    for position, raw in enumerate(found.prices):
        try:
            rows.append(msgspec.convert(raw, Row))
        except msgspec.ValidationError as error:
            line = lines.get(("prices", position), 1)
            known = ", ".join(Row.__struct_fields__)
            problems.append(f"{place}:{line}: {error}; correct this [[prices]] table, which may have {known}")
    if not problems:
        for fault in price_faults(rows, [row.since for row in rows]):
            path = next(fault.path[:n] for n in (3, 2, 1, 0) if n == 0 or fault.path[:n] in lines)
            subject = f"{fault.path[-1]} = {fault.value}" if fault.value else str(fault.path[-1])
            problems.append(f"{place}:{lines.get(path, 1)}: {subject}, {fault.why}; {fault.fix}")
    if problems:
        raise BadPrice(tuple(problems))
    return _tariffs(rows, place), found.checked


def _tariffs(rows: Sequence[Row], place: str) -> tuple[Tariff, ...]:
    """Rows of one model and day as one tariff with its tiers."""

    def day(row: Row) -> tuple[str, date]:
        return row.model, row.since

    ordered = sorted(rows, key=lambda row: (*day(row), row.above))
    return tuple(
        Tariff(model, since, tuple(Tier(row.above, rates_of(row)) for row in tiers), place)
        for (model, since), tiers in groupby(ordered, key=day)
    )
