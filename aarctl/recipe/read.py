"""From plain values to a Recipe, finding everything that is wrong at once.

`msgspec.convert` stops at the first error and knows nothing of fixes; this walks the same type descriptions,
puts the default in place of a bad value, goes on, and notes a `Fault` for each. Pure: no files, no lines
(load.py adds the place).
"""

import difflib
import math
import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct, inspect

from .errors import shown
from .locate import Path
from .model import LATER, Recipe

_BAD = object()


class Fault(Struct, frozen=True):
    """One wrong value, before its line is known."""

    path: Path
    value: str
    why: str
    fix: str


def read(raw: dict[str, Any]) -> tuple[Recipe, list[Fault]]:
    """A recipe from TOML values, and its faults; with faults, the recipe has defaults where they are and must
    not be used.
    """
    faults: list[Fault] = []
    recipe = _value(inspect.type_info(Recipe), raw, (), faults)
    return (recipe if isinstance(recipe, Recipe) else Recipe()), faults


def type_at(path: Path) -> inspect.Type:
    """The type of a field of Recipe; array positions may be any int. Raises Unknown where there is no such
    field.
    """
    here: inspect.Type = inspect.type_info(Recipe)
    for depth, key in enumerate(path):
        here = _bare(here)
        if isinstance(here, inspect.StructType):
            fields = {field.encode_name: field for field in here.fields}
            if key not in fields:
                raise Unknown(path[: depth + 1], nearest(str(key), fields))
            here = fields[str(key)].type
        elif isinstance(here, inspect.VarTupleType) and isinstance(key, int):
            here = here.item_type
        else:
            raise Unknown(path[: depth + 1], f"{path[depth - 1]} has no fields of its own")
    return here


class Unknown(KeyError):
    """No such field; carries the path as far as the wrong key, and the fix."""

    def __init__(self, path: Path, fix: str) -> None:
        super().__init__(path)
        self.path, self.fix = path, fix


