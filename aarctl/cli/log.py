"""`aarctl log`: what one researcher did and said, event by event."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, find, plain, shapes, speak
from .command import AsJson, RunName

if TYPE_CHECKING:
    from ..journal.reader import JournalReader, Record

SHOWN_LINES = 12  # of a text, unless --full
SKIPPED = ("budget.reserved", "budget.settled", "forum.read", "model.requested")
"""Kinds that say nothing to a reader; --json has them all."""

LONG = ("system", "tools", "data")
"""Texts that are shown with --full alone."""


def log(
    run: RunName,
    researcher: Annotated[str, typer.Argument(metavar="RESEARCHER", help="Such as r1.")],
    last: Annotated[int, typer.Option("--last", metavar="N", min=0, help="The last N events; 0 means all.")] = 100,
    full: Annotated[bool, typer.Option("--full", help="Whole texts, not their first lines.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what one researcher did, event by event."""
    paths = find.run(run)
    with find.reader(run) as reader:
        find.researcher(paths, reader.state(), researcher)
        newest = reader.records(researcher=researcher, newest_first=True, limit=last or -1)
        records = list(newest)[::-1]
        if as_json:
            return speak.dump(shapes.Log(run=run, researcher=researcher, events=[event(each) for each in records]))
        for each in records:
            _show(reader, each, full)
    return None


def event(record: Record) -> shapes.EventRow:
    """A record as --json gives it."""
    import msgspec

    from ..journal.events import encode, kind_of

    body = msgspec.json.decode(encode(record.event))
    return shapes.EventRow(
        seq=record.seq,
        at=figures.iso(record.at) or "",
        researcher=record.researcher,
        kind=kind_of(record.event),
        body={key: value for key, value in body.items() if key not in ("kind", "researcher")},
    )


def _show(reader: JournalReader, record: Record, full: bool) -> None:
    from ..journal.events import Text, kind_of
    from .tell import WIDTH, tell

    kind = kind_of(record.event)
    if kind in SKIPPED and not full:
        return
    speak.say(f"{record.seq:>6}  {figures.clock(record.at)}  {kind:<24} {tell(record.event)}")
    for name in record.event.__struct_fields__:
        value = getattr(record.event, name)
        if not isinstance(value, Text) or (name in LONG and not full):
            continue
        text = reader.text(value) if full else value.head
        length = value.lines
        if name == "content":
            text = _answer(text)
            length = text.count("\n") + 1
            if length <= 1 and len(text) <= WIDTH:
                continue  # the line above says it
        elif value.lines <= 1:
            continue
        lines = plain.clean(text).strip("\n").split("\n")
        shown = lines if full else lines[:SHOWN_LINES]
        speak.say(textwrap.indent("\n".join(shown), " " * 12))
        if (left := length - len(shown)) > 0 and not full:
            speak.say(f"{'':12}... {figures.count(left, 'more line')}, --full shows all")
        elif name == "content" and not (full or value.whole):
            speak.say(f"{'':12}... cut here, --full shows all")


def _answer(content: str) -> str:
    """A mind's words, then what it thought before; the tools that it uses stand in events of their own."""
    from ..tui.transcript.payload import answer

    found = answer(content)
    return "\n\n".join(filter(None, (found.words, f"thought first: {found.thoughts}" if found.thoughts else "")))
