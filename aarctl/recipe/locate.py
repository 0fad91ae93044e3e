"""Where each key of a TOML text stands: path -> line.

tomllib gives values without positions, and people are told lines. This walks the text a second time and notes
the line of every key, table header, array element and inline-table key. It is given only text that tomllib
has accepted, so it checks no syntax.
"""

import re
import tomllib

Path = tuple[str | int, ...]
"""Keys from the root; an int is a position in an array."""

_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|"(?:\\.|[^"\\\n])*"', re.DOTALL)
_LITERAL = re.compile(r"'''.*?'{3,5}|'[^'\n]*'", re.DOTALL)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def lines(text: str) -> dict[Path, int]:
    """The line, counted from 1, on which each path of `text` is first written."""
    return _Walk(text).run()


class _Walk:
    """One pass over a text; `at` only moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.line, self.counted = 1, 0
        self.found: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}  # arrays of tables: how many [[...]] so far

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_GAP) and self.at < len(self.text):
            before = self.at
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            if self.at == before:
                break
        return self.found

    def _header(self) -> Path:
        """[a.b] or [[a.b]]; the path it opens, with the position of the newest element of any array."""
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        keys = self._keys()
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            last = depth == len(keys) - 1
            self._note(path)
            if last and array:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
                self._note(path)
        self._skip(_BLANK)
        self.at += 2 if array else 1
        return path

    def _pair(self, table: Path) -> None:
        """key.key = value"""
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path)
        self._skip(_BLANK)
        self.at += 1  # the "="
        self._skip(_BLANK)
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            start = self.at
            quote = self.text[start : start + 1]
            pattern = _BASIC if quote == '"' else _LITERAL if quote == "'" else _BARE_KEY
            if not self._skip(pattern) or self.at == start:
                return keys
            keys.append(_plain(self.text[start : self.at]))
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: Path) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self._sequence(path, "]")
        elif opening == "{":
            self._sequence(path, "}")
        elif opening in ('"', "'"):
            self._skip(_BASIC if opening == '"' else _LITERAL)
        else:
            self._skip(_SCALAR)

    def _sequence(self, path: Path, closing: str) -> None:
        """The elements of an array, or the pairs of an inline table, up to and with the closing bracket."""
        self.at += 1
        position = 0
        while self._skip(_GAP) and self.at < len(self.text):
            before = self.at
            if self.text.startswith(closing, self.at):
                self.at += 1
                return
            if self.text.startswith(",", self.at):
                self.at += 1
            elif closing == "}":
                self._pair(path)
            else:
                self._note((*path, position))
                self._value((*path, position))
                position += 1
            if self.at == before:
                return

    def _note(self, path: Path) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.found.setdefault(path, self.line)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return match is not None


def _plain(key: str) -> str:
    """A key as tomllib returns it."""
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    return next(iter(tomllib.loads(f"{key} = 0")))
