"""A recipe file in, a Recipe out, or one error that lists everything to change."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any

import tomli_w
from msgspec import to_builtins

from . import locate
from . import overrides as command_line
from .errors import Problem, RecipeError
from .model import RESEARCHERS_MAX, Recipe
from .read import Fault, read
from .rules import broken

_LINE = re.compile(r"\s*\(at line (\d+), column (\d+)\)")


def load(path: FilePath | str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe in `path` with `overrides` ("k=v", as given to --set) applied. Raises RecipeError with every
    problem found.
    """
    path = FilePath(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(f"{path}", f"not UTF-8 text at byte {error.start}", "save it as UTF-8") from None
    except OSError as error:
        why = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise _unreadable(f"{path}", why, "give the path of a recipe, like recipes/quickstart.toml") from None
    return loads(text, source=str(path), overrides=overrides)


def loads(text: str, *, source: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe written in `text`; `source` is its place in messages, and its stem the default name."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = found.group(1) if (found := _LINE.search(str(error))) else str(text.count("\n") + 1)
        why = _LINE.sub("", str(error)).split(" (at end", 1)[0]
        raise _unreadable(f"{source}:{line}", f"not TOML: {why[:1].lower()}{why[1:]}", "correct this line") from None
    lines = locate.lines(text)
    _complete(raw, source)
    written, problems = command_line.apply(raw, overrides)
    recipe, faults = read(raw)
    spoilt = {fault.path[0] for fault in faults}
    faults += [fault for fault in broken(recipe) if fault.path[0] not in spoilt]
    problems = _placed(faults, raw, source, lines, written) + problems
    if problems:
        raise RecipeError(tuple(problems))
    return recipe


def resolve(recipe: Recipe) -> str:
    """`recipe` as TOML with every default written out and absent limits left out; `loads` reads it back to an
    equal recipe.
    """
    return tomli_w.dumps(_without_none(to_builtins(recipe)), multiline_strings=False)


def _complete(raw: dict[str, Any], source: str) -> None:
    """Fills in what a file may leave out and a default cannot know: the name, and the ids of researchers."""
    stem = re.sub(r"[^a-z0-9_-]+", "-", FilePath(source).stem.lower()).strip("-_")[:40]
    if stem:
        raw.setdefault("name", stem)
    tables = raw.get("researchers")
    if not isinstance(tables, list):
        return
    tables = [table for table in tables if isinstance(table, dict)]
    taken = [table.get("id") for table in tables]
    free = (each for n in range(1, RESEARCHERS_MAX + 1) if (each := f"r{n}") not in taken)
    for table in tables[:RESEARCHERS_MAX]:
        if "id" not in table:
            table["id"] = next(free)


def _placed(
    faults: Iterable[Fault],
    raw: dict[str, Any],
    source: str,
    lines: dict[locate.Path, int],
    written: set[locate.Path],
) -> list[Problem]:
    """Faults as problems with their place, those of the file first and in its order."""

    def line(path: locate.Path) -> int:
        """That of the path, or of the nearest table around it; 0 when it came from the command line."""
        if any(path[: len(each)] == each for each in written):
            return 0
        return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), 1)

    numbered = [(line(fault.path), fault) for fault in faults]
    numbered.sort(key=lambda pair: (pair[0] == 0, pair[0]))
    return [
        Problem(
            place=f"{source}:{number}" if number else command_line.PLACE,
            field=_dotted(fault.path, raw),
            value=fault.value,
            why=fault.why,
            fix=fault.fix,
        )
        for number, fault in numbered
    ]


def _dotted(path: locate.Path, raw: dict[str, Any]) -> str:
    """A path as --set takes it: researchers by id. Other positions, and keys with odd characters, are shown
    as they are.
    """
    parts: list[str] = []
    here: Any = raw
    for key in path:
        inside = _inside(here, key)
        named = inside.get("id") if isinstance(key, int) and isinstance(inside, dict) else None
        word = str(named if named is not None else key)
        parts.append(word if word.isprintable() and word.isascii() else ascii(word))
        here = inside
    return ".".join(parts)


def _inside(value: Any, key: str | int) -> Any:
    """What `value` holds under `key`; None when it holds nothing there."""
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def _without_none(plain: Any) -> Any:
    """The same without keys that are None (TOML has no null) and without tables left empty."""
    if isinstance(plain, dict):
        kept = {key: _without_none(value) for key, value in plain.items() if value is not None}
        return {key: value for key, value in kept.items() if value != {}}
    if isinstance(plain, list | tuple):
        return [_without_none(value) for value in plain]
    return plain


def _unreadable(place: str, why: str, fix: str) -> RecipeError:
    return RecipeError((Problem(place=place, field="", value="", why=why, fix=fix),))
