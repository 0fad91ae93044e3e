"""Synthetic journals, written through the real store: the story of the gallery, and long random ones."""

import asyncio
import random
from pathlib import Path

import msgspec

from aarctl.home import RunPaths
from aarctl.journal import events as ev
from aarctl.journal.store import Journal, create
from aarctl.tui.gallery.write import BEGINS, set_clock, tell, write

__all__ = ["BEGINS", "HOSTILE", "long_journal", "tell", "write"]

HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b[2J\x1b[H wiped",
    "\x1b]0;owned title\x07 \x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m C1 \x90dcs\x9c \x85 next line",
    "[bold red]markup[/] [@click=app.quit]click me[/] \\[not] [/",
    "bidi \u202e desrever \u2066 isolate \u2069 \u200f\u061c",
    "zero\u200bwidth\u2060joiner\ufeff tags \U000e0041\U000e0042\U000e007f",
    "family 👩\u200d👩\u200d👧 heart ❤\ufe0f flags 🇩🇪 wide 弱い教師から強い生徒",
    "combining " + "e" + "\u0301" * 500 + " end",
    "nul \x00 bell \x07 backspace \x08\x08\x08 delete \x7f tab\tx vertical \x0b form \x0c",
    "carriage\rreturn over\r\nnew line",
    "surrogate \ud800 alone, separators \u2028 \u2029",
    "x" * 20_000,
    "unterminated \x1b]0;" + "y" * 2_000,
    "\x1b\x1b\x1b[[[",
)
"""Texts that must not alter the screen outside their own cells."""

_WORDS = [
    "agent",
    "probe",
    "layer",
    "weak",
    "strong",
    "label",
    "loss",
    "epoch",
    "path",
    "seed",
    "batch",
    "teacher",
    "student",
    "domain",
]


async def long_journal(run: Path, events: int, *, researchers: int = 9, seed: int = 7) -> Path:
    """A run of about `events` events like those of a busy fleet: says, tool calls, experiments, posts."""
    draw = random.Random(seed)
    RunPaths(run).make()
    create(run)
    set_clock(run, BEGINS)
    journal = await Journal.open(run, pid=1)
    names = [f"r{number}" for number in range(1, researchers + 1)]
    journal.note(ev.RunOpened(run=run.name, aarctl="0.1.0", recipe=ev.EMPTY))
    for name in names:
        journal.note(ev.ResearcherCreated(researcher=name, mind="search", model="search", direction="any"))
    texts = [_text(draw) for _ in range(400)]
    while journal.state.seq < events:
        journal.state.at += 200_000
        batch = [_event(draw, names, texts) for _ in range(min(500, max(events - journal.state.seq, 1)))]
        await journal.record(*batch)
    await journal.close()
    return run


def long_journal_now(run: Path, events: int, **options: int) -> Path:
    """`long_journal`, for code that has no event loop."""
    return asyncio.run(long_journal(run, events, **options))


def _text(draw: random.Random) -> str:
    if draw.random() < 0.05:
        return draw.choice(HOSTILE)
    lines = draw.randint(1, 12)
    return "\n".join(" ".join(draw.choices(_WORDS, k=draw.randint(1, 24))) for _ in range(lines))


def _event(draw: random.Random, names: list[str], texts: list[str]) -> ev.Event:
    who, kind, text = draw.choice(names), draw.random(), ev.head_of(draw.choice(texts))
    if kind < 0.25:
        content = msgspec.json.encode([{"type": "text", "text": text.head[:2000]}]).decode()
        return ev.ModelCompleted(researcher=who, call="m1", turn=1, content=ev.head_of(content), stop="tool_use")
    if kind < 0.45:
        args = ev.head_of(msgspec.json.encode({"command": text.head[:300]}).decode())
        return ev.ToolRequested(researcher=who, call="c1", turn=1, tool="shell", args=args)
    if kind < 0.85:
        return ev.ToolCompleted(researcher=who, call="c1", turn=1, tool="shell", ok=True, output=text)
    if kind < 0.9:
        return ev.BudgetSettled(researcher=who, turn=1, active_us=1)
    if kind < 0.95:
        return ev.ResearcherStateChanged(researcher=who, state="acting")
    return ev.ExperimentFinished(researcher=who, experiment="x1", outcome="done", exit_code=0, tail=text)
