"""The floors of the house: who may import whom, read from the source without importing it.

A room imports only from floors below its own. `lab` imports nothing else of aarctl, because it also runs
alone inside sandboxes; and nothing the control room loads, however indirectly, is a sandbox, a mind, the
scorer or the supervisor.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"home"}),
    frozenset({"journal", "lab", "recipe"}),
    frozenset({"sandbox"}),
    frozenset({"compute", "minds", "scorer"}),
    frozenset({"tools", "audit"}),
    frozenset({"supervisor"}),
    frozenset({"tui", "export"}),
    frozenset({"cli"}),  # opens the control room and calls the exports
)
FLOOR_OF = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
UNREACHABLE_FROM_TUI = frozenset({"sandbox", "minds", "scorer", "supervisor"})


def modules_of(root: Path) -> dict[str, Path]:
    """Every module under root/aarctl, by dotted name."""
    found = {}
    for path in sorted((root / "aarctl").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(module: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """(line, module of aarctl) for every import in a file: at the top, in functions, under TYPE_CHECKING, and
    by name.
    """
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        targets: list[str] = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module.split(".") if node.module else [])])
            targets = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names]
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                targets = [first.value if not first.value.startswith(".") else ".".join(package) + first.value]
        for target in targets:
            if target.split(".")[0] == "aarctl":
                yield getattr(node, "lineno", 0), target


def room_of(module: str) -> str:
    """The room a module is in; "" for the package itself."""
    return module.split(".")[1] if "." in module else ""


def broken_floors(root: Path) -> list[str]:
    """A sentence for each import that goes up or sideways, and for each room without a floor."""
    known = modules_of(root)
    wrong = [f"{room} has no floor: add it to FLOORS" for room in sorted({room_of(m) for m in known} - {"", *FLOOR_OF})]
    for module, path in known.items():
        room = room_of(module)
        for line, target in imports_of(module, path, known):
            other = room_of(target)
            if other in ("", room) or room not in FLOOR_OF:
                continue
            allowed = room not in ("", "lab") and FLOOR_OF.get(other, len(FLOORS)) < FLOOR_OF[room]
            if not allowed:
                wrong.append(f"{path.relative_to(root)}:{line}: {room or 'aarctl'} must not import {target}")
    return wrong


def reached(root: Path, room: str) -> dict[str, tuple[str, ...]]:
    """Every room that importing `room` loads, each with a chain of modules that leads there."""
    known = modules_of(root)
    chains: dict[str, tuple[str, ...]] = {module: (module,) for module in known if room_of(module) == room}
    queue = list(chains)
    while queue:
        module = queue.pop()
        for _, target in imports_of(module, known[module], known):
            parts = target.split(".")
            for step in (".".join(parts[:n]) for n in range(1, len(parts) + 1)):
                if step in known and step not in chains:
                    chains[step] = (*chains[module], step)
                    queue.append(step)
    return {room_of(module): chain for module, chain in sorted(chains.items(), reverse=True)}


def test_every_room_imports_only_from_lower_floors() -> None:
    assert broken_floors(ROOT) == []


def test_the_control_room_never_reaches_sandbox_minds_scorer_or_supervisor() -> None:
    chains = reached(ROOT, "tui")
    assert {room: chains[room] for room in UNREACHABLE_FROM_TUI & set(chains)} == {}


@pytest.mark.parametrize(
    ("file", "source", "sentence"),
    [
        ("journal/store.py", "import aarctl.scorer.client\n", "journal must not import aarctl.scorer.client"),
        ("lab/task.py", "from aarctl.home import Home\n", "lab must not import aarctl.home"),
        ("journal/store.py", "from ..lab import pgr\n", "journal must not import aarctl.lab"),
        (
            "scorer/main.py",
            "def f():\n    from aarctl.minds import search\n",
            "main.py:2: scorer must not import aarctl.minds",
        ),
        ("tools/shell.py", "from .. import supervisor\n", "tools must not import aarctl.supervisor"),
        (
            "tui/app.py",
            "import importlib\nimportlib.import_module('aarctl.cli')\n",
            "tui must not import aarctl.cli",
        ),
        ("attic/old.py", "", "attic has no floor"),
        ("__init__.py", "from aarctl.lab import task\n", ""),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, file: str, source: str, sentence: str) -> None:
    for name in ("__init__.py", "supervisor/__init__.py", "lab/__init__.py", file):
        path = tmp_path / "aarctl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source if name == file else "")
    wrong = broken_floors(tmp_path)
    assert len(wrong) == bool(sentence) and all(sentence in line for line in wrong)


def test_a_control_room_that_reaches_the_scorer_through_another_room_is_found(tmp_path: Path) -> None:
    sources = {
        "tui/app.py": "from aarctl.tools import board\n",
        "tools/board.py": "from ..scorer.client import LocalScorer\n",
        "scorer/client.py": "",
    }
    for name, source in sources.items():
        path = tmp_path / "aarctl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    chains = reached(tmp_path, "tui")
    assert chains["scorer"] == ("aarctl.tui.app", "aarctl.tools.board", "aarctl.scorer.client")


def test_imports_from_lower_floors_and_from_the_own_room_are_fine(tmp_path: Path) -> None:
    for name, source in {
        "__init__.py": "",
        "recipe/__init__.py": "from .load import load\n",
        "recipe/load.py": "from aarctl import __version__\nimport json\n",
        "cli/main.py": "from aarctl.tui import app\nfrom ..recipe import load\n",
        "tui/app.py": "from aarctl.recipe import load\n",
    }.items():
        path = tmp_path / "aarctl" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    assert broken_floors(tmp_path) == []
