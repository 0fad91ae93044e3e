"""Text that a terminal may see: whatever a researcher wrote, without what could steer the terminal or hide.

Removed: escape sequences whole (so that their parameters do not stay behind as text), C0 and C1 controls, bidi
marks, zero-width and tag characters, variation selectors. Kept: printable characters of every script, and, in
`clean`, line breaks. Not protected against: characters that merely look like others.
"""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, links, clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor, modes
    r"|\x1b[ -/]*[0-~]?"  # all other escapes
)
_HIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """`text` with nothing in it but printable characters and "\\n"; tabs become four spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = _BREAK.sub("\n", _SEQUENCE.sub("", text)).replace("\t", "    ")
    return _HIDDEN.sub("", text)


def line(text: str, width: int = 0) -> str:
    """`text` cleaned, on one line, runs of blanks as one; cut to `width` characters with "..." when given."""
    flat = " ".join(clean(text).split())
    return flat if not width or len(flat) <= width else flat[: max(0, width - 3)] + "..."
