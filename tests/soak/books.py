"""What a run must have cost, worked out anew from what the server saw: no code of aarctl's prices or loops is used.

An answer that was delivered costs what the server billed. One that was lost costs the prompt that the server counted
and the longest answer there can be, where its first event was sent; else the whole of what was reserved for it. An
error instead of an answer costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from aarctl.journal.events import ModelCancelled, ModelCompleted, ModelFailed, ModelRequested, ModelUnknownOutcome
from aarctl.minds.rehearsal.account import Entry as Billed
from aarctl.minds.rehearsal.faults import FaultOf
from tests.fakes.messages_api import RATES, Account, Vanish

NANO = 10**9
OUTCOMES = ("model.requested", "model.completed", "model.failed", "model.cancelled", "model.unknown_outcome")


def expected(account: Account, who_of: dict[int, str], faults: FaultOf, events: Sequence[Any], max_tokens: int) -> int:
    """Nano-dollars of a run whose journal has `events`, all of OUTCOMES; each call is compared on the way.

    `who_of`: whose call it was, by the server's number; a researcher's calls come to both sides in the same order.
    """
    total = Fraction(0)
    for who in sorted(set(who_of.values())):
        ours = charged([event for event in events if event.researcher == who])
        theirs = [one for one in account.entries if who_of[one.number] == who]
        assert len(ours) == len(theirs), f"{who}: {len(ours)} calls in the journal, {len(theirs)} billed"
        for (asked, outcome), billed in zip(ours, theirs, strict=True):
            cost = billed.dollars * NANO
            if not billed.delivered:
                cost = Fraction(asked.reserved_nusd)
                if not isinstance(faults(billed.number), Vanish):
                    cost = at_worst(billed, max_tokens) * NANO
            assert isinstance(outcome, ModelCompleted) == billed.delivered, f"{who}: {outcome} of {billed}"
            assert outcome.cost_nusd == cost <= asked.reserved_nusd, f"{who}: {outcome} of {billed}"
            total += cost
    assert total.denominator == 1
    return int(total)


def charged(events: Sequence[Any]) -> list[tuple[ModelRequested, ModelCompleted | ModelUnknownOutcome]]:
    """The calls of one researcher that may have been served, each with its outcome; every call has exactly one."""
    found, asked = [], None
    for event in events:
        if isinstance(event, ModelRequested):
            assert asked is None, f"{event.call} is begun while {asked.call} is open"
            asked = event
            continue
        assert asked is not None and event.call == asked.call, f"{event} ends no open call"
        if isinstance(event, ModelCompleted | ModelUnknownOutcome):
            found.append((asked, event))
        else:
            assert isinstance(event, ModelFailed | ModelCancelled)
        asked = None
    assert asked is None, f"{asked.call} is still open"
    return found


def at_worst(billed: Billed, max_tokens: int) -> Fraction:
    """Dollars of a prompt that the server counted, and of the longest answer."""
    usage = {**billed.usage, "output": max_tokens}
    rates = [Fraction(rate) / 1_000_000 for rate in RATES[billed.model]]
    return sum((count * rate for count, rate in zip(usage.values(), rates, strict=True)), Fraction(0))


def most_passed(events: Sequence[Any], limit_nusd: int) -> int:
    """By how much used and promised money passed a limit at most; no call may be begun once it is reached."""
    used, held, most = 0, 0, 0
    reserved: dict[str, int] = {}
    for event in events:
        if isinstance(event, ModelRequested):
            assert used + held < limit_nusd, f"{event.call} was begun with {used} used and {held} promised"
            reserved[event.call] = event.reserved_nusd
            held += event.reserved_nusd
        else:
            held -= reserved.pop(event.call)
            used += getattr(event, "cost_nusd", 0)
        most = max(most, used + held - limit_nusd)
    return most
