"""The keys worth knowing here and now, as the footer and the help say them. Pure.

The footer shows those that fit the focused pane and the run, most useful first, as many as there is room for.
"""

from __future__ import annotations

from typing import NamedTuple

from .lines import Line, Piece, width


class Key(NamedTuple):
    """A key and what it does."""

    key: str
    does: str
    tells: str = ""
    """A sentence for the help."""


QUIT = Key("q", "quit", "Leave the room. The run goes on.")
HELP = Key("?", "help", "This page.")

MOVING = (
    Key("1-6", "panes", "Fleet, transcript, PGR, forum, compute, board."),
    Key("tab", "next pane", "The next pane; shift+tab the one before."),
    Key("↑↓ jk", "move", "Move in the pane; in the fleet, choose a researcher."),
    Key("J K", "researcher", "Choose the next or previous researcher from anywhere."),
    Key(
        "⏎",
        "open",
        "Fleet: the transcript. Transcript: expand an event. Forum: open a post. Board: its place.",
    ),
    Key("f", "follow", "Go to the end of the transcript and stay there."),
    Key("home end", "ends", "The beginning; the end."),
    Key("m", "maximise", "One pane over the whole screen, and back."),
    Key("t", "theme", "Dark, light, or the terminal's own colours."),
    Key("esc", "back", "Back to the fleet."),
)
ACTING = (
    Key("p", "pause", "Pause or resume the chosen researcher at a turn boundary; lets a blocked one go on."),
    Key("P", "pause all", "Pause or resume the fleet; a fleet that is blocked goes on."),
    Key("s", "steer", "Write to the chosen researcher; delivered, word for word, at its next turn."),
    Key("S", "stop", "Stop the run; asks you to type its name. Also ctrl+x."),
)
REPLAYING = (
    Key("space", "play", "Play or pause."),
    Key("← →", "step", "One event back or on."),
    Key("n N", "jump", "The next or previous score, replication, steer, flag, failure or round."),
    Key("[ ]", "speed", "Slower, faster."),
    Key("g", "go to", "A time (3:20), an event (#120) or a share (50%)."),
)


def keys_here(pane: str, *, replay: bool, readonly: bool, over: bool, paused: bool, all_paused: bool) -> list[Key]:
    """The keys of the footer, most useful first; help and quit are always there."""
    if pane == "stage":
        return [] if readonly or over or replay else [Key("S", "stop"), Key("t", "theme")]
    found: list[Key] = []
    if replay:
        found += REPLAYING
    first = {
        "fleet": [Key("↑↓", "researcher"), Key("⏎", "transcript")],
        "transcript": [Key("↑↓", "event"), Key("⏎", "expand"), Key("f", "follow")],
        "forum": [Key("↑↓", "post"), Key("⏎", "open")],
        "board": [Key("↑↓", "submission"), Key("⏎", "go to it")],
    }
    found += first.get(pane, [])
    if not replay and not readonly and not over:
        found += [
            Key("p", "resume" if paused else "pause"),
            Key("s", "steer"),
            Key("P", "resume all" if all_paused else "pause all"),
            Key("S", "stop"),
        ]
    return [*found, Key("1-6", "panes"), Key("m", "maximise"), Key("t", "theme")]


def footer(keys: list[Key], room: int, last: tuple[Key, ...] = (HELP, QUIT)) -> Line:
    """The keys that fit, then the `last` ones; closer together where that lets more of them in."""
    for gap in (3, 2):
        shown: list[Key] = []
        for key in keys:
            if width(_line([*shown, key, *last], gap)) > room:
                break
            shown.append(key)
        if len(shown) == len(keys):
            break
    return _line([*shown, *last], gap)


def _line(keys: list[Key], gap: int) -> Line:
    pieces: list[Piece] = []
    for at, key in enumerate(keys):
        pieces += [Piece((" " * gap if at else "") + key.key, "accent"), Piece(f" {key.does}", "dim")]
    return tuple(pieces)
