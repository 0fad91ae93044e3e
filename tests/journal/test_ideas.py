"""The diversity of ideas: its formula, its bounds, its window, and that a hostile tag costs nothing."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.journal import checkpoints
from aarctl.journal.events import Event, ExperimentQueued, ForumPosted, SubmissionReceived, head_of
from aarctl.journal.fold import fold
from aarctl.journal.fold.ideas import KEPT_HISTORY, KEPT_TAGS, TAG_CHARS, WINDOW, normal, spread
from aarctl.journal.state import Ideas, RunState

TAGS = st.lists(st.sampled_from(["prior", "Prior ", "cross-fit", "cross fit", "", "  ", "soft labels", "x" * 90]))


def queued(*tags: str, purpose: str = "research", who: str = "r1") -> ExperimentQueued:
    return ExperimentQueued(
        researcher=who, experiment="x1", argv=[], out="", title="", purpose=purpose, tags=list(tags)
    )  # fmt: skip


def posted(*tags: str, who: str = "r1") -> ForumPosted:
    return ForumPosted(
        researcher=who, post="p1", thread="t1", author=who or "person", title="", text=head_of(""), tags=list(tags)
    )  # fmt: skip


def submitted(*tags: str) -> SubmissionReceived:
    return SubmissionReceived(
        researcher="r1", submission="s1", method="m", snapshot="", students=[], tags=list(tags)
    )  # fmt: skip


def folded(*happened: Event) -> RunState:
    return fold((seq, seq * 10, event) for seq, event in enumerate(happened, 1))


def bits(*tagged: tuple[str, ...]) -> float:
    return spread(folded(*(queued(*tags) for tags in tagged)).ideas).bits


@pytest.mark.parametrize(
    ("tagged", "expected"),
    [
        ([], 0.0),
        ([("prior",)] * 5, 0.0),
        ([("prior",), ("cross-fit",)], 1.0),
        ([("prior", "cross-fit")], 1.0),
        ([("a",), ("b",), ("c",), ("d",)], 2.0),
        ([("a",), ("a",), ("a",), ("b",)], 0.8112781244591328),
        ([("a",), ("a", "b")], 0.8112781244591328),  # weights 1.5 and 0.5
    ],
)
def test_the_entropy_is_that_of_the_formula(tagged: list[tuple[str, ...]], expected: float) -> None:
    assert bits(*tagged) == pytest.approx(expected, abs=1e-12)


@given(st.lists(TAGS, max_size=2 * WINDOW))
def test_it_lies_between_none_and_as_many_bits_as_the_tags_can_have(tagged: list[list[str]]) -> None:
    ideas = folded(*(queued(*tags) for tags in tagged)).ideas
    found = spread(ideas)
    assert 0.0 <= found.bits <= found.most
    assert len(ideas.window) <= WINDOW and all(tags == normal(tags) for tags in ideas.window)
    assert sum(found.shares.values()) == pytest.approx(1.0 if ideas.window else 0.0)


@given(st.lists(TAGS, max_size=WINDOW), st.randoms())
def test_the_order_within_the_window_changes_no_digit(tagged: list[list[str]], draw) -> None:  # type: ignore[no-untyped-def]
    shuffled = [draw.sample(tags, len(tags)) for tags in draw.sample(tagged, len(tagged))]
    kept = [tags for tags in tagged if len(set(tags)) <= KEPT_TAGS]
    again = [tags for tags in shuffled if len(set(tags)) <= KEPT_TAGS]
    assert spread(Ideas(window=list(map(normal, kept)))) == spread(Ideas(window=list(map(normal, again))))


@given(st.lists(TAGS, max_size=3 * WINDOW))
def test_it_equals_an_exact_count_over_the_last_window(tagged: list[list[str]]) -> None:
    state = folded(*(queued(*tags) for tags in tagged))
    weights: Counter[str] = Counter()
    for tags in [found for tags in tagged if (found := normal(tags))][-WINDOW:]:
        for tag in tags:
            weights[tag] += Fraction(1, len(tags))  # type: ignore[assignment]
    total = sum(weights.values())
    exact = -sum(float(one / total) * log2(one / total) for one in weights.values())
    assert spread(state.ideas).bits == pytest.approx(exact, abs=1e-9)


@given(st.lists(TAGS, max_size=40), st.integers(0, 40))
def test_a_replay_from_any_checkpoint_gives_the_same_line(tagged: list[list[str]], cut: int) -> None:
    rows = [(seq, seq * 10, queued(*tags)) for seq, tags in enumerate(tagged, 1)]
    half = checkpoints.unpack(checkpoints.pack(fold(rows[:cut])))
    assert fold(rows[cut:], half) == fold(rows)


def test_posts_and_submissions_count_as_experiments_do() -> None:
    assert folded(queued("a"), posted("b"), submitted("c")).ideas.window == [["a"], ["b"], ["c"]]


def test_replications_people_and_things_without_a_tag_are_no_idea() -> None:
    state = folded(queued("a", purpose="replication"), posted("b", who=""), queued(), submitted(" ", "-"))
    assert state.ideas == Ideas()


def test_a_tag_is_compared_without_case_hyphens_and_blanks() -> None:
    assert normal(["Cross-Fit", " cross  fit", "CROSS_FIT\n"]) == ["cross fit"]


def test_hostile_tags_are_bounded() -> None:
    kept = normal(["y" * 10**6, *(f"tag {number}" for number in range(10**4))])
    assert len(kept) == KEPT_TAGS and max(map(len, kept)) == TAG_CHARS


def test_the_line_over_time_is_thinned_evenly_and_stays_bounded() -> None:
    many = KEPT_HISTORY * 5 + 7
    ideas = folded(*(queued(f"idea {number % 3}") for number in range(many))).ideas
    assert KEPT_HISTORY // 2 <= len(ideas.history) <= KEPT_HISTORY
    assert (ideas.seen, ideas.every) == (many, 8)
    assert [point.at for point in ideas.history] == [10 * seq for seq in range(8, many + 1, 8)]
