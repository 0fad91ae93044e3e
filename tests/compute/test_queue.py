"""The law of the queue, as properties over random fleets: who gets a slot, and that nobody is forgotten."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from aarctl.compute.queue import Assignment, Waiting, assign
from aarctl.compute.slots import Slot, cpu_slots

CLIENTS = ("r1", "r2", "r3", "replications")
QUEUES = st.lists(st.sampled_from(CLIENTS), max_size=12).map(
    lambda clients: [Waiting(f"x{n}", client, n) for n, client in enumerate(clients)]
)
SLOTS = st.integers(0, 6).map(lambda count: tuple(Slot(f"cpu{n}") for n in range(count)))
RUNNING = st.dictionaries(st.sampled_from(CLIENTS), st.integers(0, 3))
USED = st.dictionaries(st.sampled_from(CLIENTS), st.floats(0, 1e6))


@given(QUEUES, SLOTS, RUNNING, USED, st.sets(st.sampled_from(CLIENTS)))
def test_no_slot_and_no_experiment_is_given_twice_and_no_slot_idles_while_anyone_may_run(
    queue: list[Waiting], slots: tuple[Slot, ...], running: dict[str, int], used: dict[str, float], paused: set[str]
) -> None:
    out = assign(queue, slots, running, used, paused)
    assert len({one.slot for one in out}) == len({one.experiment for one in out}) == len(out)
    assert {one.slot for one in out} <= set(slots)
    assert len(out) == min(len(slots), sum(one.client not in paused for one in queue))


@given(QUEUES, SLOTS, RUNNING, USED, st.sets(st.sampled_from(CLIENTS)))
def test_a_paused_client_gets_nothing(
    queue: list[Waiting], slots: tuple[Slot, ...], running: dict[str, int], used: dict[str, float], paused: set[str]
) -> None:
    client = {one.experiment: one.client for one in queue}
    assert not {client[one.experiment] for one in assign(queue, slots, running, used, paused)} & paused


@given(QUEUES, SLOTS, RUNNING, USED, st.randoms())
def test_the_same_queue_gives_the_same_answer_however_it_is_listed(queue, slots, running, used, dice) -> None:  # type: ignore[no-untyped-def]
    shuffled, other = list(queue), list(slots)
    dice.shuffle(shuffled)
    dice.shuffle(other)
    assert assign(queue, slots, running, used) == assign(shuffled, other, running, used)


@given(QUEUES, SLOTS, RUNNING, USED)
def test_nobody_gets_a_second_slot_while_another_who_waits_has_fewer(
    queue: list[Waiting], slots: tuple[Slot, ...], running: dict[str, int], used: dict[str, float]
) -> None:
    client = {one.experiment: one.client for one in queue}
    out = assign(queue, slots, running, used)
    given_out = {one.experiment for one in out}
    held = Counter(running)
    held.update(client[one.experiment] for one in out)
    waiting = {one.client for one in queue if one.experiment not in given_out}
    receivers = {client[one.experiment] for one in out}
    assert all(held[receiver] <= held[other] + 1 for receiver in receivers for other in waiting)


@given(QUEUES, SLOTS)
def test_a_client_is_served_in_the_order_it_asked(queue: list[Waiting], slots: tuple[Slot, ...]) -> None:
    order = {one.experiment: (one.client, one.order) for one in queue}
    served = [order[one.experiment] for one in assign(queue, slots, {}, {})]
    for name in CLIENTS:
        mine = [number for client, number in served if client == name]
        assert mine == [one.order for one in queue if one.client == name][: len(mine)]


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(1, 3))
def test_everyone_runs_in_turn_however_greedy_the_others_are(lengths: list[int], count: int) -> None:
    """One modest client among greedy ones that never stop asking: it waits for one round of the others at most."""
    slots, used, number = cpu_slots(count), Counter[str](), 0
    running: list[tuple[int, str, Slot]] = []  # (ends at, client, slot)
    modest = [Waiting("modest", "modest", 10**6)]
    queue = [Waiting(f"g{n}-{k}", f"g{n}", n * 50 + k) for n in range(len(lengths)) for k in range(50)]
    for now in range(1, 200):
        for ended in [one for one in running if one[0] <= now]:
            running.remove(ended)
            used[ended[1]] += 1
        held = {slot for _, _, slot in running}
        free = tuple(slot for slot in slots if slot not in held)
        client = {one.experiment: one.client for one in queue + modest}
        for one in assign(queue + modest, free, Counter(c for _, c, _ in running), used):
            if one.experiment == "modest":
                assert now <= 1 + max(lengths) * (1 + len(lengths))
                return
            length = lengths[int(client[one.experiment][1:])]
            running.append((now + length, client[one.experiment], one.slot))
            queue = [waiting for waiting in queue if waiting.experiment != one.experiment]
            number += 1
    raise AssertionError("never served")


def test_the_one_with_fewer_running_goes_first_then_the_one_that_used_less_then_the_first() -> None:
    queue = [Waiting("a", "r1", 1), Waiting("b", "r2", 2), Waiting("c", "r3", 3), Waiting("d", "r3", 4)]
    (slot,) = cpu_slots(1)
    assert assign(queue, [slot], {"r1": 1, "r2": 1}, {}) == [Assignment("c", slot)]
    assert assign(queue, [slot], {}, {"r1": 9.0, "r2": 1.0, "r3": 2.0}) == [Assignment("b", slot)]
    assert assign(queue, [slot], {}, {}) == [Assignment("a", slot)]
