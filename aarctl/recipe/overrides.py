"""`--set k=v`: one value of a recipe from the command line.

`k` is a dotted path as in the file; a researcher is named by its id (`researchers.r2.direction=...`). `v` is
typed by its field: a field that takes words needs no quotes, everything else is written as in TOML, and
`none` takes a limit away. Of several for one key the last one wins.
"""

import tomllib
from collections.abc import Sequence
from typing import Any

from msgspec import inspect

from .errors import Problem, shown
from .locate import Path
from .read import Unknown, type_at

PLACE = "--set"


def apply(raw: dict[str, Any], overrides: Sequence[str]) -> tuple[set[Path], list[Problem]]:
    """Writes each override into `raw`; returns the paths written, and what could not be."""
    written: set[Path] = set()
    problems: list[Problem] = []
    for override in overrides:
        try:
            written.add(_apply(raw, override))
        except _Refused as refused:
            problems.append(refused.problem)
    return written, problems


class _Refused(Exception):
    def __init__(self, field: str, value: str, why: str, fix: str) -> None:
        super().__init__(why)
        self.problem = Problem(place=PLACE, field=field, value=value, why=why, fix=fix)


def _apply(raw: dict[str, Any], override: str) -> Path:
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not key:
        raise _Refused("", "", f"{shown(override)} is not KEY=VALUE", "write it like search.candidates=3")
    if not override.isprintable() and not override.replace("\n", "").replace("\t", "").isprintable():
        raise _Refused(shown(key), "", "has control characters", "write plain text")
    path = _path(raw, key)
    try:
        kind = type_at(path)
    except Unknown as unknown:
        raise _Refused(key, "", "unknown key", unknown.fix) from None
    parent = _parent(raw, path, key)
    value = _typed(kind, text)
    if value is None:
        parent.pop(path[-1], None)
    else:
        parent[path[-1]] = value
    return path


def _path(raw: dict[str, Any], key: str) -> Path:
    """Dotted text as a path; the id of a researcher becomes its position."""
    head, *rest = key.split(".")
    if head != "researchers" or not rest:
        return (head, *rest)
    tables = raw.get("researchers")
    ids = [table.get("id") for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    if rest[0] not in ids:
        there = ", ".join(str(each) for each in ids) or "none"
        raise _Refused(key, "", f"no researcher {shown(rest[0])}", f"the recipe has {there}")
    if not rest[1:]:
        raise _Refused(key, "", "a whole researcher cannot be set", f"set a field of it, like {key}.direction")
    return (head, ids.index(rest[0]), *rest[1:])


def _parent(raw: dict[str, Any], path: Path, key: str) -> Any:
    here: Any = raw
    for part in path[:-1]:
        here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
        if not isinstance(here, dict | list):
            raise _Refused(key, "", f"{part} is {shown(here)} in the file, not a table", "correct the file first")
    return here


def _typed(kind: inspect.Type, text: str) -> Any:
    """`text` as the field wants it: raw where it takes words, else a TOML value, None for `none` where that
    means no limit.
    """
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    members = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    if text.strip() == "none" and any(isinstance(member, inspect.NoneType) for member in members):
        return None
    try:
        value = tomllib.loads(f"value = {text}").get("value")
    except tomllib.TOMLDecodeError:
        return text
    if all(isinstance(member, inspect.StrType | inspect.LiteralType) for member in members):
        return value if isinstance(value, str) else text
    return value
