"""How a terminal is told that something wants attention: its title, a notification, or the bell. Pure.

What is sent here goes to the terminal itself, past every widget, so words are reduced to printable characters of one
line, and can neither end the sequence that carries them nor begin another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..drawing.lines import cut
from ..transcript.clean import clean_line

ESC = "\x1b"
ST = f"{ESC}\\"
BELL = "\x07"
SAVE_TITLE, RESTORE_TITLE = f"{ESC}[22;0t", f"{ESC}[23;0t"
TITLE_CELLS, TEXT_CELLS = 80, 200

OSC9 = ("iTerm.app", "iTerm2", "WezTerm", "ghostty", "rio", "WarpTerminal")  # TERM_PROGRAM or LC_TERMINAL
OSC777 = ("foot", "rxvt-unicode", "contour")  # how TERM begins


class Terminal(NamedTuple):
    """What a terminal can do."""

    notifies: str = ""
    """osc9 | osc777 | bell; empty: nothing"""
    titled: bool = True
    tmux: bool = False


def terminal_of(environ: Mapping[str, str], chosen: str = "auto") -> Terminal:
    """The terminal behind these variables; `chosen` is what room.toml says: how to notify, or title or off."""
    tmux = bool(environ.get("TMUX"))
    if chosen == "off":
        return Terminal("", titled=False, tmux=tmux)
    if chosen != "auto":
        return Terminal("" if chosen == "title" else chosen, tmux=tmux)
    return Terminal(_able(environ), titled=environ.get("TERM", "") not in ("dumb", "linux"), tmux=tmux)


def _able(environ: Mapping[str, str]) -> str:
    """Inside tmux the outer terminal's own variables are still there; its TERM is not."""
    programs = (environ.get("TERM_PROGRAM", ""), environ.get("LC_TERMINAL", ""))
    term = environ.get("TERM", "")
    marks = ("WEZTERM_PANE", "ITERM_SESSION_ID", "GHOSTTY_RESOURCES_DIR", "KITTY_WINDOW_ID")
    if any(program in OSC9 for program in programs) or any(environ.get(mark) for mark in marks):
        return "osc9"
    if term == "xterm-kitty":
        return "osc9"
    if term.startswith(OSC777) or environ.get("VTE_VERSION"):
        return "osc777"
    return "bell"


def notification(terminal: Terminal, title: str, text: str, focused: bool | None) -> str:
    """What makes the terminal notify a person who looks elsewhere; `focused` is None where it does not say.

    Nothing for whoever looks at the room, the bell where that is not known. tmux passes a notification on where it
    is allowed to, and has the bell besides for where it is not.
    """
    if focused or not terminal.notifies:
        return ""
    if focused is None or terminal.notifies == "bell":
        return BELL
    title, text = _harmless(title, TITLE_CELLS), _harmless(text, TEXT_CELLS)
    words = f"9;{title}: {text}" if terminal.notifies == "osc9" else f"777;notify;{title};{text}"
    sent = f"{ESC}]{words}{BELL}"
    return f"{ESC}Ptmux;{sent.replace(ESC, ESC + ESC)}{ST}{BELL}" if terminal.tmux else sent


def window_title(terminal: Terminal, words: str) -> str:
    """What sets the terminal's title; in tmux, its pane's."""
    return f"{ESC}]2;{_harmless(words, TITLE_CELLS)}{BELL}" if terminal.titled else ""


def _harmless(words: str, room: int) -> str:
    """One short line of printable characters; a semicolon parts the fields of a sequence, so it becomes a comma."""
    plain = "".join(char if char.isprintable() else "\ufffd" for char in clean_line(words[: 4 * room]))
    return cut(plain.replace(";", ","), room)[:room]  # marks that take no cell are counted too
