"""Texts as lists of numbered lines: showing a part of one, and finding the one place that a change is meant for. Pure.

A line ends with a newline and nothing else, as for grep and sed, so that all of them count alike.
"""

from __future__ import annotations

import re

import msgspec

from .tool import OUTPUT_CHARS, ToolError

LINE_CHARS = 1_000  # of a line that is shown
CONTEXT_LINES = 3
CHANGED_LINES = 40  # of a change that are shown with their context
NEAREST_LINES = 20_000  # that are compared with what was not found
NEAREST_CHARS = 200


class Change(msgspec.Struct, frozen=True):
    """A text after a change, and the lines (from 1) that the change left: `last` < `first` when it only took out."""

    text: str
    first: int
    last: int


def lines_of(text: str) -> list[str]:
    """The lines without their newlines; a newline at the end begins no further line."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def numbered(lines: list[str], first: int, last: int, room: int) -> tuple[str, int]:
    """Lines first..last with their numbers, as many as fit in `room` characters; and the last that is shown."""
    shown: list[str] = []
    for number in range(first, last + 1):
        line = lines[number - 1]
        if len(line) > LINE_CHARS:
            line = f"{line[:LINE_CHARS]} [... {len(line) - LINE_CHARS:,} characters more]"
        row = f"{number:>6}\t{line}"
        room -= len(row) + 1
        if room < 0 and shown:
            return "\n".join(shown), number - 1
        shown.append(row)
    return "\n".join(shown), last


def context(change: Change) -> str:
    """The changed lines, with some before and after them."""
    lines = lines_of(change.text)
    first, last = max(1, change.first - CONTEXT_LINES), min(len(lines), change.last + CONTEXT_LINES)
    if last - first < CHANGED_LINES:
        return numbered(lines, first, last, OUTPUT_CHARS)[0]
    half = CHANGED_LINES // 2
    head, _ = numbered(lines, first, first + half - 1, OUTPUT_CHARS)
    tail, _ = numbered(lines, last - half + 1, last, OUTPUT_CHARS)
    return f"{head}\n       [... {last - first + 1 - 2 * half} lines ...]\n{tail}"


def replace(text: str, old: str, new: str) -> Change:
    """`text` with `old`, which must occur exactly once, replaced by `new`. Raises ToolError that says where to look."""
    if not old:
        raise ToolError("old is empty; give the text to replace, or use action='insert'")
    if old == new:
        raise ToolError("old and text are the same, so nothing would change")
    at = text.find(old)
    if at < 0:
        raise ToolError(f"old does not occur in the file; {_nearest(text, old)}")
    if text.find(old, at + 1) >= 0:
        raise ToolError(
            f"old occurs more than once, at {_places(text, old)}; give more of the lines around the one meant"
        )
    return _changed(text[:at], new, text[at + len(old) :])


def insert(text: str, after: int, new: str) -> Change:
    """`text` with the lines of `new` after line `after` (0: before the first). Raises ToolError."""
    lines = lines_of(text)
    if after > len(lines):
        raise ToolError(f"line = {after}: the file has {len(lines)} lines; give 0 to {len(lines)}")
    if not new:
        raise ToolError("text is empty; give the lines to insert")
    before = "".join(f"{line}\n" for line in lines[:after])
    rest = text[len(before) :] if len(before) <= len(text) else ""
    return _changed(before, new if new.endswith("\n") else f"{new}\n", rest)


def _changed(before: str, new: str, rest: str) -> Change:
    first = before.count("\n") + 1
    return Change(before + new + rest, first, first - 1 + len(lines_of(new)))


def _places(text: str, old: str) -> str:
    """The lines where `old` begins, the first few by number."""
    numbers: list[int] = []
    at, line, counted = text.find(old), 1, 0
    while at >= 0 and len(numbers) < 11:
        line += text.count("\n", counted, at)
        counted = at
        numbers.append(line)
        at = text.find(old, at + 1)
    named = ", ".join(str(number) for number in dict.fromkeys(numbers[:10]))
    return f"line{'s' if len(set(numbers[:10])) > 1 else ''} {named}{' and more' if len(numbers) > 10 else ''}"


def _nearest(text: str, old: str) -> str:
    """What to do about text that is not there: where it stands with other white space, or what is most like it."""
    lines = lines_of(text)
    wanted = [line.strip() for line in lines_of(old)]
    while wanted and not wanted[0]:
        wanted.pop(0)
    if not wanted:
        return "it is only white space: view the file and give some of the text around it"
    if re.match(r"\d+\t", wanted[0]):
        return "leave out the line numbers, which are not part of the file"
    stripped = [line.strip() for line in lines[:NEAREST_LINES]]
    for at, line in enumerate(stripped):
        if line == wanted[0] and stripped[at : at + len(wanted)] == wanted:
            return f"it stands at line {at + 1} with other white space: view it and copy it exactly"
    likeness, at = max(((_likeness(wanted[0], line), -at) for at, line in enumerate(stripped)), default=(0.0, 0))
    if not likeness:
        return "no line of it is like the first of old: view the file"
    return f"the nearest is line {1 - at}: {stripped[-at][:NEAREST_CHARS]}"


def _likeness(one: str, other: str) -> float:
    """Share of their words that two lines have in common."""
    first, second = (set(re.findall(r"\w+", line[:NEAREST_CHARS])) for line in (one, other))
    return len(first & second) / len(first | second) if first | second else 0.0
