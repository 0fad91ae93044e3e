"""docs/cli.md, generated: every command's --help and every JSON shape.

    python -m aarctl.cli.reference > docs/cli.md

A test regenerates it and compares, so the page cannot lag behind the code.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from typing import Any

import msgspec
import typer
from typer.testing import CliRunner

from . import money_shapes, recipe_shapes, sandbox_shapes, search_shapes, shapes, status_shapes
from .main import NAMES, application

WIDTH = 100
OF_COMMAND = {
    "runs": (shapes.Runs,),
    "status": (status_shapes.Status,),
    "board": (shapes.Board,),
    "budget": (money_shapes.Budget, shapes.AskedAll),
    "flags": (shapes.Flags,),
    "log": (shapes.Log,),
    "search": (search_shapes.Search,),
    "forum": (shapes.Forum, shapes.Asked),
    "journal verify": (shapes.Verification,),
    "journal tail": (shapes.EventRow,),
    **dict.fromkeys(("pause", "freeze", "resume", "stop", "add", "retire", "move", "cancel"), (shapes.Asked,)),
    **dict.fromkeys(("verdict", "replicate"), (shapes.Asked,)),
    "steer": (shapes.Asked, shapes.AskedAll),
    "doctor": (sandbox_shapes.Doctor,),
    "key check": (money_shapes.KeyFound,),
    "images build": (shapes.ImageBuilt,),
    "images ls": (shapes.Images,),
    "images rm": (shapes.ImagesRemoved,),
    "sandboxes ls": (sandbox_shapes.Sandboxes,),
    "sandboxes prune": (sandbox_shapes.Pruned,),
    "validate": (recipe_shapes.Validation,),
    "task build": (shapes.TaskBuilt,),
    "baselines": (shapes.Baselines,),
}
"""What each command prints with --json; `journal tail` prints one object a line."""


def commands() -> list[str]:
    """Every command's full name, such as "journal verify", in the order of `aarctl --help`."""
    root: Any = typer.main.get_command(application())
    found = []
    for name in NAMES:
        inner = getattr(root.commands[name], "commands", None)
        found += [f"{name} {each}" for each in inner] if inner else [name]
    return found


def page() -> str:
    """The whole page."""
    parts = [_HEAD, f"```\n{usage()}```\n"]
    for name in commands():
        given = ", ".join(f"[{shape.__name__}](#{shape.__name__.lower()})" for shape in OF_COMMAND.get(name, ()))
        json_line = f"\nJSON: {given}{', one a line' if name == 'journal tail' else ''}.\n" if given else ""
        parts.append(f"## aarctl {name}\n\n```\n{usage(*name.split())}```\n{json_line}")
    parts.append(f"# JSON\n\n{inspect.getdoc(shapes)}\n")
    parts += [_described(shape) for shape in _shapes()]
    return "\n".join(parts)


def usage(*command: str) -> str:
    """`aarctl COMMAND --help`, at a fixed width."""
    environment = {
        "COLUMNS": str(WIDTH),
        "NO_COLOR": "1",
        "TERMINAL_WIDTH": str(WIDTH),
        "_TYPER_STANDARD_TRACEBACK": "1",
    }
    result = CliRunner().invoke(application(), [*command, "--help"], prog_name="aarctl", env=environment)
    if result.exit_code:
        raise RuntimeError(f"aarctl {' '.join(command)} --help: {result.output}")
    return result.output


def _shapes() -> list[type[shapes.Shape]]:
    """Every shape, in the order of the files."""
    return [
        each
        for file in (shapes, status_shapes, search_shapes, money_shapes, recipe_shapes, sandbox_shapes)
        for each in vars(file).values()
        if isinstance(each, type)
        and each.__module__ == file.__name__
        and issubclass(each, shapes.Shape)
        and each is not shapes.Shape
    ]


def _described(shape: type[shapes.Shape]) -> str:
    words = _field_docstrings(shape)
    hints = typing.get_type_hints(shape)
    rows = [
        f"| `{field.encode_name}` | {_type(hints[field.name])} | {words.get(field.name, '')} |"
        for field in msgspec.structs.fields(shape)
    ]
    lead = inspect.getdoc(shape) or ""
    return "\n".join([f"### {shape.__name__}\n", f"{lead}\n", "| key | type | meaning |", "|---|---|---|", *rows, ""])


def _field_docstrings(shape: type[shapes.Shape]) -> dict[str, str]:
    """The text under each field, which Python itself forgets."""
    (body,) = ast.parse(inspect.getsource(shape)).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found


def _type(hint: Any) -> str:
    """A type in words, with links to the shapes it holds."""
    if hint == shapes.Bounds:
        return "[low, high]"
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_type(each) for each in inner)
    if origin is list:
        return f"array of {_type(inner[0])}"
    if origin is dict:
        return f"object of {_type(inner[1])} by name"
    if isinstance(hint, type) and issubclass(hint, shapes.Shape):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return {
        str: "text",
        int: "integer",
        float: "number",
        bool: "true or false",
        type(None): "null",
        object: "any value",
    }[hint]


_HEAD = """# Command line

Generated from the program by `python -m aarctl.cli.reference`; a test compares. Names and JSON shapes are a contract.

Reading commands never change a run, work while it runs, and have `--json`. Without `--json` a command prints for
people, and that may change. Whatever a researcher wrote is shown without control characters and never as markup.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | failed: one sentence on stderr says why and what to do |
| 2 | bad usage |
| 130 | interrupted |

`AARCTL_HOME` names the folder of all runs, tasks and ledgers; by default the platform's data folder. With
`AARCTL_TRACEBACK=1` an error is shown with its traceback.
"""

if __name__ == "__main__":
    sys.stdout.write(page())
