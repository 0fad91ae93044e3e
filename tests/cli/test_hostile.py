"""Hostile texts in every place of a journal, and every command that reads one: nothing acts on the terminal."""

from __future__ import annotations

import re

from aarctl.journal import events as e
from aarctl.journal.blobs import Blobs
from aarctl.journal.errors import BadEvent
from aarctl.journal.sealing import seal
from tests.fakes.hostile import SHORT, attacks, huge

from .conftest import Aarctl, Runs, opening

ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
READING = (
    ("runs",), ("status", "demo"), ("board", "demo"), ("budget", "demo"), ("flags", "demo"), ("forum", "demo"),
    *(("log", "demo", f"r{number}") for number in range(2, len(SHORT), 9)), ("journal", "verify", "demo"),
    ("search", "red"),
)  # fmt: skip
HUGE = 40_000


def _accepted(event: e.Event) -> bool:
    try:
        seal(event)
    except BadEvent:
        return False
    return True


def test_no_command_prints_what_acts_on_a_terminal(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("demo", *opening())
    blobs = Blobs(paths.root / "blobs")
    found = [event for at, text in enumerate((*SHORT, *huge(HUGE).values()), 1) for event in attacks(text, blobs, at)]
    runs.write(paths, *filter(_accepted, found))
    for command in READING:
        for more in ((), ("--json",)) if command[0] != "journal" else ((),):
            result = aarctl(*command, *more)
            assert result.exit_code == 0, (command, result.output[-2000:])
            odd = ODD.search(result.output)
            assert odd is None, (command, result.output[max(odd.start() - 60, 0) : odd.end() + 60])
