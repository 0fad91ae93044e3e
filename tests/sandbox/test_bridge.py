"""The supervisor's end of a keeper, whatever the other end says."""

from __future__ import annotations

import asyncio

import pytest

from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.inside import wire
from aarctl.sandbox.protocol import SandboxLost


class Mouth:
    """A link whose other end says what the test says."""

    def __init__(self, *frames: object) -> None:
        self._said = asyncio.Queue[bytes]()
        for frame in frames:
            self._said.put_nowait(wire.pack(frame))  # type: ignore[arg-type]

    async def read(self) -> bytes:
        return await self._said.get()

    async def send(self, data: bytes) -> None:
        """Nobody listens."""

    async def close(self) -> None:
        self._said.put_nowait(b"")

    def last_words(self) -> str:
        return "its last words"


@pytest.mark.parametrize("frame", [{"id": 0}, {"id": 0, "ok": True}, {"id": 0, "ok": False, "kind": [], "message": 1}])
async def test_an_answer_that_cannot_be_read_ends_the_bridge_and_every_question(frame: object) -> None:
    bridge = Bridge(Mouth(frame), "sandbox x/r1")
    with pytest.raises(SandboxLost, match="same workspace and spool"):
        await bridge.request("heartbeat", limit_s=20)
    await bridge.close()


async def test_without_another_link_all_is_lost_with_the_keepers_last_words() -> None:
    mouth = Mouth()
    bridge = Bridge(mouth, "sandbox x/r1")
    await mouth.close()
    with pytest.raises(SandboxLost, match="its last words"):
        await bridge.request("heartbeat", limit_s=20)
    await bridge.close()
