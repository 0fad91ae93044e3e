"""Untrusted text made safe to draw: what is left moves no cursor, hides nothing and has a known width.

Everything a sandbox, a model or a person wrote passes here before it reaches a terminal cell. Removed:
whole ANSI sequences; made visible: single C0 and C1 controls, bidi and zero-width formatters, tag
characters. Joiners, variation selectors and skin tones go without a trace, because terminals disagree on the width
they make, and so do combining marks beyond a few, which would be drawn over the lines around them.
"""

from __future__ import annotations

import re

TAB = "    "
MARKS_MAX = 4  # combining marks on one character
UNSEEN = "\ufffd"  # stands for what would otherwise be invisible or reorder the line

# CSI and its parameters; OSC, DCS, SOS, PM and APC up to their terminator; two-character escapes. Each body
# is bounded, so an unterminated one cannot swallow a whole text.
_SEQUENCES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,256}(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]{0,4}[0-~]"
)
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 but the line feed, DEL, C1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, invisible vowels
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001f3fb-\U0001f3ff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SILENT = frozenset("\r\xad\u200d") | {chr(point) for point in (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400))}
_MARKS = (
    "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe20-\ufe2f"
)
_HEAP = re.compile(f"(?<=[{_MARKS}]{{{MARKS_MAX}}})[{_MARKS}]+")  # it would be drawn over the lines around it


def clean(text: str) -> str:
    """`text` without anything that acts on a terminal; line feeds stay. Plain text is returned as it is."""
    if text.isascii() and text.isprintable():
        return text
    if _ODD.search(text) is not None:
        text = _ODD.sub(_visible, _SEQUENCES.sub("", text.replace("\r\n", "\n")))
    return text if text.isascii() else _HEAP.sub("", text)


def clean_line(text: str) -> str:
    """`text` cleaned and on one line: line feeds become spaces."""
    text = clean(text)
    return text.replace("\n", " ") if "\n" in text else text


def _visible(match: re.Match[str]) -> str:
    char = match.group()
    if char == "\t":
        return TAB
    if char in _SILENT:
        return ""
    point = ord(char)
    if point < 0x20:
        return chr(0x2400 + point)  # the picture of a control character, such as ␛
    return "␡" if point == 0x7F else UNSEEN
