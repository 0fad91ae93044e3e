"""Compute: each device and who holds it, who waits for one, what each researcher has used, the machine's load."""

from __future__ import annotations

from collections.abc import Sequence

from aarctl.journal.state import Experiment

from ..content.devices import MACHINE, Device, device_of, devices
from ..content.figures import bar, clock, plural, span
from ..content.queue import REPLICATIONS, Place, queue
from ..drawing.lines import Line, Piece, cut, joined, line, pad, width
from ..scene import Scene
from .pane import Content, Pane

Row = tuple[Line, str]
"""A line, and the experiment that it stands for."""
QUEUE_MAX = 20
NAME = 7  # cells of a slot's name
SPARK_MAX = 30


def compute_content(scene: Scene, room: int, found: Sequence[Device] | None = None) -> Content:
    """The pane, top to bottom; experiments can be chosen. `found`: the devices of the scene, where they are known."""
    found = devices(scene.samples) if found is None else found
    held = sorted((one for one in scene.state.experiments.values() if one.slot), key=lambda one: one.slot)
    cards = [device for device in found if device.name != MACHINE]
    rows: list[Row] = []
    for card in cards:
        mine = [one for one in held if device_of(one.slot) == card.name]
        rows += [(card_line(card, scene.now, room), "")]
        rows += [row for one in mine for row in _running(scene, one, room, "")] or [(_FREE, "")]
    names = {card.name for card in cards}
    for one in held:
        if device_of(one.slot) not in names:
            rows += _running(scene, one, room, one.slot)
    if not held and not cards:
        rows.append((line(("No experiment is running.", "dim")), ""))
    machine = [device for device in found if device.name == MACHINE]
    load = machine_lines(machine, scene.now, room) or [line((_no_telemetry(scene), "dim"))]
    rows += [((), ""), *_queue(scene, room)]
    rows += [(each, "") for each in (*load, (), *_shares(scene, room))]
    keys = [key for _, key in rows]
    return Content([each for each, _ in rows], keys if any(keys) else [])


def _no_telemetry(scene: Scene) -> str:
    return "What the machine did is not replayed." if scene.replay else "Nothing has been heard of the machine yet."


# devices and who holds them -------------------------------------------------------------------------------


def card_line(card: Device, now: int, room: int) -> Line:
    """The last minutes of a card as a spark, its use, memory, temperature and power; what it is where there is room."""
    name = line((pad(card.name, NAME), "accent"))
    if card.silent(now):
        return joined((name, line((f"not heard of for {clock(now - card.at)}", "warn"))), "")
    cells = max(min(room - 52, SPARK_MAX), 8)
    words = joined((name, line((card.use(cells, now), "accent"), f" {card.last.util:>4.0%}")), "")
    for fact in (*card.facts(), card.spec):
        longer = joined((words, line((fact, "dim" if fact == card.spec else "plain"))))
        words = longer if fact and width(longer) <= room else words
    return words


_FREE = line(" " * NAME, ("free", "dim"))


def _running(scene: Scene, one: Experiment, room: int, place: str) -> list[Row]:
    """Who holds it since when, and the last that it printed."""
    head = _one(one, place, clock(scene.now - one.leased_at), room)
    tail = scene.fact(f"experiment {one.id}", "tail").strip().split("\n")[-1]
    told = [(line(" " * NAME, (cut(tail, max(room - NAME, 6)), "dim")), one.id)] if tail else []
    return [(head, one.id), *told]


def _one(one: Experiment, place: str, took: str, room: int) -> Line:
    what = f"replicates {one.submission} on {one.domain}" if one.submission else one.title
    tone = "plain" if one.slot else "dim"
    return line(
        (pad(place, NAME), "accent" if one.slot else "dim"),
        (pad(one.id, 5), "strong" if one.slot else "plain"),
        pad(one.researcher or "fleet", 6),
        (pad(took, 7), tone),
        (cut(what, max(room - NAME - 18, 6)), tone),
    )


# the queue ------------------------------------------------------------------------------------------------


def _queue(scene: Scene, room: int) -> list[Row]:
    places = queue(scene.state)
    if not places:
        return []
    title = line((f"{plural(len(places), 'experiment')} waiting for a slot", "strong"))
    rows = [(_waiting(scene, place, room), place.experiment.id) for place in places[:QUEUE_MAX]]
    if len(places) > QUEUE_MAX:
        rows.append((line((f"… and {len(places) - QUEUE_MAX} more", "dim")), ""))
    return [(title, ""), *rows, ((), "")]


def _waiting(scene: Scene, place: Place, room: int) -> Line:
    """Its place in the queue, and for how long it has waited."""
    word = "held" if place.held else f"{place.number}." if place.number else "waits"
    return _one(place.experiment, word, clock(scene.now - place.experiment.queued_at), room)


# shares and the machine -----------------------------------------------------------------------------------


def _shares(scene: Scene, room: int) -> list[Line]:
    """Device time per researcher, as bars of the largest; what replications used belongs to nobody."""
    used = {who.id: who.device_s for who in scene.state.researchers.values()}
    if not used:
        return []
    rest = scene.state.device_s - sum(used.values())
    if rest > 0.05:
        used[REPLICATIONS] = rest
    most = max([*used.values(), 1e-9])
    cells = max(min(room - 24, 24), 4)
    lines: list[Line] = [line(("device time", "strong"), (f"  {span(scene.state.device_s)} in all", "dim"))]
    for name, seconds in used.items():
        full, empty = bar(seconds / most, cells)
        lines.append(line(pad(name, 13), (full, "accent"), (empty, "faint"), f"  {span(seconds)}"))
    return lines


def machine_lines(found: Sequence[Device], now: int, room: int) -> list[Line]:
    """A spark of use and one of memory over the last minutes."""
    lines: list[Line] = []
    cells = max(min(room - 34, 30), 8)
    for device in found:
        last, (memory, *facts) = device.last, device.facts()
        if device.silent(now):
            lines.append(line(f"{device.name} ", ("not heard of for " + clock(now - device.at), "warn")))
            continue
        rest = f"   {'   '.join(facts)}" if facts else ""
        drawn = Piece(device.use(cells, now), "accent")
        lines.append(line(pad(f"{device.name} use", 13), drawn, cut(f"  {last.util:.0%}{rest}", room - 13 - cells)))
        drawn = Piece(device.memory(cells, now), "dim")
        lines.append(line(pad(f"{device.name} memory", 13), drawn, cut(f"  {memory}", room - 13 - cells)))
    return lines


class ComputePane(Pane):
    """Devices, slots, queue, shares, machine. Samples are gone through once, however often the pane is drawn."""

    _heard: tuple[int, int] = (0, 0)
    _devices: Sequence[Device] = ()

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The pane's lines."""
        samples = scene.samples
        heard = (len(samples), samples[-1].at) if samples else (0, 0)
        if heard != self._heard:
            self._heard, self._devices = heard, devices(samples)
        return compute_content(scene, width, self._devices)
