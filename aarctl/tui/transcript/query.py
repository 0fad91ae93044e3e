"""What a person searches for: a regular expression over the text of an event as it is shown. Pure.

Plain words are an expression of themselves. Small letters find large ones too; a capital letter in it makes it exact.
The expression is the person's own, the texts are not: what can take for ever on a text made for it, a repeated group
or many times "anything", is refused with a sentence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SHOWN = 64  # hits of one event that are found, to be drawn
LONGEST = 200  # characters of an expression
SEARCHED = 1 << 16  # characters of one event
_MARKS = re.compile(r"\\.|\[\]?[^]]*\]", re.DOTALL)
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_ANYTHING = re.compile(r"\.[*+{]")


class BadQuery(ValueError):
    """A sentence that says what is wrong with the expression."""


class Query(NamedTuple):
    """An expression that is ready to be looked for."""

    text: str
    """As it was typed."""
    pattern: re.Pattern[str]

    def finds(self, text: str) -> bool:
        """Whether it stands anywhere in a text. What is empty is nowhere."""
        return any(found.end() > found.start() for found in self.pattern.finditer(text, 0, SEARCHED))

    def hits(self, text: str) -> list[tuple[int, int]]:
        """Where it stands in a text: (start, end), in order, the first of them."""
        found: list[tuple[int, int]] = []
        for match in self.pattern.finditer(text, 0, SEARCHED):
            if match.end() > match.start():
                found.append(match.span())
                if len(found) >= SHOWN:
                    break
        return found


def query_of(text: str) -> Query:
    """The query of what was typed. Raises BadQuery."""
    if len(text) > LONGEST:
        raise BadQuery(f"{len(text)} characters; an expression has at most {LONGEST}")
    marks = _MARKS.sub("_", text)
    if _REPEATED_GROUP.search(marks):
        raise BadQuery("a repeated (group) can take for ever; repeat a [class]")
    if len(_ANYTHING.findall(marks)) > 2:
        raise BadQuery("more than two .* can take for ever")
    flags = re.MULTILINE | (0 if _has_capital(text) else re.IGNORECASE)
    try:
        return Query(text, re.compile(text, flags))
    except (re.error, OverflowError, RecursionError) as error:
        why = error.msg if isinstance(error, re.error) else str(error)
        raise BadQuery(f"no expression: {why}") from None


def query_of_words(text: str) -> Query | None:
    """The query that marks what an index has found: each of the words, the last perhaps only begun."""
    words = [part for part in re.split(r"[\W_]+", text) if part][:16]
    if not words:
        return None
    parts = [rf"(?<![^\W_]){re.escape(word)}(?![^\W_])" for word in words]
    if not text[-1].isspace():
        parts[-1] = rf"(?<![^\W_]){re.escape(words[-1])}"
    return Query(text, re.compile("|".join(parts), re.IGNORECASE))


def excerpt(query: Query | None, text: str, room: int) -> tuple[str, list[tuple[int, int]]]:
    """A line of about `room` characters of a text with its first hit in it, and where its hits are in the line."""
    spans = query.hits(text) if query is not None else []
    begin, end = 0, min(len(text), room)
    if spans:
        first = spans[0][0]
        start_of_line = text.rfind("\n", 0, first) + 1
        begin = start_of_line if first - start_of_line < room // 2 else first - room // 3
        end = min(begin + room, len(text))
    line = text[begin:end].replace("\n", " ")
    inside = [(max(a, begin) - begin, min(b, end) - begin) for a, b in spans if a < end and b > begin]
    return line, inside


def _has_capital(text: str) -> bool:
    """Whether a letter of it, other than one that a backslash makes a class of, is a capital."""
    return any(char.isupper() for char in re.sub(r"\\.", "", text))
