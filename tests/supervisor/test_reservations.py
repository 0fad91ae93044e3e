"""No budget is exceeded by more than one reserved call, whoever asks and commits when (invariant 2)."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from aarctl.home import Home
from aarctl.journal.events import Event, ModelCancelled, ModelCompleted, ModelFailed, ModelRequested, head_of
from aarctl.journal.fold import apply
from aarctl.journal.spend import NANO, account
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal, create
from aarctl.recipe import Recipe
from aarctl.supervisor.budgets import Promise, Reached, reached, refusal
from aarctl.supervisor.recovery import settle
from aarctl.supervisor.reservations import Reservations
from tests.fakes.small_run import small_recipe

FLEET = tuple(f"r{number}" for number in range(1, 10))
MOST = 3 * NANO  # the dearest call
LIMIT_USD, LIMIT_TOKENS, LIMIT_CALLS, OWN_USD = 20, 2_000, 60, 6
RECIPE = small_recipe(
    f"budget.fleet.usd={LIMIT_USD}", f"budget.fleet.tokens={LIMIT_TOKENS}", f"budget.fleet.calls={LIMIT_CALLS}",
    f"budget.researcher.usd={OWN_USD}",
)  # fmt: skip


def asked(call: Promise, number: int) -> ModelRequested:
    return ModelRequested(
        researcher=call.researcher, call=f"m{number}", turn=number, model="m", reserved_nusd=call.nusd,
        reserved_tokens=call.tokens,
    )  # fmt: skip


class Fleet(RuleBasedStateMachine):
    """Nine researchers ask; intents and answers commit later, in order; supervisors die in between."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.reservations = RunState(), Reservations()
        self.queue: list[Event] = []
        """Recorded, not yet on disk: what a crash takes."""
        self.busy: dict[str, Promise] = {}
        self.number = 0
        self.last = Promise("r1")

    researchers = Bundle("researchers")

    @initialize(target=researchers)
    def one(self) -> str:
        return "r1"

    @rule(target=researchers, name=st.sampled_from(FLEET))
    def another(self, name: str) -> str:
        return name

    @rule(who=researchers, nusd=st.integers(0, MOST), tokens=st.integers(0, 300))
    def ask(self, who: str, nusd: int, tokens: int) -> None:
        if who in self.busy:
            return
        call = Promise(who, nusd=nusd, tokens=tokens)
        over = self.reservations.reserve(RECIPE, self.state, call)
        if over is None:
            self.number += 1
            self.queue.append(asked(call, self.number))
            self.busy[who] = self.last = call
        else:
            assert over.final or self.busy or self.queue, "it would wait for nothing"

    @precondition(lambda self: self.queue)
    @rule(count=st.integers(1, 9))
    def commit(self, count: int) -> None:
        for event in self.queue[:count]:
            apply(self.state, self.state.seq + 1, self.state.at + 1, event)
        self.queue = self.queue[count:]

    @precondition(lambda self: self.open)
    @rule(data=st.data(), fate=st.sampled_from(["done", "cheap", "failed", "cancelled"]))
    def answer(self, data: st.DataObject, fate: str) -> None:
        """Only what is on disk has left, and only what has left is answered."""
        who = data.draw(st.sampled_from(self.open))
        call = self.busy.pop(who)
        part = 1 if fate == "done" else data.draw(st.integers(2, 9))
        nusd, tokens = call.nusd // part, call.tokens // part
        name = self.state.researchers[who].open_call
        done = ModelCompleted(
            researcher=who, call=name, turn=self.number, content=head_of("[]"), stop="end_turn", output_tokens=tokens,
            cost_nusd=nusd,
        )  # fmt: skip
        ends: dict[str, Event] = {
            "failed": ModelFailed(researcher=who, call=name, error="overloaded"),
            "cancelled": ModelCancelled(researcher=who, call=name, why="frozen", cost_nusd=nusd, tokens=tokens),
        }
        self.queue.append(ends.get(fate, done))

    @rule()
    def crash(self) -> None:
        """The queue is lost, the next supervisor settles what is open at its worst case, and remembers no promise."""
        self.queue, self.busy, self.reservations = [], {}, Reservations()
        for event in settle(self.state):
            apply(self.state, self.state.seq + 1, self.state.at + 1, event)

    @property
    def open(self) -> list[str]:
        """Whose call is on disk and not answered yet."""
        answered = {event.researcher for event in self.queue if not isinstance(event, ModelRequested)}
        return [
            name
            for name in self.busy
            if name in self.state.researchers and self.state.researchers[name].open_call and name not in answered
        ]

    @invariant()
    def no_budget_is_exceeded_by_more_than_one_reserved_call(self) -> None:
        waiting = [event for event in self.queue if isinstance(event, ModelRequested)]
        fleet = account(self.state)
        nusd = fleet.nusd + fleet.held_nusd + sum(event.reserved_nusd for event in waiting)
        tokens = fleet.tokens + fleet.held_tokens + sum(event.reserved_tokens for event in waiting)
        assert nusd < LIMIT_USD * NANO + MOST
        assert tokens < LIMIT_TOKENS + 300
        assert fleet.calls + len(waiting) <= LIMIT_CALLS
        for name in FLEET:
            own = account(self.state, name)
            mine = sum(event.reserved_nusd for event in waiting if event.researcher == name)
            assert own.nusd + own.held_nusd + mine < OWN_USD * NANO + MOST


