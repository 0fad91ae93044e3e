"""JSON that a mind or a program wrote, made readable.

It may be cut at 4 KB, wrong, or hostile: never raises.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

_TEXT = re.compile(r'"(?:text|thinking)"\s*:\s*"((?:[^"\\]|\\.)*)')
_SHORT = 60  # characters of a value that stands beside its name


def said(content: str) -> str:
    """The words in a list of content blocks; tool calls are left to their own events."""
    try:
        blocks = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return "\n".join(_unescape(found) for found in _TEXT.findall(content)) or content
    if not isinstance(blocks, list):
        return content
    words = []
    for block in blocks:
        if isinstance(block, dict):
            text = block.get("text") or block.get("thinking")
            if isinstance(text, str) and text.strip():
                words.append(text.strip())
    return "\n\n".join(words)


def arguments(args: str) -> str:
    """A tool's arguments, one a line; long texts stand below their name, as they are."""
    try:
        found = msgspec.json.decode(args)
    except msgspec.MsgspecError:
        return args
    if not isinstance(found, dict):
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
    except msgspec.MsgspecError:
        return text
