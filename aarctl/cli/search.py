"""`aarctl search`: words in what was said and done, over all runs.

Each run has an index beside its journal, which is made on the first search and grows with the run; it may be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import figures, find, plain, search_shapes, speak
from .command import AsJson

if TYPE_CHECKING:
    from ..home import RunPaths

EXCERPT = 90  # characters
BIG = 50_000  # events to index, from which on a person is told why it takes a while


def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Words; all must be there, the last may be begun.")],
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="In this run alone.")] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="The newest N events of each run.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Search what was said and done in every run."""
    from ..home import Home
    from ..journal.search import question

    if not question(text):
        raise typer.BadParameter("there is no word in it to search for", param_hint="TEXT")
    paths = [find.run(run)] if run is not None else Home.default().runs()
    found = [one for each in paths if (one := _in_run(each, text, last, named=run is not None)) is not None]
    if as_json:
        return speak.dump(search_shapes.Search(text=text, runs=found))
    return _show(found, text, len(paths))


def _in_run(paths: RunPaths, text: str, last: int, *, named: bool) -> search_shapes.RunHits | None:
    """The hits in one run; a run that cannot be read is passed over with a sentence when it was not named."""
    import sqlite3

    from ..journal.errors import JournalError
    from ..journal.reader import JournalReader
    from ..journal.search import FILE, SearchIndex
    from ..tui.transcript.everywhere import hits_of
    from ..tui.transcript.items import words_of
    from ..tui.transcript.query import query_of_words
    from .errors import sentence

    try:
        with JournalReader(paths.root) as reader, SearchIndex(paths.root / FILE, reader, words_of) as index:
            if reader.last_seq() - index.upto > BIG:
                speak.warn(f"{paths.name}: indexing {reader.last_seq() - index.upto:,} events, once")
            index.build()
            hits = hits_of(reader, index.hits(text, limit=last), query_of_words(text), EXCERPT)
            return search_shapes.RunHits(
                run=paths.name,
                total=index.count(text),
                hits=[
                    search_shapes.HitRow(
                        seq=hit.seq, at=figures.iso(hit.at) or "", researcher=hit.researcher, what=hit.label,
                        excerpt=hit.line,
                    )
                    for hit in hits
                ],
            )  # fmt: skip
    except (JournalError, sqlite3.Error) as error:
        if named:
            raise
        speak.warn(f"{paths.name}: {sentence(error)}")
        return None


def _show(found: list[search_shapes.RunHits], text: str, runs: int) -> None:
    for each in found:
        if not each.total:
            continue
        more = f", the newest {len(each.hits)}" if each.total > len(each.hits) else ""
        speak.say(f"{each.run}  {figures.count(each.total, 'event')}{more}")
        for hit in each.hits:
            who = plain.line(hit.researcher) or "-"
            what = plain.line(hit.what, 24)
            line = f"{hit.seq:>8}  {hit.at[:10]} {hit.at[11:19]}Z  {who:<4} {what:<24}  {plain.line(hit.excerpt)}"
            speak.say(line.rstrip())
        speak.say(f"{'':10}aarctl replay {each.run} --at SEQ shows one where it happened")
    if not any(each.total for each in found):
        where = f"in {found[0].run}" if len(found) == 1 else f"in {figures.count(runs, 'run')}"
        speak.say(f"nothing has {plain.line(text)!r} {where}; all its words must be in one event")
