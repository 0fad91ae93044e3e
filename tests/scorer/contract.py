"""What every Scorer must do: inherit `ScorerContract` in a test class and say how one is opened."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from aarctl.scorer.protocol import Rejected, Score, Scored, Scorer, Withheld


class ScorerContract:
    """The suite. `opened` gives a scorer on the small task; the same run name has the same ledger."""

    def opened(
        self, home: Path, task: str, *, run: str = "demo", queries: int = 180, per_day: int | None = None
    ) -> AbstractAsyncContextManager[Scorer]:
        """A scorer that is ended on leaving."""
        raise AssertionError("say how the scorer is opened")

    async def test_feedback_is_released_in_steps_of_a_hundredth_beside_exact_figures_for_people(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name) as scorer:
            scored = await scorer.score(ask())
        assert isinstance(scored, Scored)
        assert scored.released is not None
        for value in (scored.released.pgr, *scored.released.interval):
            assert value == round(value, 2)
        lo, hi = scored.released.interval
        assert lo < scored.released.pgr < hi
        assert lo <= scored.private.interval[0] + 0.06
        assert [s.seed for s in scored.private.per_seed] == [1, 2]
        assert abs(scored.released.pgr - scored.private.exact - scored.private.noise) <= 0.005 + 1e-9
        assert scored.queries_left == 179

    async def test_nothing_exact_stands_in_the_released_part(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name) as scorer:
            scored = await scorer.score(ask())
        assert isinstance(scored, Scored)
        assert set(msgspec.to_builtins(scored.released)) == {"pgr", "interval"}

    async def test_the_same_request_is_answered_alike_and_spends_once_also_after_a_restart(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        request = ask()
        async with self.opened(home, name) as scorer:
            first, second = await scorer.score(request), await scorer.score(request)
        async with self.opened(home, name) as scorer:
            third = await scorer.score(request)
            rows = await scorer.ledger()
        assert first == second == third
        assert [(row.seq, row.submission, row.kind, row.researcher) for row in rows] == [(1, "s1", "feedback", "r1")]

    async def test_unchanged_behaviour_under_another_name_gets_exactly_the_same_release(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name) as scorer:
            first = await scorer.score(ask("s1", (1, 2)))
            again = await scorer.score(ask("s2", (2, 1)))
        assert isinstance(first, Scored)
        assert isinstance(again, Scored)
        assert first.released == again.released
        assert (again.evidence.nearest_submission, again.evidence.nearest_distance) == ("s1", 0.0)

    async def test_a_replication_is_exact_needs_drawn_seeds_and_spends_no_query(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name, queries=1) as scorer:
            seeds = await scorer.draw_seeds("0123456789abcdef", 2)
            scored = await scorer.score(ask(seeds=tuple(seeds), kind="replication"))
            foreign = await scorer.score(ask("s2", seeds=(1, 2), kind="replication"))
        assert isinstance(scored, Scored)
        assert scored.released is None
        assert scored.private.noise == 0
        per_seed = scored.private.per_seed
        assert scored.private.exact == pytest.approx(sum(s.pgr for s in per_seed) / len(per_seed))
        assert scored.queries_left == 1
        assert isinstance(foreign, Rejected)
        assert foreign.field == "seed"

    async def test_held_out_domains_are_scored_for_replications_alone(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name) as scorer:
            seeds = await scorer.draw_seeds("0123456789abcdef", 1)
            held_out = await scorer.score(ask(seeds=tuple(seeds), kind="replication", domain="math"))
            feedback = await scorer.score(ask(domain="math"))
        assert isinstance(held_out, Scored)
        assert isinstance(feedback, Rejected)
        assert feedback.field == "domain"

    async def test_seeds_are_distinct_differ_by_method_and_longer_draws_extend_shorter_ones(
        self, home: Path, name: str
    ) -> None:
        async with self.opened(home, name) as scorer:
            seeds, more = await scorer.draw_seeds("aa", 3), await scorer.draw_seeds("aa", 64)
            other = await scorer.draw_seeds("bb", 64)
            with pytest.raises(ValueError, match="1 to 64"):
                await scorer.draw_seeds("aa", 65)
        assert more[:3] == seeds
        assert len({*more, *other}) == 128
        assert all(0 <= seed < 2**31 for seed in more)

    async def test_a_spent_budget_withholds_with_a_sentence_and_old_answers_still_stand(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name, queries=1) as scorer:
            first = await scorer.score(ask("s1"))
            withheld = await scorer.score(ask("s2"))
            assert await scorer.score(ask("s1")) == first
        assert isinstance(withheld, Withheld)
        assert "spent" in withheld.reason
        assert withheld.queries_left == 0

    async def test_a_daily_limit_counts_each_researcher_apart(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        async with self.opened(home, name, per_day=1) as scorer:
            await scorer.score(ask("s1", researcher="r1"))
            withheld = await scorer.score(ask("s2", researcher="r1"))
            scored = await scorer.score(ask("s2", researcher="r2"))
        assert isinstance(withheld, Withheld)
        assert "24 hours" in withheld.reason
        assert isinstance(scored, Scored)

    async def test_a_bad_submission_is_an_answer_and_spends_nothing(
        self, home: Path, name: str, ask: Callable[..., Score]
    ) -> None:
        request = ask()
        (Path(request.students[1]) / "weights.pt").write_bytes(b"\x80\x04")
        async with self.opened(home, name) as scorer:
            rejected = await scorer.score(request)
            rows = await scorer.ledger()
        assert isinstance(rejected, Rejected)
        assert rejected.field.startswith("students[1]")
        assert "safetensors" in rejected.fix
        assert rows == []

    async def test_closing_twice_is_fine(self, home: Path, name: str) -> None:
        async with self.opened(home, name) as scorer:
            await scorer.close()
            await scorer.close()
