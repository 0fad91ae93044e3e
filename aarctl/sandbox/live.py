"""A live sandbox behind any backend: the Sandbox protocol spoken to a keeper over a bridge."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from aarctl.sandbox.bridge import Bridge
from aarctl.sandbox.egress import relay
from aarctl.sandbox.inside.wire import CHUNK_BYTES, Message
from aarctl.sandbox.protocol import (
    DEFAULT_OUTPUT_CAP,
    BadRequest,
    Capabilities,
    Changed,
    Chunk,
    ExecResult,
    FileEntry,
    Manifest,
    Output,
    SandboxSpec,
    Stats,
    TimedOut,
    Usage,
)

POLL_S = 20.0  # one wait or stream request stays open so long, then is asked again
POLL_LIMIT_S = POLL_S + 30.0
MANIFEST_LIMIT_S = 300.0
MAX_FILES = 50_000
FREEZE_PATIENCE_S = 5.0  # longer than the keeper's own, inside/freezer.py
PUT_TRIES = 3


class LiveExec:
    """One command of a live sandbox."""

    def __init__(self, sandbox: LiveSandbox, id: str, attached: bool) -> None:
        self._sandbox, self.id, self.attached = sandbox, id, attached

    def __repr__(self) -> str:
        return f"LiveExec({self.id} in {self._sandbox.bridge.label})"

    async def stream(self, offset: int = 0) -> AsyncIterator[Chunk]:
        """See Exec.stream."""
        while True:
            answer = await self._ask("stream", offset=offset)
            if answer["data"]:
                yield Chunk(answer["offset"], answer["data"])
            offset = answer["offset"] + len(answer["data"])
            if answer["ended"]:
                return

    async def output(self) -> Output:
        """See Exec.output."""
        await self.wait()  # before its end the tail moves, and a reader may see more than one jump
        head, tail, dropped, at = bytearray(), bytearray(), 0, 0
        async for chunk in self.stream():
            dropped = dropped or chunk.offset - at
            (tail if dropped else head).extend(chunk.data)
            at = chunk.offset + len(chunk.data)
        return Output(bytes(head), dropped, bytes(tail))

    async def wait(self) -> ExecResult:
        """See Exec.wait."""
        while True:
            answer = await self._ask("wait")
            if answer["result"] is not None:
                return ExecResult(**answer["result"])

    async def kill(self, grace_s: float = 0.5) -> ExecResult:
        """See Exec.kill."""
        await self._sandbox.ask("kill", exec=self.id, grace_s=grace_s, wait_s=0.0)
        return await self.wait()

    async def _ask(self, op: str, **fields: Any) -> Message:
        """A long question, for as long as it takes: a keeper that is paused answers later, a lost one raises."""
        while True:
            try:
                return await self._sandbox.ask(op, exec=self.id, wait_s=POLL_S, limit_s=POLL_LIMIT_S, **fields)
            except TimedOut:
                continue


class LiveSandbox:
    """One sandbox whose keeper is at the other end of `bridge`."""

    def __init__(
        self,
        spec: SandboxSpec,
        capabilities: Capabilities,
        bridge: Bridge,
        env: Mapping[str, str],
        removed: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec, self.capabilities, self.bridge = spec, capabilities, bridge
        self._env, self._removed = {**env, **relay.environment(spec.egress), **spec.env}, removed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.spec.run}/{self.spec.name}, {self.bridge!r})"

    async def ask(self, op: str, **fields: Any) -> Message:
        """One request to the keeper, as Bridge.request."""
        return await self.bridge.request(op, **fields)

    async def exec(
        self,
        id: str,
        argv: Sequence[str],
        *,
        timeout_s: float,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        output_cap: int = DEFAULT_OUTPUT_CAP,
    ) -> LiveExec:
        """See Sandbox.exec."""
        answer = await self.ask(
            "exec", exec=id, argv=list(argv), timeout_s=float(timeout_s), cwd=cwd, env={**self._env, **(env or {})},
            stdin=stdin, output_cap=output_cap,
        )  # fmt: skip
        return LiveExec(self, id, answer["attached"])

    async def find(self, id: str) -> LiveExec:
        """See Sandbox.find."""
        await self.ask("wait", exec=id, wait_s=0.0)
        return LiveExec(self, id, True)

    async def kill_all(self, grace_s: float = 0.5) -> int:
        """See Sandbox.kill_all."""
        answer = await self.ask("kill_all", grace_s=grace_s)
        if answer["left"]:
            raise TimedOut(f"{self.bridge.label}: {answer['left']} commands are still ending; call kill_all again")
        return int(answer["killed"])

    async def freeze(self) -> None:
        """See Sandbox.freeze."""
        answer = await self.ask("freeze", wait_s=FREEZE_PATIENCE_S)
        if not answer["frozen"]:
            raise TimedOut(f"{self.bridge.label}: some of its processes will not stop; kill its commands")

    async def thaw(self) -> None:
        """See Sandbox.thaw."""
        await self.ask("thaw")

    async def put(self, path: str, data: bytes, *, mode: int | None = None) -> None:
        """See Sandbox.put."""
        for _ in range(PUT_TRIES - 1):
            try:
                await self._put(path, memoryview(data), mode)
                return
            except Changed:  # a piece asked twice over a broken link looks the same as somebody's meddling
                continue
        await self._put(path, memoryview(data), mode)

    async def _put(self, path: str, data: memoryview, mode: int | None) -> None:
        upload, offset, last = secrets.token_hex(8), 0, False
        while not last:
            piece = bytes(data[offset : offset + CHUNK_BYTES])
            last = offset + len(piece) == len(data)
            given = -1 if mode is None else mode
            await self.ask("put", path=path, upload=upload, offset=offset, data=piece, mode=given, last=last)
            offset += len(piece)

    async def get(self, path: str, *, max_bytes: int = 1 << 30) -> bytes:
        """See Sandbox.get."""
        out, first = bytearray(), None
        while True:
            answer = await self.ask("get", path=path, offset=len(out))
            first = first or answer["version"]
            if answer["version"] != first:
                raise Changed(f"{path!r} changed while it was being read; read it again")
            if answer["size"] > max_bytes:
                raise BadRequest(
                    f"{path!r} has {answer['size']} bytes, at most {max_bytes}; raise max_bytes or split it"
                )
            out += answer["data"]
            if len(out) > answer["size"]:  # it grew between the look at its size and the reading
                raise Changed(f"{path!r} grew while it was being read; read it again")
            if not answer["data"] or len(out) == answer["size"]:
                return bytes(out)

    async def snapshot(self, *, exclude: Sequence[str] = (), max_file_bytes: int = 256 << 20) -> Manifest:
        """See Sandbox.snapshot."""
        files: list[FileEntry] = []
        skipped: list[tuple[str, str]] = []
        page: Message = {"after": "", "done": False}
        while not page["done"]:
            page = await self.ask(
                "manifest", exclude=list(exclude), after=page["after"], max_file_bytes=max_file_bytes,
                limit_s=MANIFEST_LIMIT_S,
            )  # fmt: skip
            files += [FileEntry(*row) for row in page["files"]]
            skipped += [(path, reason) for path, reason in page["skipped"]]
            if len(files) + len(skipped) > MAX_FILES:
                raise BadRequest(f"more than {MAX_FILES} files in the workspace; remove some or exclude their folder")
        return Manifest(tuple(files), tuple(skipped))

    async def stats(self) -> Stats:
        """See Sandbox.stats."""
        answer = await self.ask("stats")
        return Stats(**{name: answer[name] for name in Stats.__struct_fields__})

    async def usage(self) -> Usage:
        """See Sandbox.usage."""
        answer = await self.ask("usage")
        return Usage(answer["bytes"], tuple(answer["closed"]))

    async def heartbeat(self) -> None:
        """See Sandbox.heartbeat."""
        await self.ask("heartbeat")

    def connections(self) -> AsyncIterator[relay.Stream]:
        """See Sandbox.connections."""
        return relay.connections(self)

    async def remove(self) -> None:
        """See Sandbox.remove."""
        self._removed()
        await self.bridge.close()
