"""What a recipe says about a Claude researcher's model, as one frozen struct."""

from __future__ import annotations

from typing import Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the model is called. The same for a whole chapter: a change would invalidate cache and signatures."""

    model: str = "claude-opus-5-5"
    max_tokens: int = 32_000
    """Tokens of one answer, thinking included."""
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """None leaves it to the model."""
    thinking: Literal["summarized", "omitted"] | None = "summarized"
    """How adaptive thinking comes back; None asks for none, for servers that know no such parameter."""
    cache_ttl: Literal["5m", "1h"] = "5m"
    """How long the service keeps the prefix. An hour costs more to write and outlives a long experiment."""
    base_url: str | None = None
    """Another server that speaks the Messages API; None is Anthropic's, or what ANTHROPIC_BASE_URL says."""
    context_tokens: int = 1_000_000
    """What the model can read at most; a bound for what a call may cost."""
    attempts: int = 12
    """How often one turn is tried before the researcher stops and says why."""
    idle_s: float = 120.0
    """Silence after which an answer is given up; the service sends a ping every few seconds."""
    call_s: float = 1_800.0
    """The longest one answer may take, however steadily it comes."""
