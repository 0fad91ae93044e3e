"""Every attempt, on every backend that isolates: blocked, or a known difference; and nobody else notices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .arena import Arena
from .attempt import Attempt
from .backends import KERNELS_CHOICE, traits
from .conftest import OUTCOME
from .table import AT_LEAST, EVERY, TABLE

pytestmark = [pytest.mark.escapes, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(("family", "attempt"), [pytest.param(f, a, id=f"{f}: {a.name}") for f, a in EVERY])
async def test_an_attempt_is_blocked_and_the_neighbour_does_not_notice(
    arena: Arena, family: str, attempt: Attempt, record_property: Callable[[str, object], None]
) -> None:
    known = sorted(attempt.differs.keys() & traits(arena.backend.name, arena.backend.capabilities))
    record_property(OUTCOME, outcome := [family, arena.backend.name, "blocked", ""])
    try:
        verdict = await arena.attack(attempt)
    finally:
        arena.host.mend()
    if known and verdict.won:
        outcome[2:] = ["differs", f"differs with {known[0]}: {attempt.name}: {attempt.differs[known[0]]}"]
    elif verdict.lost:
        outcome[3] = f"{arena.backend.name}: it {attempt.name}, and loses its own sandbox"
    assert verdict.tried, f"it never came to its end: {verdict.said}"
    assert verdict.left == (), verdict.said
    if not known:
        assert verdict.won == (), verdict.said
    elif not KERNELS_CHOICE.issuperset(known):
        assert verdict.won, f"it is blocked now: remove {known} from what it says of differences"


async def test_there_are_enough_of_different_kinds() -> None:
    names = [attempt.name for _, attempt in EVERY]
    assert len(names) == len(set(names)) >= AT_LEAST
    assert len({attempt.program for _, attempt in EVERY}) == len(names) and all(TABLE.values())