Fleet.TestCase.settings = settings(max_examples=150, stateful_step_count=60)
test_no_interleaving_exceeds_a_budget_by_more_than_one_reserved_call = Fleet.TestCase


def test_what_is_on_its_way_to_the_disk_counts_for_the_others() -> None:
    reservations, state = Reservations(), RunState()
    recipe = small_recipe("budget.fleet.usd=1")
    assert reservations.reserve(recipe, state, Promise("r1", nusd=NANO)) is None
    over = reservations.reserve(recipe, state, Promise("r2", nusd=1))
    assert over == Reached("", "usd", 0.0, 1.0, held=1.0)
    assert not over.final


def test_what_is_on_disk_does_not_count_twice() -> None:
    reservations, state = Reservations(), RunState()
    recipe = small_recipe("budget.fleet.usd=1")
    call = Promise("r1", nusd=NANO // 2)
    assert reservations.reserve(recipe, state, call) is None
    apply(state, 1, 1, asked(call, 1))
    assert reservations.reserve(recipe, state, Promise("r2", nusd=1)) is None


def test_a_promise_that_is_given_back_lets_the_next_call_through() -> None:
    reservations, state = Reservations(), RunState()
    recipe = small_recipe("budget.fleet.usd=1")
    call = Promise("r1", nusd=NANO)
    assert reservations.reserve(recipe, state, call) is None
    apply(state, 1, 1, asked(call, 1))
    waits = reservations.reserve(recipe, state, Promise("r2", nusd=NANO))
    assert waits is not None and not waits.final
    apply(state, 2, 2, ModelFailed(researcher="r1", call="m1", error="overloaded"))
    assert reservations.reserve(recipe, state, Promise("r2", nusd=NANO)) is None


@pytest.mark.parametrize(
    ("override", "call", "what"),
    [
        ("budget.researcher.usd=0", Promise("r1", nusd=1), "usd"),
        ("budget.researcher.calls=1", Promise("r1"), "calls"),
        ("budget.fleet.tokens=7", Promise("r1", tokens=1), "tokens"),
    ],
)
def test_a_used_up_budget_refuses_for_good(override: str, call: Promise, what: str) -> None:
    state = RunState()
    apply(state, 1, 1, asked(Promise("r1"), 1))
    done = ModelCompleted(researcher="r1", call="m1", turn=1, content=head_of("[]"), stop="end_turn", output_tokens=7)
    apply(state, 2, 2, done)
    over = refusal(small_recipe(override), state, call)
    assert over is not None and (over.what, over.final) == (what, True)


def test_a_mind_that_spends_nothing_is_not_refused_for_dollars_or_tokens() -> None:
    recipe = small_recipe("budget.fleet.usd=0", "budget.researcher.tokens=1")
    assert refusal(recipe, RunState(), Promise("r1")) is None


@pytest.mark.parametrize(
    "override", ["budget.researcher.calls=1", "budget.fleet.calls=1", "budget.researcher.tokens=7"]
)
def test_calls_and_tokens_end_a_researchers_work_at_the_turn_boundary_too(override: str) -> None:
    state = RunState()
    recipe = small_recipe(override)
    apply(state, 1, 1, asked(Promise("r1"), 1))
    apply(
        state, 2, 2,
        ModelCompleted(researcher="r1", call="m1", turn=1, content=head_of("[]"), stop="end_turn", input_tokens=7),
    )  # fmt: skip
    found = reached(recipe, state, state.researchers["r1"])
    assert found is not None and found.final and found.what in override


async def _spend(journal: Journal, reservations: Reservations, recipe: Recipe, name: str, seed: int) -> None:
    """One researcher as the supervisor would run it: ask, wait while only promises stand in the way, call, settle."""
    draw = random.Random(seed)
    for turn in range(1, 40):
        call = Promise(name, nusd=draw.randrange(1, MOST), tokens=draw.randrange(1, 300))
        seq = journal.state.seq
        while (over := reservations.reserve(recipe, journal.state, call)) is not None:
            if over.final:
                return
            seq = await journal.changed(seq)
        number = journal.next_id("m")
        await journal.record(asked(call, int(number[1:])))
        done = ModelCompleted(
            researcher=name, call=number, turn=turn, content=head_of("[]"), stop="end_turn",
            output_tokens=call.tokens // 2, cost_nusd=call.nusd // draw.randrange(1, 4),
        )  # fmt: skip
        await journal.record(done)


@pytest.mark.parametrize("seed", range(5))
async def test_nine_researchers_on_a_real_journal_spend_the_fleets_budget_and_no_more(
    tmp_path: Path, seed: int
) -> None:
    run = Home(tmp_path).run("money").make().root
    create(run)
    journal = await Journal.open(run, 1)
    recipe = small_recipe("budget.fleet.usd=40")
    reservations = Reservations()
    tasks: list[Any] = [_spend(journal, reservations, recipe, name, 9 * seed + n) for n, name in enumerate(FLEET)]
    try:
        await asyncio.wait_for(asyncio.gather(*tasks), 60)
        spent = account(journal.state)
        assert 40 * NANO <= spent.nusd < 40 * NANO + MOST
        assert spent.held_nusd == 0
    finally:
        await journal.close()
