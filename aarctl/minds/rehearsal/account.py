"""The service's own books: every call's tokens, and exact dollars by its own price list.

Written without a look at aarctl's prices, so that the two can be compared. A model that is not on the list costs
nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

RATES: dict[str, tuple[str, str, str, str, str]] = {
    "claude-opus-5-5": ("4", "20", "0.20", "5", "8"),
    "claude-opus-5": ("5", "25", "0.50", "6.25", "10"),
    "claude-sonnet-5-5": ("2", "10", "0.10", "2.50", "4"),
}
"""US dollars per million tokens: input, output, cache read, cache write for 5 minutes and for an hour."""


@dataclass(frozen=True)
class Entry:
    """One billed call."""

    number: int
    model: str
    usage: dict[str, int]
    dollars: Fraction
    delivered: bool
    """Whether its answer was sent to the end."""


@dataclass
class Account:
    """What was billed."""

    entries: list[Entry] = field(default_factory=list)

    def bill(self, number: int, model: str, prompt: dict[str, Any], output_tokens: int, delivered: bool) -> None:
        """Enter one call."""
        usage = {
            "input": prompt["input_tokens"], "output": output_tokens, "read": prompt["cache_read_input_tokens"],
            "write_5m": prompt["cache_creation"]["ephemeral_5m_input_tokens"],
            "write_1h": prompt["cache_creation"]["ephemeral_1h_input_tokens"],
        }  # fmt: skip
        rates = [Fraction(rate) / 1_000_000 for rate in RATES.get(model, ("0",) * 5)]
        dollars = sum((count * rate for count, rate in zip(usage.values(), rates, strict=True)), Fraction(0))
        self.entries.append(Entry(number, model, usage, dollars, delivered))

    def dollars(self, delivered: bool | None = None) -> Fraction:
        """The sum: of all calls, or of those whose answers were, or were not, delivered."""
        return sum((one.dollars for one in self.entries if delivered in (None, one.delivered)), Fraction(0))

    def tokens(self, kind: str, delivered: bool | None = None) -> int:
        """The tokens of one kind, in all."""
        return sum(one.usage[kind] for one in self.entries if delivered in (None, one.delivered))

    @property
    def cache_read_share(self) -> float:
        """Of all tokens of all prompts, those read from the cache."""
        read = self.tokens("read")
        prompts = read + self.tokens("input") + self.tokens("write_5m") + self.tokens("write_1h")
        return read / prompts if prompts else 0.0
