"""The supervisor's end of the connections that commands open to their sandbox's proxy port.

The keeper accepts them at PORT of the sandbox's own loopback and holds their bytes until they are asked for; each
question may be asked twice (see inside/egress.py). So a bridge that breaks and comes back loses no byte and repeats
none, and whoever reads slowly is waited for, at both ends.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from aarctl.recipe.destinations import parse
from aarctl.sandbox.inside.wire import Message
from aarctl.sandbox.protocol import NotFound, TimedOut

PORT = 3128
LOCAL = ("localhost", "127.0.0.1", "::1")

POLL_S = 20.0  # one question stays open so long, then is asked again
POLL_LIMIT_S = POLL_S + 30.0
CLOSE_LIMIT_S = 5.0
PIECE_BYTES = 1 << 18


class Asked(Protocol):
    """What answers: a live sandbox."""

    async def ask(self, op: str, **fields: Any) -> Message:
        """One request to the keeper."""


class Stream:
    """One connection from inside. Raises SandboxLost when the sandbox is."""

    def __init__(self, sandbox: Asked, session: str, number: int) -> None:
        self._sandbox, self._session, self.number = sandbox, session, number
        self._read_bytes = self._written_bytes = 0
        self._ended = False

    def __repr__(self) -> str:
        return f"Stream({self.number}: {self._read_bytes} bytes from inside, {self._written_bytes} to inside)"

    async def read(self) -> bytes:
        """The next bytes from the command; b"" once it sends no more."""
        while not self._ended:
            try:
                answer = await self._ask("egress_read", offset=self._read_bytes)
            except NotFound:
                return b""  # reset from inside
            data: bytes = answer["data"]
            self._read_bytes += len(data)
            self._ended = answer["ended"]
            if data:
                return data
        return b""

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Give bytes to the command, waiting while it is slow; `last`: none follow. Raises ConnectionError."""
        pieces = [data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)] or [b""]
        for number, piece in enumerate(pieces, 1):
            end = self._written_bytes + len(piece)
            while True:
                try:
                    answer = await self._ask(
                        "egress_send", offset=end - len(piece), data=piece, last=last and number == len(pieces)
                    )
                except NotFound:
                    raise ConnectionResetError("the command has closed the connection") from None
                if not answer["open"]:
                    raise ConnectionResetError("the command has closed the connection")
                if answer["received"] >= end:
                    break
            self._written_bytes = end

    async def end(self) -> None:
        """Nothing more comes from outside; the command may still send."""
        await self.write(b"", last=True)

    async def close(self) -> None:
        """The command may read what it was given, then the connection ends. Closing twice is fine."""
        await self._sandbox.ask("egress_close", session=self._session, stream=self.number, limit_s=CLOSE_LIMIT_S)

    async def _ask(self, op: str, **fields: Any) -> Message:
        """A long question, for as long as it takes."""
        while True:
            try:
                return await self._sandbox.ask(
                    op, session=self._session, stream=self.number, wait_s=POLL_S, limit_s=POLL_LIMIT_S, **fields
                )
            except TimedOut:
                continue


async def connections(sandbox: Asked) -> AsyncIterator[Stream]:
    """The connections of a new session, as commands open them, for ever; those of an earlier one are ended.

    Raises SandboxLost, and NotFound for a sandbox that was made without a way out.
    """
    session, after = secrets.token_hex(8), 0
    while True:
        try:
            answer = await sandbox.ask(
                "egress_accept", session=session, after=after, wait_s=POLL_S, limit_s=POLL_LIMIT_S
            )
        except TimedOut:
            continue
        for number in answer["streams"]:
            after = max(after, number)
            yield Stream(sandbox, session, number)


def keeper_options(egress: Sequence[str]) -> list[str]:
    """What tells a keeper to listen at PORT, where there is a way out."""
    return ["--egress", str(PORT)] if egress else []


def environment(egress: Sequence[str]) -> dict[str, str]:
    """What tells the commands of a sandbox where their proxy is; nothing where there is none.

    The sandbox's own loopback is not asked for through it, unless the list names that of the host.
    """
    if not egress:
        return {}
    named = {parse(entry).host for entry in egress}
    own = ",".join(host for host in LOCAL if host not in named)
    url = f"http://127.0.0.1:{PORT}"
    values = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": own}
    return {**values, **{name.lower(): value for name, value in values.items()}}
