"""Nine Claude researchers side by side while the service fails every tenth call: nothing is lost, nothing is twice."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.journal.verify import verify
from tests.fakes.claude_fleet import ClaudeFleet
from tests.fakes.messages_api import MessagesApi, Use, at_random

from .books import NANO, OUTCOMES, expected, most_passed
from .conftest import TURNS, backend, short_or
from .script import COUNT, Witness, marked, marks

RESEARCHERS = 9
MAX_TOKENS = 4_000
FAULTS = at_random(0.1)


@short_or(TURNS, 12)
async def test_every_turn_lands_once_and_the_money_is_the_servers(tmp_path: Path, turns: int) -> None:
    witness, began = Witness(), time.monotonic()
    stage = {"researchers": RESEARCHERS, "max_tokens": MAX_TOKENS, "cache_ttl": "1h", "backend": await backend()}
    async with MessagesApi(witness, FAULTS) as api:
        async with ClaudeFleet(tmp_path, api, **stage) as fleet:
            await fleet.play(turns)
            await check_turns(fleet, turns)
            await check_tools(fleet, api, witness)
            who_of = {number: who for number, (who, _) in witness.served.items()}
            calls = await fleet.events(*OUTCOMES)
            nusd = expected(api.account, who_of, FAULTS, calls, MAX_TOKENS)
            assert fleet.state.nusd == nusd >= api.account.dollars() * NANO
            live, waits = fleet.state, fleet.clock.slept
        with JournalReader(fleet.run.root) as reader:
            assert reader.advance(RunState()) == live == reader.state()
        journal = verify(fleet.run.root)
    assert api.refused == [] and api.lines.broken == []
    assert api.lines.extended + api.lines.chapters == api.answered == RESEARCHERS * turns
    account, share = api.account, api.account.cache_read_share
    billed, delivered = float(account.dollars()), float(account.dollars(delivered=True))
    print(f"\n{RESEARCHERS} x {turns} turns in {time.monotonic() - began:.1f} s, sandboxes by {stage['backend']}")
    print(f"  {api.calls} calls, {faults_of(api)}, {len(waits)} waits between attempts")
    print(f"  charged ${nusd / NANO:.6f}; the service billed ${billed:.6f}, of that ${delivered:.6f} for what arrived")
    print(f"  {share:.1%} of input tokens read from the cache; {journal.events:,} events verified", flush=True)
    assert share >= (0.9 if turns >= 40 else 0.5)  # after a few turns there is little that could have been read before


def faults_of(api: MessagesApi) -> str:
    """What the service did wrong."""
    kinds = Counter(type(fault).__name__ for number in range(1, api.calls + 1) if (fault := FAULTS(number)))
    return f"{kinds.total()} with a fault ({', '.join(f'{count} {name}' for name, count in kinds.most_common())})"


async def check_turns(fleet: ClaudeFleet, turns: int) -> None:
    """Every researcher has completed and settled turns 1, 2, 3, ..., each once."""
    expected_turns = list(range(1, turns + 1))
    for who in fleet.state.researchers:
        assert [one.turn for one in await fleet.events("model.completed", researcher=who)] == expected_turns, who
        settled = {one.turn for one in await fleet.events("budget.settled", researcher=who)}
        assert sorted(settled - {0}) == expected_turns, who


async def check_tools(fleet: ClaudeFleet, api: MessagesApi, witness: Witness) -> None:
    """Every tool call that was delivered was carried out once, and nothing else was."""
    done = Counter(one.call for one in await fleet.events("tool.completed"))
    assert set(done.values()) == {1}
    assert sorted(done) == sorted(one.call for one in await fleet.events("tool.requested"))
    delivered = [witness.served[one.number] for one in api.account.entries if one.delivered]
    assert len(done) == sum(isinstance(block, Use) for _, reply in delivered for block in reply.blocks)
    for who in fleet.state.researchers:
        promised = [mark for name, reply in delivered if name == who for mark in marks(reply)]
        kept = (await (await fleet.bench.sandbox(who)).get(COUNT)).decode().split()
        asked = [marked(one.args.head) for one in await fleet.events("tool.requested", researcher=who)]
        assert kept == promised == [mark for mark in asked if mark]
    titles = Counter(one.title for one in await fleet.events("forum.posted"))
    wanted = [
        block.input["title"]
        for _, reply in delivered
        for block in reply.blocks
        if isinstance(block, Use) and block.input.get("action") == "post"
    ]
    assert titles == Counter(wanted) and set(titles.values()) == {1}


@short_or(TURNS, 6)
async def test_a_fleets_dollars_are_passed_by_no_more_than_the_one_reserved_call(tmp_path: Path, turns: int) -> None:
    limit = RESEARCHERS * turns * NANO // 100
    async with MessagesApi(Witness(), FAULTS) as api:
        budget = f"budget.fleet.usd={limit / NANO}"
        async with ClaudeFleet(tmp_path, api, budget, researchers=RESEARCHERS, max_tokens=MAX_TOKENS) as fleet:
            async with asyncio.timeout(60 + turns * 10):
                await fleet.play(100 * turns)
            state, calls = fleet.state, await fleet.events(*OUTCOMES)
            assert {who.state for who in state.researchers.values()} == {"budget"}
    largest = max(one.reserved_nusd for one in calls if hasattr(one, "reserved_nusd"))
    passed = most_passed(calls, limit)
    assert limit <= state.nusd <= limit + largest and passed <= largest
    assert api.account.dollars() * NANO <= state.nusd
    print(
        f"\n${limit / NANO:.2f} ended {api.answered} turns at ${state.nusd / NANO:.6f}; used and promised together "
        f"passed it by ${max(passed, 0) / NANO:.6f}, the largest reserved call was ${largest / NANO:.6f}"
    )