def nearest(word: str, known: Iterable[str]) -> str:
    """The fix for a misspelt key: the nearest known one, and where there is none near, all of them."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    elsewhere = _places(word)
    return f"it belongs in {elsewhere}" if elsewhere else f"known here: {', '.join(known)}"


def _places(word: str) -> str:
    """The tables that do have a key of this name, at most three of them."""
    places: list[str] = []

    def visit(kind: inspect.Type, path: str) -> None:
        kind = _bare(kind)
        if isinstance(kind, inspect.VarTupleType):
            visit(kind.item_type, f"[{path}]")
        elif isinstance(kind, inspect.StructType):
            for field in kind.fields:
                if field.encode_name == word and path:
                    places.append(f"[{path}]")
                below = f"{path}.{field.encode_name}" if path else field.encode_name
                if not path.startswith("["):
                    visit(field.type, below)

    visit(inspect.type_info(Recipe), "")
    return " or ".join(places[:3])


def _bare(kind: inspect.Type) -> inspect.Type:
    """The type without its annotations."""
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _value(kind: inspect.Type, raw: Any, path: Path, faults: list[Fault]) -> Any:
    """`raw` as `kind`, or _BAD with at least one fault noted."""
    alternative = ""
    if isinstance(_bare(kind), inspect.UnionType):
        kind, alternative = _branch(_bare(kind), raw)
    note = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    kind = _bare(kind)
    if isinstance(kind, inspect.StructType):
        return _struct(kind, raw, path, faults)
    if isinstance(kind, inspect.VarTupleType):
        return _tuple(kind, raw, path, faults)
    why, fix = _complaint(kind, raw, path, note or {})
    if why:
        faults.append(Fault(path, shown(raw), why, fix + alternative))
        return _BAD
    return float(raw) if isinstance(kind, inspect.FloatType) else raw


def _branch(union: inspect.Type, raw: Any) -> tuple[inspect.Type, str]:
    """The member of a union that `raw` was meant for (a word for text, else the number), and what else would do."""
    assert isinstance(union, inspect.UnionType)
    members = [member for member in union.types if not isinstance(member, inspect.NoneType)]
    words = [bare for member in members if isinstance(bare := _bare(member), inspect.LiteralType)]
    numbers = [bare for member in members if isinstance(bare := _bare(member), inspect.IntType | inspect.FloatType)]
    if not (words and numbers):
        return members[0], ""
    if isinstance(raw, str):
        return words[0], f", or {_allowed(numbers[0])}, without quotes"
    return numbers[0], f', or "{words[0].values[0]}"'


def _struct(kind: inspect.StructType, raw: Any, path: Path, faults: list[Fault]) -> Any:
    if not isinstance(raw, dict):
        header = f"[[{path[-2]}]]" if isinstance(path[-1], int) else f"[{'.'.join(map(str, path))}]"
        faults.append(Fault(path, shown(raw), "not a table", f"open it with a line {header}"))
        return _BAD
    fields = {field.encode_name: field for field in kind.fields}
    for key in raw:
        if key not in fields:
            faults.append(Fault((*path, key), "", "unknown key", nearest(key, fields)))
    read = {key: _value(fields[key].type, value, (*path, key), faults) for key, value in raw.items() if key in fields}
    return kind.cls(**{key: value for key, value in read.items() if value is not _BAD})


def _tuple(kind: inspect.VarTupleType, raw: Any, path: Path, faults: list[Fault]) -> Any:
    tables = isinstance(_bare(kind.item_type), inspect.StructType)
    if not isinstance(raw, list):
        double, single = f"write [[{path[-1]}]] with double brackets", f"write it in brackets: [{shown(raw)}]"
        fix = double if tables else single
        faults.append(Fault(path, shown(raw), "not an array", fix))
        return _BAD
    unit = "tables" if tables else "items"
    if kind.max_length is not None and len(raw) > kind.max_length:
        extra = len(raw) - kind.max_length
        faults.append(Fault(path, f"{len(raw)} {unit}", f"at most {kind.max_length}", f"remove {extra}"))
        return _BAD
    if len(raw) < (kind.min_length or 0):
        faults.append(Fault(path, f"{len(raw)} {unit}", f"at least {kind.min_length}", f"add [[{path[-1]}]]"))
        return _BAD
    items = [_value(kind.item_type, item, (*path, i), faults) for i, item in enumerate(raw)]
    return _BAD if any(item is _BAD for item in items) else tuple(items)


def _complaint(kind: inspect.Type, raw: Any, path: Path, note: dict[str, Any]) -> tuple[str, str]:
    """Why `raw` is no `kind`, and what to do; two empty strings when it is one."""
    if isinstance(kind, inspect.LiteralType):
        return _word(kind, raw, path)
    if isinstance(kind, inspect.StrType):
        return _text(kind, raw, note)
    if isinstance(kind, inspect.BoolType):
        return ("", "") if isinstance(raw, bool) else ("neither true nor false", "write true or false, without quotes")
    assert isinstance(kind, inspect.IntType | inspect.FloatType), kind
    return _number(kind, raw)


def _number(kind: inspect.IntType | inspect.FloatType, raw: Any) -> tuple[str, str]:
    whole = isinstance(kind, inspect.IntType)
    noun = "a whole number" if whole else "a number"
    low, high = (kind.gt if kind.ge is None else kind.ge), kind.le
    strict = kind.ge is None
    allowed = _allowed(kind)
    if isinstance(raw, bool) or not isinstance(raw, int if whole else int | float):
        return f"not {noun}", f"write {allowed}"
    if not math.isfinite(raw):
        return "not finite", f"write {allowed}, or leave the key out"
    if high is not None and raw > high:
        return f"at most {_figure(high)}", f"lower it: {allowed}"
    if low is not None and (raw < low or (strict and raw == low)):
        return f"{'above' if strict else 'at least'} {_figure(low)}", f"raise it: {allowed}"
    return "", ""


def _allowed(kind: inspect.IntType | inspect.FloatType) -> str:
    """The range in words; every number of the model has both ends."""
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    if kind.ge is None:
        return f"{noun} above {_figure(kind.gt)} and at most {_figure(kind.le)}"
    return f"{noun} from {_figure(kind.ge)} to {_figure(kind.le)}"


def _figure(number: float | None) -> str:
    return "any" if number is None else f"{number:,}"


def _text(kind: inspect.StrType, raw: Any, note: dict[str, Any]) -> tuple[str, str]:
    if not isinstance(raw, str):
        return "not text", f'write it in quotes: "{shown(raw)}"'
    if kind.max_length is not None and len(raw) > kind.max_length:
        return f"{len(raw):,} characters, at most {kind.max_length:,}", "shorten it"
    if kind.pattern is not None and not re.search(kind.pattern, raw):
        return "not allowed", f"use {note.get('description', kind.pattern)}"
    return "", ""


def _word(kind: inspect.LiteralType, raw: Any, path: Path) -> tuple[str, str]:
    later = LATER.get(str(path[-1]), {})
    usable = [str(word) for word in kind.values if word not in later]
    choices = " or ".join(f'"{word}"' for word in usable)
    if isinstance(raw, str) and raw in later:
        return later[raw], f"use {choices}"
    if raw in kind.values:
        return "", ""
    near = difflib.get_close_matches(str(raw), usable, n=1)
    return "not a known word", f'did you mean "{near[0]}"?' if near else f"use {choices}"
