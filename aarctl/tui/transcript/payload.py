"""JSON that a mind or a program wrote, made readable.

It may be cut at 4 KB, wrong, or hostile: never raises.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import msgspec

_BEGUN = re.compile(r'\s*\{\s*"type"\s*:\s*"(text|thinking)"\s*,\s*"\1"\s*:\s*"((?:[^"\\]|\\.)*)')
"""A block of words that was cut somewhere in its words."""

_OBJECT = re.compile(r"\s*\{\s*")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*')
_TEXT = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*')
_BETWEEN = re.compile(r"[\s,]*")
_SHORT = 60  # characters of a value that stands beside its name
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class Answer(NamedTuple):
    """What a mind's content blocks come to."""

    words: str
    thoughts: str
    """What it thought before it spoke, where its service tells."""
    tools: tuple[str, ...]
    """The tools it uses at once, by name; of a content that was cut, as many as are whole."""


def answer(content: str) -> Answer:
    """The words, thoughts and tools in a list of content blocks."""
    words: list[str] = []
    thoughts: list[str] = []
    tools: list[str] = []
    for block in _blocks(content):
        match block:
            case {"type": "thinking", "thinking": str(text)}:
                thoughts.append(text.strip())
            case {"type": "opaque"}:
                thoughts.append("(a thought that only the model's service can read)")
            case {"type": "tool_use", "name": str(name)}:
                tools.append(name)
            case {"type": "text", "text": str(text)}:
                words.append(text.strip())
    return Answer("\n\n".join(filter(None, words)), "\n\n".join(filter(None, thoughts)), tuple(tools))


def _blocks(content: str) -> list[Any]:
    """The blocks of a content; of one that was cut, those that are whole and the words of the next."""
    try:
        found = msgspec.json.decode(content)
    except _UNREADABLE:
        found = _whole_blocks(content) if content.startswith("[") else None
    return found if isinstance(found, list) else [{"type": "text", "text": content}]


def _whole_blocks(content: str) -> list[Any]:
    decoder, blocks, at = json.JSONDecoder(), [], 1
    while True:
        at = at if (gap := _BETWEEN.match(content, at)) is None else gap.end()
        try:
            block, at = decoder.raw_decode(content, at)
        except _UNREADABLE:
            break
        blocks.append(block)
    if (begun := _BEGUN.match(content, at)) is not None:
        blocks.append({"type": begun[1], begun[1]: _unescape(begun[2])})
    return blocks


def fields(args: str) -> dict[str, Any] | None:
    """The fields of an object; of one that was cut, those that are whole and what there is of a text after them.

    None when it is no object, or nothing of it can be read.
    """
    try:
        found = msgspec.json.decode(args)
    except _UNREADABLE:
        found = _whole_fields(args)
    return found if isinstance(found, dict) else None


def _whole_fields(args: str) -> dict[str, Any] | None:
    begun = _OBJECT.match(args)
    if begun is None:
        return None
    decoder, found, at = json.JSONDecoder(), dict[str, Any](), begun.end()
    while (name := _NAME.match(args, at)) is not None:
        try:
            found[_unescape(name[1])], at = decoder.raw_decode(args, name.end())
        except _UNREADABLE:
            if args[name.end() : name.end() + 1] == '"' and (text := _TEXT.match(args, name.end() + 1)) is not None:
                found[_unescape(name[1])] = _unescape(text[0])
            break
        at = at if (gap := _BETWEEN.match(args, at)) is None else gap.end()
    return found or None


def arguments(args: str) -> str:
    """A tool's arguments, one a line; long texts stand below their name, as they are."""
    found = fields(args)
    if found is None:
        return args
    if list(found) in (["command"], ["argv"]):
        return f"$ {_words(next(iter(found.values())))}"
    return flat(found)


def flat(found: dict[str, Any]) -> str:
    """A flat object, one `name value` a line, the names aligned."""
    if not found:
        return ""
    room = min(max(len(str(name)) for name in found), 16)
    lines = []
    for name, value in found.items():
        words = _words(value)
        if "\n" in words or (len(words) > _SHORT and isinstance(value, str)):
            lines.append(f"{name}:\n" + "\n".join(f"  {line}" for line in words.strip("\n").split("\n")))
        else:
            lines.append(f"{name:<{room}}  {words}")
    return "\n".join(lines)


def running(found: dict[str, Any]) -> str:
    """A small object as one running line: seed 3 · loss 0.41 · pairs 512."""
    parts: list[str] = []
    for name, value in found.items():
        if isinstance(value, dict):
            parts.append(running(value))
        else:
            parts.append(f"{name} {_words(value)}")
    return " · ".join(part for part in parts if part)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list) and all(isinstance(part, (str, int, float)) for part in value):
        return " ".join(_words(part) for part in value)
    if isinstance(value, dict) and value and all(not isinstance(part, (dict, list)) for part in value.values()):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    return msgspec.json.encode(value).decode()


def _unescape(text: str) -> str:
    try:
        return str(msgspec.json.decode(f'"{text}"'))
    except _UNREADABLE:
        return text
