"""Cards: found through NVML or not at all, sampled in our units, leased by their UUIDs, silent without harm."""

import logging

import pytest

from aarctl.compute.engine import LocalEngine
from aarctl.compute.nvml import Cards, Nvml
from aarctl.compute.slots import Lease, Slot, slots_of
from tests.fakes.nvml import FakeCard, FakeNvml


@pytest.fixture
def driver() -> FakeNvml:
    return FakeNvml([FakeCard("GPU-aa", use=93, used=71 << 30), FakeCard("GPU-bb", product=b"NVIDIA L4")])


def test_the_fake_has_what_is_used_of_the_library(driver: FakeNvml) -> None:
    pynvml = pytest.importorskip("pynvml")
    used = [name for name in dir(Nvml) if name.startswith("nvml")] + ["NVMLError", "NVML_TEMPERATURE_GPU"]
    assert len(used) == 11
    assert all(hasattr(pynvml, name) and hasattr(driver, name) for name in used)


def test_a_machine_without_a_driver_has_no_cards() -> None:
    assert Cards(FakeNvml(driver=False)).found == ()
    assert repr(Cards(FakeNvml(driver=False))) == "Cards(none)"


def test_cards_are_named_in_order_whatever_type_their_texts_have(driver: FakeNvml) -> None:
    cards = Cards(driver)
    assert [(card.name, card.uuid, card.product) for card in cards.found] == [
        ("gpu0", "GPU-aa", "NVIDIA H200"),
        ("gpu1", "GPU-bb", "NVIDIA L4"),
    ]


def test_a_sample_is_in_shares_bytes_degrees_and_watts(driver: FakeNvml) -> None:
    first, second = Cards(driver).samples()
    assert (first.device, first.label, first.util, first.memory_used) == ("gpu0", "NVIDIA H200", 0.93, 71 << 30)
    assert (first.temperature_c, first.power_w) == (34.0, 76.0)
    assert second.util == 0.0 and second.memory_total > 0


def test_a_card_that_does_not_know_its_power_is_sampled_without_it(driver: FakeNvml) -> None:
    driver.cards[0].milliwatts = driver.cards[0].celsius = None
    first, _ = Cards(driver).samples()
    assert first.power_w is None and first.temperature_c is None and first.util == 0.93


def test_a_card_that_is_lost_is_left_out_and_said_once(driver: FakeNvml, caplog: pytest.LogCaptureFixture) -> None:
    cards = Cards(driver)
    driver.cards[0].answers = False
    with caplog.at_level(logging.WARNING):
        assert [sample.device for sample in cards.samples()] == ["gpu1"]
        assert [sample.device for sample in cards.samples()] == ["gpu1"]
    assert [record.getMessage() for record in caplog.records] == ["gpu0 gives no samples: GPU is lost"]
    driver.cards[0].answers = True
    assert [sample.device for sample in cards.samples()] == ["gpu0", "gpu1"]


def test_there_is_a_slot_for_each_card_and_its_lease_names_the_card(driver: FakeNvml) -> None:
    slots = slots_of(Cards(driver).found)
    assert slots == (Slot("gpu0", ("GPU-aa",)), Slot("gpu1", ("GPU-bb",)))
    assert Lease(slots[1], "x1").env["CUDA_VISIBLE_DEVICES"] == "GPU-bb"


def test_more_slots_than_cards_share_them_in_turn(driver: FakeNvml) -> None:
    names = [(slot.name, *slot.devices) for slot in slots_of(Cards(driver).found, 3)]
    assert names == [("gpu0", "GPU-aa"), ("gpu1", "GPU-bb"), ("gpu0-2", "GPU-aa")]
    with pytest.raises(ValueError, match=r"compute.slots = 0"):
        slots_of(Cards(driver).found, 0)


def test_without_cards_the_slots_are_cores() -> None:
    assert slots_of((), 2) == (Slot("cpu0"), Slot("cpu1"))


async def test_telemetry_brings_the_machine_and_every_card(driver: FakeNvml) -> None:
    cards = Cards(driver)
    engine, seen = LocalEngine(slots_of(cards.found), cards), []
    async for sample in engine.telemetry(every_s=0.01):
        seen.append(sample.device)
        if len(seen) == 6:
            break
    assert seen == ["cpu", "gpu0", "gpu1"] * 2
