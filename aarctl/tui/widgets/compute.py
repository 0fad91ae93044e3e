"""Compute: who holds which slot and for how long, who waits, what each researcher has used, the machine's
load.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from aarctl.journal.reader import Sample
from aarctl.journal.state import Experiment

from ..figures import bar, clock, plural, size, span, spark
from ..lines import Line, cut, line, pad
from ..scene import Scene
from .pane import Content, Pane

QUEUE_MAX = 8


class _Load(msgspec.Struct, frozen=True):
    """What is shown of a DeviceSample."""

    util: float
    memory_used: int
    memory_total: int


_load = msgspec.json.Decoder(_Load).decode


def compute_content(scene: Scene, width: int) -> Content:
    """The pane, top to bottom."""
    held = sorted((one for one in scene.state.experiments.values() if one.slot), key=lambda one: one.slot)
    waiting = [one for one in scene.state.experiments.values() if not one.slot]
    lines: list[Line] = []
    for one in held:
        lines += _running(scene, one, width)
    if not held:
        lines.append(line(("No experiment is running.", "dim")))
    lines.append(())
    if waiting:
        lines.append(line((f"{plural(len(waiting), 'experiment')} waiting for a slot", "strong")))
        lines += [_waiting(scene, one, width) for one in waiting[:QUEUE_MAX]]
        if len(waiting) > QUEUE_MAX:
            lines.append(line((f"… and {len(waiting) - QUEUE_MAX} more", "dim")))
        lines.append(())
    lines += _shares(scene, width)
    lines += machine_lines(scene.samples, width)
    return Content(lines)


def _running(scene: Scene, one: Experiment, width: int) -> list[Line]:
    whose = one.researcher or "fleet"
    what = f"replicates {one.submission} on {one.domain}" if one.submission else one.title
    took = clock(scene.now - one.leased_at)
    head = line(
        (pad(one.slot, 7), "accent"), (pad(one.id, 5), "strong"), pad(whose, 6), (pad(took, 7), "plain"),
        (cut(what, max(width - 25, 6)), "plain"),
    )  # fmt: skip
    tail = scene.fact(f"experiment {one.id}", "tail").strip().split("\n")[-1]
    return [head, line(" " * 7, (cut(tail, max(width - 7, 6)), "dim"))] if tail else [head]


def _waiting(scene: Scene, one: Experiment, width: int) -> Line:
    what = f"replicates {one.submission} on {one.domain}" if one.submission else one.title
    waited = clock(scene.now - one.queued_at)
    return line(
        (pad("waits", 7), "dim"), pad(one.id, 5), pad(one.researcher or "fleet", 6), (pad(waited, 7), "dim"),
        (cut(what, max(width - 25, 6)), "dim"),
    )  # fmt: skip


def _shares(scene: Scene, width: int) -> list[Line]:
    """Device time per researcher, as bars of the largest; what replications used belongs to nobody."""
    used = {who.id: who.device_s for who in scene.state.researchers.values()}
    if not used:
        return []
    rest = scene.state.device_s - sum(used.values())
    if rest > 0.05:
        used["replications"] = rest
    most = max([*used.values(), 1e-9])
    room = max(min(width - 24, 24), 4)
    lines: list[Line] = [line(("device time", "strong"), (f"  {span(scene.state.device_s)} in all", "dim"))]
    for name, seconds in used.items():
        full, empty = bar(seconds / most, room)
        lines.append(line(pad(name, 13), (full, "accent"), (empty, "faint"), f"  {span(seconds)}"))
    return [*lines, ()]


def machine_lines(samples: Sequence[Sample], width: int) -> list[Line]:
    """A spark of use and of memory per device, from its samples."""
    devices: dict[str, list[_Load]] = {}
    for sample in samples:
        try:
            load = _load(sample.body)
        except msgspec.MsgspecError:
            continue
        devices.setdefault(sample.device, []).append(load)
    lines: list[Line] = []
    room = max(min(width - 24, 24), 8)
    for device, loads in devices.items():
        loads = loads[-room:]
        last = loads[-1]
        use = pad(spark([load.util for load in loads]), room, right=True)
        used = pad(spark([load.memory_used for load in loads], 0, last.memory_total), room, right=True)
        lines.append(line(pad(f"{device} use", 13), (use, "accent"), f"  {last.util:.0%}"))
        memory = f"  {size(last.memory_used)} of {size(last.memory_total)}"
        lines.append(line(pad(f"{device} memory", 13), (used, "dim"), memory))
    return lines


class ComputePane(Pane):
    """Slots, queue, shares, machine."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The pane's lines."""
        return compute_content(scene, width)
