"""NVIDIA cards, as the driver's own library tells of them through pynvml; none where there is no card.

pynvml (the package nvidia-ml-py, `pip install aarctl[gpu]`) is imported when cards are looked for and not before.
It can be absent, and so can the driver: both mean that there are no cards. A card that stops answering is left out of
the samples until it answers again; it never ends a run.
"""

from __future__ import annotations

import importlib
import logging
import time
from typing import Any, Protocol

import msgspec

from .sample import DeviceSample

log = logging.getLogger(__name__)


class Nvml(Protocol):
    """What is used of the module pynvml, by the names that it has there."""

    NVMLError: type[Exception]
    NVML_TEMPERATURE_GPU: int

    def nvmlInit(self) -> None: ...
    def nvmlDeviceGetCount(self) -> int: ...
    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any: ...
    def nvmlDeviceGetUUID(self, handle: Any) -> str | bytes: ...
    def nvmlDeviceGetName(self, handle: Any) -> str | bytes: ...
    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any: ...
    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any: ...
    def nvmlDeviceGetTemperature(self, handle: Any, sensor: int) -> int: ...
    def nvmlDeviceGetPowerUsage(self, handle: Any) -> int: ...


class Card(msgspec.Struct, frozen=True):
    """One card. Its UUID stays the same whatever else is plugged in, and is what CUDA and Docker take for a name."""

    name: str
    """gpu0, gpu1, ... in the driver's order: what its slot and its samples are called."""
    uuid: str
    product: str
    index: int


class Cards:
    """The cards of this machine, found once."""

    def __init__(self, nvml: Nvml | None = None) -> None:
        self._nvml = nvml if nvml is not None else _loaded()
        self._silent: set[str] = set()
        self.found: tuple[Card, ...] = ()
        if self._nvml is not None:
            try:
                self._nvml.nvmlInit()
                self.found = tuple(self._card(self._nvml, index) for index in range(self._nvml.nvmlDeviceGetCount()))
            except self._nvml.NVMLError as error:
                log.info("no NVIDIA card is used: %s", error)

    def __repr__(self) -> str:
        return f"Cards({', '.join(f'{card.name} {card.product}' for card in self.found) or 'none'})"

    @staticmethod
    def _card(nvml: Nvml, index: int) -> Card:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        uuid, product = _text(nvml.nvmlDeviceGetUUID(handle)), _text(nvml.nvmlDeviceGetName(handle))
        return Card(f"gpu{index}", uuid, product, index)

    def samples(self) -> list[DeviceSample]:
        """One sample of each card that answers, now. It may take the driver a while: not for an event loop."""
        return [sample for card in self.found if (sample := self._sample(card)) is not None]

    def _sample(self, card: Card) -> DeviceSample | None:
        nvml = self._nvml
        assert nvml is not None
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(card.index)
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            milliwatts = self._or_none(nvml.nvmlDeviceGetPowerUsage, handle)
            sample = DeviceSample(
                device=card.name, label=card.product, at=time.time_ns() // 1000,
                util=min(1.0, nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100),
                memory_used=int(memory.used), memory_total=int(memory.total),
                temperature_c=self._or_none(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
                power_w=None if milliwatts is None else milliwatts / 1000,
            )  # fmt: skip
        except nvml.NVMLError as error:
            if card.name not in self._silent:
                log.warning("%s gives no samples: %s", card.name, error)
                self._silent.add(card.name)
            return None
        self._silent.discard(card.name)
        return sample

    def _or_none(self, ask: Any, *args: Any) -> float | None:
        """A figure that not every card knows."""
        assert self._nvml is not None
        try:
            return float(ask(*args))
        except self._nvml.NVMLError:
            return None


def _loaded() -> Nvml | None:
    try:
        return importlib.import_module("pynvml")
    except ImportError:
        return None


def _text(value: str | bytes) -> str:
    """Earlier versions of pynvml give bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
