"""search: words in every run, or in one."""

from __future__ import annotations

import msgspec

from aarctl.cli import search_shapes
from aarctl.journal import events as e

from .conftest import EVIL, Aarctl, Runs, opening, working


def told(who: str, *texts: str) -> list[e.Event]:
    return [e.PersonTold(researcher=who, text=e.head_of(text)) for text in texts]


def found(aarctl: Aarctl, *args: str) -> search_shapes.Search:
    result = aarctl("search", *args, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    return msgspec.json.decode(result.stdout, type=search_shapes.Search)


def test_every_run_is_searched_and_the_newest_comes_first(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("one", *opening("one"), *told("r1", "The weak labels lie.", "Nothing."), *told("r2", "Weak_labels again"))
    runs.make("two", *opening("two"), *told("r1", "Only labels."))
    answer = found(aarctl, "weak label")
    assert {each.run: each.total for each in answer.runs} == {"one": 2, "two": 0}
    (one,) = (each for each in answer.runs if each.run == "one")
    assert [(hit.researcher, hit.what, hit.excerpt) for hit in one.hits] == [
        ("r2", "tells you", "Weak_labels again"),
        ("r1", "tells you", "The weak labels lie."),
    ]
    assert one.hits[0].seq > one.hits[1].seq and one.hits[0].at.endswith("Z")
    shown = aarctl("search", "weak label").stdout
    assert "one  2 events" in shown and "The weak labels lie." in shown and "two" not in shown


def test_one_run_and_the_newest_of_many(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("one", *opening("one"), *told("r1", *(f"label {number}" for number in range(30))))
    runs.make("two", *opening("two"), *told("r1", "label"))
    answer = found(aarctl, "label", "--run", "one", "--last", "3")
    assert [each.run for each in answer.runs] == ["one"] and answer.runs[0].total == 30
    assert [hit.excerpt for hit in answer.runs[0].hits] == ["label 29", "label 28", "label 27"]
    assert "30 events, the newest 3" in aarctl("search", "label", "--run", "one", "--last", "3").stdout


def test_a_run_that_grew_is_searched_to_its_end_and_its_journal_is_not_touched(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.make("one", *opening("one"), *told("r1", "first"))
    before = paths.journal.read_bytes()
    assert found(aarctl, "first").runs[0].total == 1
    assert paths.journal.read_bytes() == before
    runs.write(paths, *told("r1", "first and second"))
    assert found(aarctl, "first").runs[0].total == 2


def test_what_researchers_wrote_does_no_harm(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening(), *working(), *told("r1", f"needle {EVIL}"))
    shown = aarctl("search", "needle").stdout
    assert "needle" in shown and "\x1b" not in shown and "\u202e" not in shown


def test_nothing_found_and_nothing_to_find_are_sentences(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening())
    assert "all its words must be in one event" in aarctl("search", "xyzzy plugh").stdout
    result = aarctl("search", "?!")
    assert result.exit_code == 2 and "no word" in result.output
    assert aarctl("search", "x", "--run", "none").exit_code == 1


def test_a_run_that_cannot_be_read_does_not_hide_the_others(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("good", *opening("good"), *told("r1", "needle"))
    bad = runs.make("bad", *opening("bad"))
    bad.journal.write_bytes(b"no journal" * 500)
    result = aarctl("search", "needle")
    assert result.exit_code == 0 and "good  1 event" in result.output and "bad: " in result.output
