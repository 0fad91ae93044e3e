"""A driver with cards that need not be there: the functions of pynvml that are used, and faults on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


class FakeNvmlError(Exception):
    """What every call of the library raises."""


@dataclass
class FakeCard:
    """One card and what it reports now."""

    uuid: str
    product: str | bytes = "NVIDIA H200"
    use: int = 0
    used: int = 0
    total: int = 150_754_820_096
    celsius: int | None = 34
    milliwatts: int | None = 76_000
    answers: bool = True


@dataclass
class FakeNvml:
    """Stands for the module pynvml."""

    cards: list[FakeCard] = field(default_factory=list)
    driver: bool = True
    NVMLError: type[Exception] = FakeNvmlError
    NVML_TEMPERATURE_GPU: int = 0

    def nvmlInit(self) -> None:
        if not self.driver:
            raise FakeNvmlError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        if not self.cards[index].answers:
            raise FakeNvmlError("GPU is lost")
        return self.cards[index]

    def nvmlDeviceGetUUID(self, handle: FakeCard) -> str | bytes:
        return handle.uuid

    def nvmlDeviceGetName(self, handle: FakeCard) -> str | bytes:
        return handle.product

    def nvmlDeviceGetUtilizationRates(self, handle: FakeCard) -> Any:
        return SimpleNamespace(gpu=handle.use, memory=0)

    def nvmlDeviceGetMemoryInfo(self, handle: FakeCard) -> Any:
        return SimpleNamespace(used=handle.used, total=handle.total, free=handle.total - handle.used)

    def nvmlDeviceGetTemperature(self, handle: FakeCard, sensor: int) -> int:
        return self._known(handle.celsius)

    def nvmlDeviceGetPowerUsage(self, handle: FakeCard) -> int:
        return self._known(handle.milliwatts)

    @staticmethod
    def _known(value: int | None) -> int:
        if value is None:
            raise FakeNvmlError("Not Supported")
        return value
