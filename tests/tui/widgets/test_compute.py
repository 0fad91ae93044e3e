"""The compute pane: cards and their holders, the queue by the law that hands out slots, minutes as sparks."""

from dataclasses import replace

import msgspec
import pytest

from aarctl.compute.nvml import Cards
from aarctl.compute.queue import Waiting, assign
from aarctl.compute.slots import Slot
from aarctl.journal.events import clean
from aarctl.journal.reader import JournalReader, Sample
from aarctl.journal.state import RunState
from aarctl.tui.content.devices import WINDOW_US, device_of, devices
from aarctl.tui.content.queue import client, queue
from aarctl.tui.content.status import status_of
from aarctl.tui.drawing.lines import plain, width
from aarctl.tui.scene import Scene
from aarctl.tui.widgets.compute import compute_content
from tests.fakes.journals import HOSTILE
from tests.fakes.nvml import FakeCard, FakeNvml
from tests.tui.pilot import Told, room, screen

NOW = 10_000_000_000


@pytest.fixture
def scene(told) -> Scene:  # type: ignore[no-untyped-def]
    run: Told = told("judged")
    with JournalReader(run.run) as reader:
        state, samples = reader.state(), reader.samples(limit=4000)
    return Scene(state=state, status=status_of(state, True), now=state.at, samples=samples)


def text_of(scene: Scene, room_: int) -> str:
    return "\n".join(plain(one) for one in compute_content(scene, room_).lines)


def sample(device: str, at: int, **body: object) -> Sample:
    return Sample(at, device, msgspec.json.encode({"util": 0.5, "memory_used": 1, "memory_total": 2, **body}))


def test_what_the_driver_tells_of_a_card_is_what_the_pane_shows() -> None:
    told = Cards(FakeNvml([FakeCard("GPU-aa", use=93, used=71 << 30, celsius=61, milliwatts=540_000)])).samples()
    state = RunState()
    rows = [Sample(one.at, one.device, msgspec.json.encode(one)) for one in told]
    text = text_of(Scene(state=state, status=status_of(state, True), now=told[0].at, samples=rows), 117)
    assert "gpu0" in text and " 93%  76 GB of 151 GB  61°C  540 W  NVIDIA H200" in text and "free" in text


def test_cards_come_in_order_and_the_machine_last() -> None:
    found = devices([sample(name, NOW) for name in ("cpu", "gpu10", "gpu2", "gpu0")])
    assert [device.name for device in found] == ["gpu0", "gpu2", "gpu10", "cpu"]
    assert device_of("gpu0-2") == "gpu0" and device_of("cpu3") == "cpu3"


def test_a_spark_shows_the_mean_of_each_span_and_leaves_unknown_ones_blank() -> None:
    ats = [NOW - WINDOW_US + 1, NOW - WINDOW_US + 2, NOW - 1_000_000]
    rows = [sample("gpu0", at, util=use) for at, use in zip(ats, (0.0, 1.0, 1.0), strict=True)]
    (card,) = devices(rows)
    assert card.use(4, NOW) == "▅  █"
    assert not card.silent(NOW) and card.silent(NOW + WINDOW_US)


def test_a_card_that_fell_silent_says_so_instead_of_its_last_figures(scene: Scene) -> None:
    later = Scene(state=scene.state, status=scene.status, now=scene.now + 60_000_000, samples=scene.samples)
    assert "gpu0   not heard of for 01:0" in text_of(later, 77) and "608 W" not in text_of(later, 77)


@pytest.mark.parametrize("body", [b"", b"{", b'{"util": "x"}', b"[]", b'{"util": 1}'])
def test_a_sample_that_cannot_be_read_is_left_out(body: bytes) -> None:
    assert devices([Sample(NOW, "gpu0", body)]) == []


@pytest.mark.parametrize("room_", [47, 52, 77, 117])
def test_every_card_names_its_holder_and_every_line_fits(scene: Scene, room_: int) -> None:
    content = compute_content(scene, room_)
    text = "\n".join(plain(one) for one in content.lines)
    assert all(width(one) <= room_ for one in content.lines) and len(content.keys) == len(content.lines)
    for words in ("gpu0", "x10  r3", "4 experiments waiting", "1.     x17  r6", "device time", "r9 "):
        assert words in text


def test_the_queue_is_numbered_as_slots_would_be_given(scene: Scene) -> None:
    state = scene.state
    order = [place.experiment.id for place in queue(state)]
    assert order == ["x17", "x16", "x14", "x15"] and [place.number for place in queue(state)] == [1, 2, 3, 4]
    waiting = [Waiting(one.id, client(one), at) for at, one in enumerate(state.experiments.values()) if not one.slot]
    running = {"r3": 1, "r4": 1, "r8": 1, "r9": 1}
    used = {who.id: who.device_s for who in state.researchers.values()}
    assert assign(waiting, [Slot("free")], running, used)[0].experiment == order[0]


def test_whoever_is_held_keeps_a_place_without_a_number(scene: Scene) -> None:
    scene.state.researchers["r6"].paused = True
    places = queue(scene.state)
    assert [(place.experiment.id, place.number, place.held) for place in places][-1] == ("x17", 0, True)
    assert "held   x17  r6" in text_of(scene, 77)


def test_hostile_titles_tails_and_device_names_stay_in_their_lines(scene: Scene) -> None:
    for hostile in HOSTILE:
        for one in scene.state.experiments.values():
            one.title = hostile
        rows = [*scene.samples, sample(clean(hostile), scene.now, label=clean(hostile))]
        facts: dict[str, dict[str, object]] = {"experiment x10": {"tail": hostile}}
        for one_line in compute_content(replace(scene, samples=rows, facts=facts), 77).lines:
            assert width(one_line) <= 77 and "\x1b" not in plain(one_line) and "\n" not in plain(one_line)


async def test_enter_shows_where_an_experiment_was_queued(told) -> None:  # type: ignore[no-untyped-def]
    async with room(told("judged")) as pilot:
        await pilot.press("5", "down", "enter")
        await pilot.pause()
        assert screen(pilot).chosen == "r4"
        assert screen(pilot).view.cursor == screen(pilot).source.state.experiments["x11"].seq
