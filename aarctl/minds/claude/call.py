"""One call to the model while it is open: what it may cost, what has been heard, and what it comes to."""

from __future__ import annotations

import msgspec

from ..prices import BadUsage, Tariff, Tokens, cost_nusd, worst_case_nusd
from ..protocol import Chapter, Turn, Usage
from .answer import content_of, note_of, stop_of
from .clock import Clock
from .cost import stopped
from .settings import Settings
from .stream import Answer


class Call:
    """An attempt's answer and its price. `bound`: the most tokens that the prompt can have."""

    def __init__(self, chapter: Chapter, tariff: Tariff, bound: int, settings: Settings, clock: Clock) -> None:
        self.id = ""
        """The journal's name for it, once `attempt` has given one."""
        self.researcher = chapter.researcher
        self.answer = Answer()
        self._turn, self._tariff, self._bound, self._settings = chapter.turn, tariff, bound, settings
        self._clock, self._left = clock, clock.now()

    def __repr__(self) -> str:
        return f"Call({self.id or 'not asked'}, {self.answer})"

    @property
    def dearest_nusd(self) -> int:
        """The most that it can cost."""
        return worst_case_nusd(self._tariff, self._bound, self._settings.max_tokens)

    @property
    def most_tokens(self) -> int:
        """The most that it can use, prompt and answer."""
        return self._bound + self._settings.max_tokens

    @property
    def if_lost_nusd(self) -> int:
        """What to charge when its answer is lost: counts as far as they are known, else the most."""
        lost = self._lost()
        return self.dearest_nusd if lost is None else cost_nusd(self._tariff, lost)

    @property
    def if_lost_tokens(self) -> int:
        """The tokens that `if_lost_nusd` pays for."""
        lost = self._lost()
        return self.most_tokens if lost is None else lost.prompt + lost.output

    @property
    def so_far_nusd(self) -> int:
        """What to charge when we stop listening now: what was received, and a bound for what was on its way."""
        return min(cost_nusd(self._tariff, self._so_far()), self.dearest_nusd)

    @property
    def so_far_tokens(self) -> int:
        """The tokens that `so_far_nusd` pays for."""
        used = self._so_far()
        return min(used.prompt + used.output, self.most_tokens)

    def turn(self) -> Turn:
        """The whole answer as a turn. Raises Malformed and BadUsage."""
        content, tokens = content_of(self.answer, f"{self.researcher}-{self._turn}"), self.answer.tokens()
        usage = Usage(
            input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
            cache_write_1h_tokens=tokens.cache_write_1h,
            cost_nusd=cost_nusd(self._tariff, tokens),
        )  # fmt: skip
        return Turn(content, stop_of(self.answer, content), usage, note_of(self.answer, self._settings.max_tokens))

    def _lost(self) -> Tokens | None:
        """What a lost answer has used at most; None when nothing is known of it."""
        read = self._read()
        if read is None:
            return None
        written = read.output if self.answer.whole else self._settings.max_tokens
        return msgspec.structs.replace(read, output=written)

    def _so_far(self) -> Tokens:
        """What the call has used at most by now."""
        seconds, settings = self._clock.now() - self._left, self._settings
        return stopped(
            self._read(), self._bound, settings.max_tokens, settings.cache_ttl, self.answer.heard_bytes, seconds
        )

    def _read(self) -> Tokens | None:
        """What the service counted; None when it has not, or not in a way that can be read."""
        try:
            return self.answer.tokens() if self.answer.begun else None
        except BadUsage:
            return None
