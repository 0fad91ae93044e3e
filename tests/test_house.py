"""House rules that types cannot hold: each module says what it is for, stays one idea long, and leaves
nothing for later.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES_MAX = 400
LONGER_ON_PURPOSE: frozenset[str] = frozenset()
"""Files past LINES_MAX that a person looked at and found to be one idea. Empty, and better so."""

SAID_BY_THE_MODULE = frozenset({"train"})
"""A method file is one function of a fixed signature: its module docstring is that function's."""

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")


def files(*folders: str) -> Iterator[Path]:
    """The Python files of some folders of the project."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def undocumented(source: str) -> list[str]:
    """The module, and the public functions and classes at its top, that have no docstring."""
    tree = ast.parse(source)
    silent = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and node.name not in SAID_BY_THE_MODULE and not ast.get_docstring(node):
            silent.append(f"{node.name} (line {node.lineno})")
    return silent


def too_long(source: str) -> bool:
    """Whether a file has more lines than one idea should need."""
    return source.count("\n") > LINES_MAX


def test_every_module_public_function_and_class_has_a_docstring() -> None:
    silent = {str(path.relative_to(ROOT)): undocumented(path.read_text("utf-8")) for path in files("aarctl", "scripts")}
    assert {path: names for path, names in silent.items() if names} == {}


def test_every_test_module_says_what_it_is_about() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in files("tests")
        if p.stat().st_size and not ast.get_docstring(ast.parse(p.read_text("utf-8")))
    ]
    assert silent == []


def test_no_file_is_longer_than_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)) for path in files("aarctl", "tests", "scripts") if too_long(path.read_text("utf-8"))
    }
    assert long - LONGER_ON_PURPOSE == set()
    assert LONGER_ON_PURPOSE - long == frozenset(), "remove these from LONGER_ON_PURPOSE: they are short enough now"


def foreign(source: str) -> set[str]:
    """The packages a file imports that are neither Python's nor ours, by their import names."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.split(".")[0] for name in names} - {"aarctl", *sys.stdlib_module_names}


def test_every_package_imported_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[<>=[]", line)[0].replace("-", "_") for line in project["dependencies"]}
    used = {str(path.relative_to(ROOT)): foreign(path.read_text("utf-8")) for path in files("aarctl", "scripts")}
    assert {path: names - declared for path, names in used.items() if names - declared} == {}


def test_nothing_is_left_for_later() -> None:
    later = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files("aarctl", "scripts")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert later == []


@pytest.mark.parametrize(
    ("source", "silent"),
    [
        ("x = 1\n", ["the module"]),
        ('"""Says."""\ndef run():\n    pass\n', ["run (line 2)"]),
        ('"""Says."""\nasync def run(): ...\nclass Slot: ...\n', ["run (line 2)", "Slot (line 3)"]),
        ('"""Says."""\ndef _inner(): ...\ndef run():\n    """Does."""\n', []),
    ],
)
def test_a_planted_silence_is_found(source: str, silent: list[str]) -> None:
    assert undocumented(source) == silent


def test_a_planted_import_is_seen_as_foreign() -> None:
    assert foreign("import os, yaml.x\nfrom . import a\nfrom click.core import b\nimport aarctl.lab\n") == {
        "yaml",
        "click",
    }


def test_a_planted_long_file_is_found() -> None:
    assert too_long("x = 1\n" * (LINES_MAX + 1)) and not too_long("x = 1\n" * LINES_MAX)


@pytest.mark.parametrize("line", ["x = 1  # TODO: later", "# FIXME"])
def test_a_planted_stub_is_found(line: str) -> None:
    assert UNFINISHED.search(line) and not UNFINISHED.search(line.lower())
