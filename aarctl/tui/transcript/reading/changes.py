"""What a tool call changes in a file, as a diff: lines with -, + or a space before them. Pure, and never more than
linear in its texts.

The ends that old and new text share are context; all between them is taken away and put in anew. That is what the
mind asked for, and costs nothing to find out; how its lines correspond inside is not looked for.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTEXT = 2  # lines shown around a change


def change(found: Mapping[str, object]) -> tuple[str, list[str]] | None:
    """(what it is about, the lines of its diff) of a call that changes a file; None for other calls."""
    path, text, old, line = (found.get(name) for name in ("path", "text", "old", "line"))
    if not isinstance(path, str):
        return None
    path = path.replace("\n", " ")  # it stays on the line above the diff
    match found.get("action"), text, old:
        case "create", str(), _:
            return f"create  {path}", [f"+{each}" for each in _lines(text)]
        case "insert", str(), _:
            where = f", after line {line}" if isinstance(line, int) and line else ", at the top"
            return f"insert  {path}{where}", [f"+{each}" for each in _lines(text)]
        case "replace", _, str():
            return f"replace  {path}", diff(_lines(old), _lines(text if isinstance(text, str) else ""))
    return None


def diff(old: list[str], new: list[str]) -> list[str]:
    """The lines that differ, and a little around them."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    first = max(head - CONTEXT, 0)
    after = old[len(old) - tail : len(old) - tail + CONTEXT]
    return [
        *(f" {line}" for line in old[first:head]),
        *(f"-{line}" for line in old[head : len(old) - tail]),
        *(f"+{line}" for line in new[head : len(new) - tail]),
        *(f" {line}" for line in after),
    ]


def unified_from(text: str) -> int | None:
    """The line where a unified diff begins in a tool's answer; None where there is none."""
    for number, line in enumerate(text.lstrip("\n").split("\n", 3)[:3]):
        if line.startswith(("--- ", "@@ ")):
            return number
    return None


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
