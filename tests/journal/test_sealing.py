"""What goes into a row can be read back, or never goes in."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given

from aarctl.journal.errors import BadEvent
from aarctl.journal.events import (
    BudgetExceeded,
    Event,
    ExperimentFinished,
    Interval,
    ReplicationFinished,
    decode,
    head_of,
)
from aarctl.journal.sealing import seal

from .making import post
from .strategies import events


def finished(result: dict[str, object]) -> ExperimentFinished:
    return ExperimentFinished(experiment="x1", outcome="done", exit_code=0, tail=head_of(""), result=result)


@given(events())
def test_a_sound_event_is_sealed_as_it_is(event: Event) -> None:
    sealed = seal(event)
    assert sealed.event == event
    assert decode(sealed.body) == event


def test_an_infinite_limit_is_refused_because_no_reader_could_open_the_run() -> None:
    with pytest.raises(BadEvent, match="finite"):
        seal(BudgetExceeded(what="usd", used=1.0, limit=math.inf))
    with pytest.raises(BadEvent):
        seal(ReplicationFinished(submission="s1", outcome="replicated", domains={"code": Interval(math.nan, 0, 1)}))


def test_a_field_of_a_wrong_type_is_refused() -> None:
    with pytest.raises(BadEvent, match="ForumPosted of r1"):
        seal(post(1, who="r1").__class__(researcher="r1", post=1, thread="t1", author="", title="", text=head_of("")))  # type: ignore[arg-type]


def test_an_event_outside_the_closed_list_is_refused() -> None:
    class Invented(Event, frozen=True, kw_only=True, tag="invented"):
        pass

    with pytest.raises(BadEvent):
        seal(Invented())


def test_an_untrusted_result_cannot_stop_the_journal() -> None:
    result = json.loads('{"loss": NaN, "gain": Infinity, "name": "\\ud800", "\\udfff": 1, "big": 1' + "0" * 400 + "}")
    sealed = seal(finished(result))
    assert sealed.event == decode(sealed.body)
    assert sealed.event.result["loss"] is None
    assert sealed.event.result["name"] == "\ufffd"


def test_the_live_event_is_the_one_that_will_be_read() -> None:
    sealed = seal(finished({"shape": (3, 4)}))
    assert sealed.event.result == {"shape": [3, 4]}


def test_what_the_caller_changes_later_changes_nothing() -> None:
    result: dict[str, object] = {"a": 1}
    sealed = seal(finished(result))
    result["a"] = 2
    assert sealed.event.result == {"a": 1}
