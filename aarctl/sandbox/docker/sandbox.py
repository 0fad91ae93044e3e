"""A sandbox in a container: the keeper's protocol, and the engine's pause for a tree that signals cannot stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.docker.container import environment
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.inside.wire import Message
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import Busy, Capabilities, Frozen, NotFound, SandboxSpec, TimedOut

PATIENT = ("wait", "stream", "egress_accept", "egress_read", "egress_send")  # questions that may hang until the thaw
KILL_PATIENCE_S = 10.0


class DockerSandbox(LiveSandbox):
    """A live container of ours. While the engine has it paused, its keeper cannot answer."""

    def __init__(
        self, engine: Engine, container: str, spec: SandboxSpec, capabilities: Capabilities, bridge: Bridge,
        removed: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(spec, capabilities, bridge, environment(spec), removed)
        self._engine, self._container = engine, container
        self._running = asyncio.Event()
        self._running.set()

    async def freeze(self) -> None:
        """See Sandbox.freeze. By signals, which is fast and leaves the keeper awake; by the engine where they fail."""
        if not self._running.is_set():
            return
        try:
            await super().freeze()
        except TimedOut:
            self._running.clear()  # first: half-way, it counts as paused, and a thaw undoes both
            await self._switch("pause")

    async def thaw(self) -> None:
        """See Sandbox.thaw."""
        await self._resume()
        await super().thaw()

    async def kill_all(self, grace_s: float = 0.5) -> int:
        """See Sandbox.kill_all."""
        await self._resume()
        return await super().kill_all(grace_s)

    async def ask(self, op: str, **fields: Any) -> Message:
        """One request to the keeper. While it is paused: a wait waits, a kill wakes it and freezes it again."""
        if self._running.is_set():
            return await super().ask(op, **fields)
        if op in PATIENT:
            await self._running.wait()
        elif op == "kill":
            await self._resume()
            try:
                return await super().ask(op, **{**fields, "wait_s": KILL_PATIENCE_S})
            finally:
                await self.freeze()
        else:
            raise Frozen(f"{self.bridge.label}: paused by the engine, as its processes would not stop; thaw it first")
        return await super().ask(op, **fields)

    async def heartbeat(self) -> None:
        """See Sandbox.heartbeat. A paused keeper is alive; it will be heard after the thaw."""
        if self._running.is_set():
            await super().heartbeat()
        else:
            self.bridge.check()

    async def remove(self) -> None:
        """See Sandbox.remove."""
        self._removed()
        self._running.set()
        await self.bridge.close()
        try:
            await self._engine.call(lambda client: client.api.remove_container(self._container, force=True))
        except NotFound:
            pass

    async def _resume(self) -> None:
        if not self._running.is_set():
            await self._switch("unpause")
            self._running.set()

    async def _switch(self, how: str) -> None:
        try:
            await self._engine.call(lambda client: getattr(client.api, how)(self._container))
        except Busy:
            pass  # it is so already
