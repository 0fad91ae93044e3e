"""The stage of a rehearsal: the server with the scripted researcher, at a speed that people can read."""

from __future__ import annotations

from types import TracebackType

from .researcher import research
from .server import MessagesApi

DELAY_S = 0.03
"""Before each piece of an answer."""


class Rehearsal:
    """A Messages API for one run, on 127.0.0.1 with a key of its own. It knows every model that it is asked for."""

    def __init__(self, *, delay_s: float = DELAY_S) -> None:
        self._api = MessagesApi(research, models=None, delay_s=delay_s, keep=0)

    def __repr__(self) -> str:
        return f"Rehearsal({self._api})"

    @property
    def url(self) -> str:
        """Where it listens; empty before it is entered."""
        return self._api.url

    @property
    def key(self) -> str:
        """The key that it takes."""
        return self._api.key

    async def __aenter__(self) -> Rehearsal:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._api.__aexit__(kind, error, trace)
