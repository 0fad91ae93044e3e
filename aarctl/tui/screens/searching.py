"""What a person looks for in the transcript: words and errors in it, words in all of them; and what it is narrowed to.

The looking is done in `transcript/`, by threads that only post `Looked`; what they found is taken here.
"""

from __future__ import annotations

from textual import events, on
from textual.message import Message

from aarctl.journal.reader import Record

from ..scene import EVERYONE
from ..transcript.everywhere import Everywhere
from ..transcript.filters import ALL, ERRORS, Filter, following
from ..transcript.model import TranscriptModel
from ..transcript.query import Query, query_of, query_of_words
from ..transcript.search import Search
from ..transcript.sweep import Sweep
from ..widgets.search_bar import SearchBar
from .opening import Opening
from .search import Place, SearchScreen


class Looked(Message):
    """A thread has looked further; only the last of these messages matters."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Looked)


class Searching(Opening):
    """The room's transcript, looked through."""

    only: Filter = ALL
    """What the transcript is narrowed to."""
    search: Search | None = None
    """What is looked for in it."""
    _errors: Search | None = None
    _narrowing: Sweep | None = None
    _narrowed = True
    _transcript_of = ""

    @on(events.Unmount)
    def _leave_transcript(self) -> None:
        self._stop_looking()

    # the transcript -----------------------------------------------------------------------------------

    def show_transcript(self, place: int = 0) -> None:
        """The chosen researcher's history, from its end; what is looked for is looked for from `place` outwards."""
        state, source = self.source.state, self.source
        who = None if self.chosen == EVERYONE else self.chosen
        self._transcript_of = self.chosen if state.researchers else ""
        last = max(source.last, state.seq) if source.replay else state.seq
        model = TranscriptModel(source.reader, last, who, origin=state.opened_at, only=self.only)
        model.limit = state.seq if source.replay else None
        query = self.search.query if self.search is not None else None
        self._stop_looking()
        self.view.query_shown = query
        self.view.show(model)
        self._narrow(model, place or model.end)
        self.search = self._looking_for(query, self.only, place) if query is not None else None

    def arrived(self, records: tuple[Record, ...]) -> None:
        """Later events have been committed."""
        model = self.view.model
        if model is not None and not model.origin:
            model.origin = self.source.state.opened_at
        for search in (self.search, self._errors):
            if search is not None:
                search.arrived(records)
        self.view.arrived(records)

    def place_words(self) -> str:
        """What the transcript's title says of what is shown of it."""
        parts = [] if self.view.follow else ["not following"]
        if self.only is not ALL:
            none = self._narrowed and not self.view.rows
            parts.append(f"only {self.only.name}{': there are none' if none else '' if self._narrowed else ' …'}")
        if self.search is not None and self.search.query is not None:
            parts.append(f"/{self.search.query.text}  {self.search.words(self.view.cursor, self._limit)}")
        return "".join(f"   {part}" for part in parts)

    @property
    def looking(self) -> bool:
        """Whether a search or a filter has not seen all of the history yet."""
        return not self._narrowed or (self.search is not None and not self.search.finds.whole)

    @property
    def _limit(self) -> int | None:
        return self.view.model.limit if self.view.model is not None else None

    def _stop_looking(self) -> None:
        for looking in (self.search, self._errors, self._narrowing):
            if looking is not None:
                looking.stop()
        self.search = self._errors = self._narrowing = None

    def _tell(self) -> None:
        self.post_message(Looked())

    def on_looked(self) -> None:
        """Take what was found."""
        if self._narrowing is not None:
            self._narrowed = self._narrowing.done  # before it is taken: what comes between is not lost
            kept = [seq for stretch in self._narrowing.take() for seq in stretch.found]
            if kept:
                self.view.found(kept)
        if self.search is not None and (found := self.search.take()) is not None:
            self.view.go_to_hit(found)
        if self._errors is not None and (found := self._errors.take()) is not None:
            self.view.go_to(found)
        self.view.post_message(self.view.Moved())

    # searching ----------------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Ask what to look for."""
        self.action_pane("transcript")
        text = self.search.query.text if self.search is not None and self.search.query is not None else ""
        self.query_one(SearchBar).open("all of it" if self.chosen == EVERYONE else self.chosen, text)

    @on(SearchBar.Left)
    def _left_bar(self) -> None:
        self.view.focus()

    @on(SearchBar.Asked)
    def _asked(self, message: SearchBar.Asked) -> None:
        self.view.focus()
        if message.everywhere:
            origin = self.source.state.opened_at
            upto = self.source.state.seq if self.source.replay else None
            run, readonly = self.source.run, self.readonly
            screen = SearchScreen(
                lambda tell: Everywhere(run, tell, readonly=readonly, upto=upto), message.text, origin
            )
            self.app.push_screen(screen, self._found)
        else:
            self._look_for(query_of(message.text) if message.text else None)

    def _found(self, place: Place | None) -> None:
        """To a place that was found among all researchers; n and N go on from there in its transcript."""
        if place is None:
            return
        self.only = ALL
        self.chosen = place.researcher if place.researcher in self.source.state.researchers else EVERYONE
        self.show_transcript()
        self.action_pane("transcript")
        self._look_for(query_of_words(place.text), place.seq)
        self.call_after_refresh(self.view.go_to_hit, place.seq)

    def _look_for(self, query: Query | None, at: int = 0) -> None:
        """Mark what a query finds, and go to the nearest hit: onward, or back from the end; `at` is one already."""
        if self.search is not None:
            self.search.stop()
        self.search = None
        self.view.mark_hits(query)
        if query is not None:
            forward, cursor = not self.view.follow, self.view.cursor
            self.search = self._looking_for(query, self.only, at or cursor)
            if not at:
                self._go(self.search, cursor - 1 if forward else cursor + 1, forward)
        self.view.post_message(self.view.Moved())

    def _looking_for(self, query: Query | None, only: Filter, start: int = 0) -> Search:
        model = self.view.model
        assert model is not None
        return Search(
            self.source.run, query, self._tell, start=start or model.end, last=model.last,
            researcher=model.researcher, origin=model.origin, only=only,
        )  # fmt: skip

    def _go(self, search: Search, seq: int, forward: bool) -> None:
        found = search.step(seq, forward, self._limit)
        if found is not None:
            self.view.go_to_hit(found) if search is self.search else self.view.go_to(found)
        elif search.finds.whole:
            self.say("nothing found" if search.query is not None else f"no {ERRORS.name} here")

    def action_hit(self, forward: bool) -> None:
        """The next or previous hit."""
        if self.search is None:
            self.say("Nothing is looked for yet: / asks what.")
        else:
            self._go(self.search, self.view.cursor, forward)

    def stop_searching(self) -> bool:
        """Out of a search, then out of a filter; False when there is neither."""
        if self.search is not None:
            self._look_for(None)
        elif self.only is not ALL:
            self.narrow_to(ALL)
        else:
            return False
        return True

    # narrowing ----------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Only errors, only tools, ..., all again."""
        self.narrow_to(following(self.only))

    def narrow_to(self, only: Filter) -> None:
        """Show only what a filter keeps; the place stays."""
        view = self.view
        place = view.held or (0 if view.follow else view.cursor)
        expanded = view.model.expanded if view.model is not None else set()
        self.only = only
        self.show_transcript(place)
        if view.model is not None:
            view.model.expanded |= expanded
        if place:
            view.found((), hold=place)

    def _narrow(self, model: TranscriptModel, start: int) -> None:
        """Find what the filter keeps, from a place outwards."""
        self._narrowed = self.only is ALL
        if self.only is ALL:
            return
        only = self.only
        self._narrowing = Sweep(
            self.source.run, lambda record: only(record.event), self._tell, start=start, last=model.last,
            researcher=model.researcher, kinds=only.kinds,
        ).start()  # fmt: skip

    def action_error(self, forward: bool) -> None:
        """The next or previous error, whatever the transcript is narrowed to."""
        if self.only not in (ALL, ERRORS):
            self.narrow_to(ALL)
        if self._errors is None:
            self._errors = self._looking_for(None, ERRORS, self.view.cursor)
        self._go(self._errors, self.view.cursor, forward)
