"""Slots and leases of the local engine: never two on a slot, given back whatever happens, and told in words."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import psutil
import pytest

from aarctl.compute.engine import Engine, LocalEngine, NoSuchSlot, SlotTaken
from aarctl.compute.slots import Lease, Slot, cpu_slots


@pytest.fixture
def engine() -> LocalEngine:
    return LocalEngine(cpu_slots(2))


def test_the_local_engine_is_an_engine(engine: LocalEngine) -> None:
    checked: Engine = engine
    assert checked.slots() == checked.free() == (Slot("cpu0"), Slot("cpu1"))


def test_the_engine_tells_its_state_in_words(engine: LocalEngine) -> None:
    assert repr(engine) == "LocalEngine(2 slots, 0 held)"
    with engine.lease(Slot("cpu1"), "x7"):
        assert repr(engine) == "LocalEngine(2 slots, 1 held: cpu1: x7)"
        assert engine.free() == (Slot("cpu0"),)
    assert repr(engine) == "LocalEngine(2 slots, 0 held)"


def test_a_slot_is_never_leased_twice(engine: LocalEngine) -> None:
    with engine.lease(Slot("cpu0"), "x1"):
        with pytest.raises(SlotTaken, match="cpu0 is held by x1; x2 cannot have it"):
            with engine.lease(Slot("cpu0"), "x2"):
                raise AssertionError
        assert repr(engine) == "LocalEngine(2 slots, 1 held: cpu0: x1)"


def test_a_slot_of_another_engine_is_refused(engine: LocalEngine) -> None:
    with pytest.raises(NoSuchSlot, match="no slot gpu0: this engine has cpu0, cpu1"):
        with engine.lease(Slot("gpu0", ("0",)), "x1"):
            raise AssertionError


def test_two_slots_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two have one name"):
        LocalEngine((Slot("a"), Slot("a")))


def test_a_lease_ends_with_an_error(engine: LocalEngine) -> None:
    with pytest.raises(RuntimeError), engine.lease(Slot("cpu0"), "x1"):
        raise RuntimeError
    assert repr(engine) == "LocalEngine(2 slots, 0 held)"


@pytest.mark.parametrize("turns", range(4))
async def test_wherever_a_cancellation_strikes_the_slot_comes_back(engine: LocalEngine, turns: int) -> None:
    async def hold() -> None:
        await asyncio.sleep(0)
        with engine.lease(Slot("cpu0"), "x1"):
            await asyncio.sleep(0)
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert repr(engine) == "LocalEngine(2 slots, 0 held)"


def test_a_cpu_lease_is_one_thread_and_no_gpu_to_a_real_torch() -> None:
    env = {**os.environ, **Lease(Slot("cpu0"), "x1").env}
    code = "import torch; print(torch.get_num_threads(), torch.cuda.device_count())"
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "0"], done.stderr


def test_a_gpu_lease_shows_its_devices_and_no_other() -> None:
    env = Lease(Slot("gpu", ("2", "3")), "x1").env
    assert env["CUDA_VISIBLE_DEVICES"] == "2,3" and "OMP_NUM_THREADS" not in env


def test_without_a_number_there_is_a_slot_for_each_core_we_may_use() -> None:
    assert len(cpu_slots()) == len(os.sched_getaffinity(0))
    with pytest.raises(ValueError, match=r"compute.slots = 0"):
        cpu_slots(0)


async def test_telemetry_reports_the_machine_in_shares_and_bytes(engine: LocalEngine) -> None:
    samples = [sample async for sample, _ in _first(engine, 2)]
    assert [sample.device for sample in samples] == ["cpu", "cpu"]
    for sample in samples:
        assert 0 <= sample.util <= 1 and all(0 <= core <= 1 for core in sample.cores)
        assert len(sample.cores) == psutil.cpu_count()
        assert 0 < sample.memory_used <= sample.memory_total and sample.load is not None
    assert samples[0].at < samples[1].at


async def _first(engine: LocalEngine, count: int):  # type: ignore[no-untyped-def]
    number = 0
    async for sample in engine.telemetry(every_s=0.01):
        yield sample, number
        number += 1
        if number == count:
            return
