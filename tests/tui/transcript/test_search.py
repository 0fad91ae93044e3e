"""Searching and narrowing a transcript against brute force over what it shows."""

import contextlib
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal import events as ev
from aarctl.journal.reader import JournalReader, Record
from aarctl.tui.transcript.filters import ALL, ERRORS, FILTERS, Filter, following
from aarctl.tui.transcript.items import item_of
from aarctl.tui.transcript.model import TranscriptModel
from aarctl.tui.transcript.query import BadQuery, excerpt, query_of, query_of_words
from aarctl.tui.transcript.search import Finds, Search
from aarctl.tui.transcript.sweep import Stretch, Sweep, outward
from tests.fakes.journals import BEGINS, long_journal_now
from tests.tui.story import any_event

EVENTS = 1_500


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_journal_now(tmp_path_factory.mktemp("long") / "long", EVENTS, researchers=3)


def items_of(reader: JournalReader, who: str | None, only: Filter = ALL) -> dict[int, str]:
    """The text of every event of a transcript, the slow way."""
    found = {}
    for record in reader.records(researcher=who):
        if only(record.event) and (item := item_of(record, BEGINS)) is not None:
            found[record.seq] = item.text
    return found


class Told:
    """Waits until a thread has told that it has ended."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.sweep: Sweep | None = None

    def __call__(self) -> None:
        self.ended.set()


def whole(search: Search, told: Told) -> None:
    while not search.finds.whole:
        assert told.ended.wait(60)
        told.ended.clear()
        search.take()


# the query --------------------------------------------------------------------------------------------


def test_plain_words_find_themselves_whatever_their_case_and_a_capital_is_exact() -> None:
    assert query_of("weak label").hits("a Weak LABEL, weak label") == [(2, 12), (14, 24)]
    assert query_of("Weak").hits("a Weak label, weak label") == [(2, 6)]
    assert query_of(r"\W").finds("a b") and not query_of(r"\W").finds("AB")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("(", "no expression"), ("[a", "no expression"), ("*a", "no expression"), ("a{2", None),
        ("(a+)+b", "a repeated .group."), ("(a|a)*b", "a repeated .group."), ("(a)b?", None), (r"\)+", None),
        ("[)*]", None), (".*.*.*x", "more than two"), (".*loss.*", None), ("a" * 201, "at most 200"),
        ("(?P<a>x)(?P<a>y)", "no expression"),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_looked_for_says_why(text: str, says: str | None) -> None:
    if says is None:
        query_of(text)
    else:
        with pytest.raises(BadQuery, match=says):
            query_of(text)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_query_or_a_sentence(text: str) -> None:
    with contextlib.suppress(BadQuery):
        for start, end in query_of(text).hits("weak labels (a+b) * 2 = c_d\nend"):
            assert start < end


def test_the_words_of_a_question_are_marked_as_whole_words_and_the_last_as_a_beginning() -> None:
    query = query_of_words("weak_labels tea")
    assert query is not None
    text = "Weak labels, weakly; teachers, steak"
    assert [text[a:b] for a, b in query.hits(text)] == ["Weak", "labels", "tea"]
    assert query_of_words(' "* ') is None


@given(st.text("ab \n", max_size=60), st.integers(8, 30))
def test_an_excerpt_holds_the_first_hit_where_it_says(text: str, room: int) -> None:
    query = query_of("b")
    line, spans = excerpt(query, text, room)
    assert len(line) <= room and "\n" not in line
    assert bool(spans) == ("b" in text) and all(line[a:b] == "b" for a, b in spans)


# the sweep --------------------------------------------------------------------------------------------


@given(st.integers(-3, 60), st.integers(0, 50), st.integers(1, 9))
def test_a_sweep_covers_every_event_once_and_what_is_near_first(start: int, last: int, block: int) -> None:
    ranges = list(outward(start, last, block))
    seqs = [seq for first, upto in ranges for seq in range(first, upto + 1)]
    assert sorted(seqs) == list(range(1, last + 1))
    seen: set[int] = set()
    for first, upto in ranges:  # each goes on where another ended, or begins at an end
        beside = {(first - 2) % last + 1, upto % last + 1}
        assert not seen or beside & seen
        seen |= set(range(first, upto + 1))


def test_a_sweep_near_the_end_goes_on_from_the_beginning() -> None:
    assert list(outward(98, 100, 5))[:4] == [(98, 100), (93, 97), (1, 5), (88, 92)]
    assert list(outward(2, 100, 5))[:4] == [(2, 6), (1, 1), (7, 11), (96, 100)]


@given(
    st.integers(1, 40), st.sets(st.integers(1, 40)), st.integers(0, 45), st.booleans(), st.integers(0, 9),
    st.none() | st.integers(1, 45),
)  # fmt: skip
def test_finds_know_their_order_and_the_nearest_however_they_came(
    start: int, seqs: set[int], at: int, forward: bool, steps: int, upto: int | None
) -> None:
    finds, seen = Finds(40), set()
    for first, last in list(outward(start, 40, 5))[: steps or None]:
        finds.take([Stretch(first, last, tuple(seq for seq in sorted(seqs) if first <= seq <= last))])
        seen |= set(range(first, last + 1))
    known = sorted(seqs & seen)
    assert [finds.at(number) for number in range(len(finds))] == known
    assert finds.rank(at) == sum(seq <= at for seq in known)
    assert finds.whole == (len(seen) == 40)
    found, sure = finds.next(at, forward, upto)
    there = [seq for seq in sorted(seqs) if upto is None or seq <= upto]
    onward = [seq for seq in there if seq > at] if forward else [seq for seq in reversed(there) if seq < at]
    ends = there if forward else there[::-1]
    assert sure or not finds.whole
    if sure:
        assert found == next(iter(onward or ends), None)


# search against brute force ---------------------------------------------------------------------------


@pytest.mark.parametrize("who", [None, "r2"])
@pytest.mark.parametrize("text", ["teacher", "weak label", "Seed", r"^\S+  says", "red|wiped", "no such words"])
def test_hits_equal_brute_force_over_the_cleaned_text(run: Path, who: str | None, text: str) -> None:
    query, told = query_of(text), Told()
    with JournalReader(run) as reader:
        brute = [seq for seq, shown in items_of(reader, who).items() if query.hits(shown)]
        last = reader.last_seq()
    search = Search(run, query, told, start=last // 3, last=last, researcher=who, origin=BEGINS)
    whole(search, told)
    assert [search.finds.at(number) for number in range(len(search.finds))] == brute
    cursor, seen = 0, []
    for _ in brute:
        cursor = search.step(cursor, True) or 0
        seen.append(cursor)
    assert seen == brute
    if brute:
        assert search.step(brute[-1], True) == brute[0] and search.step(brute[0], False) == brute[-1]
        assert search.words(brute[0]) == f"1 of {len(brute):,}"
        middle = brute[len(brute) // 2]
        assert search.count(middle) == len(brute) // 2 + 1
        assert search.step(middle, True, upto=middle) == brute[0]
    else:
        assert search.step(1, True) is None and search.words(1) == "nothing found"


def test_events_that_come_later_are_hits_too(run: Path) -> None:
    query, told = query_of("brand new"), Told()
    search = Search(run, query, told, start=1, last=EVENTS, researcher="r1", origin=BEGINS)
    whole(search, told)

    def say(seq: int, who: str, text: str) -> Record:
        return Record(seq, BEGINS, who, ev.PersonTold(researcher=who, text=ev.head_of(text)))

    search.arrived([say(EVENTS + 1, "r1", "brand new"), say(EVENTS + 2, "r2", "brand new")])
    search.arrived([say(EVENTS + 3, "r1", "no")])
    assert search.step(1, True) == EVENTS + 1 and search.words(EVENTS + 1) == "1 of 1"


def test_a_hit_that_is_not_known_yet_is_told_when_it_is(run: Path) -> None:
    with JournalReader(run) as reader:
        brute = [seq for seq, shown in items_of(reader, None).items() if "teacher" in shown.lower()]
    told = Told()
    search = Search(run, query_of("teacher"), told, start=EVENTS, last=EVENTS, origin=BEGINS)
    found = search.step(0, True)  # the first of all, looked for from the end
    while found is None:
        assert told.ended.wait(60)
        told.ended.clear()
        found = search.take()
    assert found == brute[0]


def test_a_search_that_is_stopped_tells_no_more(run: Path) -> None:
    told = Told()
    search = Search(run, query_of("teacher"), told, start=1, last=EVENTS, origin=BEGINS)
    search.stop()
    search._sweep._thread.join(60)
    assert not search._sweep._thread.is_alive()


def test_a_journal_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    told = Told()
    search = Search(tmp_path, query_of("x"), told, start=1, last=9)
    assert told.ended.wait(60)
    search.take()
    assert "no run at" in search.words(1)


# filters ----------------------------------------------------------------------------------------------


def swept(run: Path, model: TranscriptModel, only: Filter, start: int) -> None:
    told = Told()
    sweep = Sweep(
        run, lambda record: only(record.event), told, start=start, last=model.last, researcher=model.researcher,
        kinds=only.kinds,
    ).start()  # fmt: skip
    while not sweep.done:
        assert told.ended.wait(60)
        told.ended.clear()
    model.found([seq for stretch in sweep.take() for seq in stretch.found])


@pytest.mark.parametrize("only", FILTERS[1:], ids=lambda only: only.name)
@pytest.mark.parametrize("who", [None, "r2"])
def test_walking_a_narrowed_transcript_equals_filtering_the_list(run: Path, only: Filter, who: str | None) -> None:
    draw = random.Random(4)
    with JournalReader(run) as reader:
        brute = list(items_of(reader, who, only))
        model = TranscriptModel(reader, reader.last_seq(), who, origin=BEGINS, width=61, only=only)
        swept(run, model, only, EVENTS // 2)
        seqs, item = [], model.next(0)
        while item is not None:
            seqs.append(item.seq)
            item = model.next(item.seq)
        assert seqs == brute
        back, item = [], model.prev(model.end + 1)
        while item is not None:
            back.append(item.seq)
            item = model.prev(item.seq)
        assert back == brute[::-1]
        shown = [item for seq in brute if (item := model.item(seq)) is not None]
        places = [(item.seq, line) for item in shown for line in range(model.layout(item).height)]
        for _ in range(60 if places else 0):
            at, steps = draw.randrange(len(places)), draw.randint(-80, 80)
            assert model.walk(places[at], steps) == places[min(max(at + steps, 0), len(places) - 1)]
        for seq in brute:
            model.y_of(seq, 0)
        assert model.total == len(places)


def test_later_events_join_a_narrowed_transcript_only_if_they_match(run: Path) -> None:
    with JournalReader(run) as reader:
        only = FILTERS[2]
        grown = TranscriptModel(reader, 700, "r1", origin=BEGINS, width=61, only=only)
        grown.append(list(reader.records(700)))
        swept(run, grown, only, 300)
        fresh = TranscriptModel(reader, reader.last_seq(), "r1", origin=BEGINS, width=61, only=only)
        swept(run, fresh, only, 1)
        assert grown.fill((1, 0), 9_999) == fresh.fill((1, 0), 9_999)
        assert grown.fill(grown.bottom(50), 50) == fresh.fill(fresh.bottom(50), 50)


def test_nothing_outside_the_last_chunk_is_there_before_it_was_found(run: Path) -> None:
    with JournalReader(run) as reader:
        model = TranscriptModel(reader, EVENTS, None, origin=BEGINS, width=61, only=FILTERS[2])
        first = model.next(0)
        assert first is not None and first.seq >> 8 == EVENTS >> 8


@pytest.mark.parametrize("kind", ev.KINDS.values(), ids=ev.KINDS)
def test_what_a_filter_keeps_is_shown(kind: type[ev.Event]) -> None:
    event = any_event(kind, "words")
    for only in FILTERS[1:]:
        if only(event):
            assert item_of(Record(1, 2, "r1", event), 1) is not None


def test_errors_are_what_went_wrong_and_nothing_else() -> None:
    def tool(ok: bool) -> ev.ToolCompleted:
        return ev.ToolCompleted(researcher="r1", call="c", turn=1, tool="shell", ok=ok, output=ev.EMPTY)

    assert ERRORS(tool(False)) and not ERRORS(tool(True))
    assert not ERRORS(ev.PersonTold(researcher="r1", text=ev.EMPTY))


def test_the_key_goes_round_the_filters() -> None:
    at, seen = ALL, []
    for _ in FILTERS:
        seen.append(at.name)
        at = following(at)
    assert at is ALL and seen == ["all", "errors", "tools", "steers", "submissions"]
