"""Counting attempts: every one is in exactly one row, and rows are few whatever is tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aarctl.sandbox.egress.proxy import Attempt
from aarctl.sandbox.egress.tally import KINDS_MAX, OTHERS, Row, Tally

ATTEMPTS = st.builds(
    Attempt, st.sampled_from([f"h{n}.org" for n in range(4)]), st.sampled_from([80, 443]), st.booleans(), st.just("why")
)
STEPS = st.lists(ATTEMPTS | st.just(None), max_size=60)  # None: rows are asked for


@given(STEPS)
def test_all_that_was_tried_is_in_the_rows_and_nothing_twice(steps: list[Attempt | None]) -> None:
    tally, rows, tried = Tally(), list[Row](), list[Attempt]()
    for step in [*steps, None]:
        if step is None:
            rows += tally.rows()
            continue
        tried.append(step)
        first = tally.attempted(step)
        assert (first is not None) == (tried.count(step) == 1)
        rows += [first] if first else []
        tally.ended(step, up_bytes=2, down_bytes=3, failed=True)
    assert tally.rows() == []
    for attempt in tried:
        mine = [row for row in rows if row.attempt == attempt]
        assert sum(row.attempts for row in mine) == sum(row.failed for row in mine) == tried.count(attempt)
        assert sum(row.up_bytes for row in mine) == 2 * tried.count(attempt)
        assert sum(row.down_bytes for row in mine) == 3 * tried.count(attempt)


def test_hostile_names_cannot_make_more_kinds_nor_hide_what_was_allowed() -> None:
    tally = Tally()
    tried = [Attempt(f"a{n}.evil", 443, False, "not listed") for n in range(5_000)]
    firsts = [row for attempt in tried if (row := tally.attempted(attempt))]
    assert len(firsts) == KINDS_MAX + 1 and firsts[-1].attempt.host == OTHERS
    assert [row.attempts for row in tally.rows()] == [5_000 - KINDS_MAX - 1]
    allowed = Attempt("pypi.org", 443, True, "pypi.org:443")
    assert tally.attempted(allowed) == Row(allowed)


def test_it_says_what_it_holds() -> None:
    tally = Tally()
    for _ in range(3):
        tally.attempted(Attempt("a.org", 80, True, "a.org:80"))
    assert repr(tally) == "Tally(1 kinds, 2 attempts not in a row yet)"
