"""The line of each key, in every form TOML has for writing one."""

import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from aarctl.recipe.locate import Path, lines

EVERY_FORM = '''\
top = 1  # = "not a key"
"quoted key" = 'a # b'
dotted . deep."er" = 2

[table]
text = """
looks = "like a key"
[and.like.a.table]
"""
raw = \'\'\'
x = 1\'\'\'
array = [ # comment ]
  1,
  { inner = "}", other = [
      2, 3] },
]
inline = { a.b = 1, c = { d = 2 } }

[table.child]
day = 1979-05-27T07:32:00Z
[[list]]
first = 1
[list.sub]
deep = 1
[[list]]
second = 2
[[list.many]]
x = 1
[[list.many]]
x = 2
'''


def test_every_form_of_key_has_its_line() -> None:
    found = lines(EVERY_FORM)
    expected: dict[Path, int] = {
        ("top",): 1,
        ("quoted key",): 2,
        ("dotted", "deep", "er"): 3,
        ("table",): 5,
        ("table", "text"): 6,
        ("table", "raw"): 10,
        ("table", "array"): 12,
        ("table", "array", 0): 13,
        ("table", "array", 1, "inner"): 14,
        ("table", "array", 1, "other", 1): 15,
        ("table", "inline", "a", "b"): 17,
        ("table", "inline", "c", "d"): 17,
        ("table", "child", "day"): 20,
        ("list",): 21,
        ("list", 0, "first"): 22,
        ("list", 0, "sub", "deep"): 24,
        ("list", 1): 25,
        ("list", 1, "second"): 26,
        ("list", 1, "many", 0, "x"): 28,
        ("list", 1, "many", 1, "x"): 30,
    }
    assert {path: found.get(path) for path in expected} == expected


def test_windows_line_ends_count_once() -> None:
    assert lines('a = """\r\nx\r\n"""\r\nb = 1\r\n')[("b",)] == 4


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | TEXTS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.booleans())
def test_every_path_of_a_document_is_found_and_no_other(document: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(document, multiline_strings=multiline)
    found = lines(text)
    assert set(found) == set(paths(tomllib.loads(text)))
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
