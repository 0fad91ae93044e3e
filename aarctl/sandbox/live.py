"""A live sandbox behind any backend: the Sandbox protocol spoken to a keeper over a bridge."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from aarctl.sandbox.bridge import Bridge
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
)

POLL_S = 20.0  # one wait or stream request stays open so long, then is asked again
POLL_LIMIT_S = POLL_S + 30.0
MANIFEST_LIMIT_S = 300.0
MAX_FILES = 50_000


class LiveExec:
    """One command of a live sandbox."""

    def __init__(self, bridge: Bridge, id: str, attached: bool) -> None:
        self._bridge, self.id, self.attached = bridge, id, attached

    def __repr__(self) -> str:
        return f"LiveExec({self.id} in {self._bridge.label})"

    async def stream(self, offset: int = 0) -> AsyncIterator[Chunk]:
        """See Exec.stream."""
        while True:
            answer = await self._bridge.request(
                "stream", exec=self.id, offset=offset, wait_s=POLL_S, limit_s=POLL_LIMIT_S
            )
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
            answer = await self._bridge.request("wait", exec=self.id, wait_s=POLL_S, limit_s=POLL_LIMIT_S)
            if answer["result"] is not None:
                return ExecResult(**answer["result"])

    async def kill(self, grace_s: float = 0.5) -> ExecResult:
        """See Exec.kill."""
        await self._bridge.request("kill", exec=self.id, grace_s=grace_s, wait_s=0.0)
        return await self.wait()


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
        self._env, self._removed = {**env, **spec.env}, removed

    def __repr__(self) -> str:
        return f"LiveSandbox({self.spec.run}/{self.spec.name}, {self.bridge!r})"

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
        answer = await self.bridge.request(
            "exec", exec=id, argv=list(argv), timeout_s=float(timeout_s), cwd=cwd, env={**self._env, **(env or {})},
            stdin=stdin, output_cap=output_cap,
        )  # fmt: skip
        return LiveExec(self.bridge, id, answer["attached"])

    async def find(self, id: str) -> LiveExec:
        """See Sandbox.find."""
        await self.bridge.request("wait", exec=id, wait_s=0.0)
        return LiveExec(self.bridge, id, True)

    async def kill_all(self, grace_s: float = 0.5) -> int:
        """See Sandbox.kill_all."""
        answer = await self.bridge.request("kill_all", grace_s=grace_s)
        if answer["left"]:
            raise TimedOut(f"{self.bridge.label}: {answer['left']} commands are still ending; call kill_all again")
        return int(answer["killed"])

    async def freeze(self) -> None:
        """See Sandbox.freeze."""
        await self.bridge.request("freeze")

    async def thaw(self) -> None:
        """See Sandbox.thaw."""
        await self.bridge.request("thaw")

    async def put(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """See Sandbox.put."""
        upload, offset, view = secrets.token_hex(8), 0, memoryview(data)
        while True:
            piece = bytes(view[offset : offset + CHUNK_BYTES])
            last = offset + len(piece) == len(data)
            await self.bridge.request("put", path=path, upload=upload, offset=offset, data=piece, mode=mode, last=last)
            offset += len(piece)
            if last:
                return

    async def get(self, path: str, *, max_bytes: int = 1 << 30) -> bytes:
        """See Sandbox.get."""
        out, first = bytearray(), None
        while True:
            answer = await self.bridge.request("get", path=path, offset=len(out))
            seen = (answer["size"], answer["mtime_ns"])
            first = first or seen
            if seen != first:
                raise Changed(f"{path!r} changed while it was being read; read it again")
            if answer["size"] > max_bytes:
                raise BadRequest(
                    f"{path!r} has {answer['size']} bytes, at most {max_bytes}; raise max_bytes or split it"
                )
            out += answer["data"]
            if not answer["data"] or len(out) >= answer["size"]:
                return bytes(out)

    async def snapshot(self, *, exclude: Sequence[str] = (), max_file_bytes: int = 256 << 20) -> Manifest:
        """See Sandbox.snapshot."""
        files: list[FileEntry] = []
        skipped: list[tuple[str, str]] = []
        page: Message = {"after": "", "done": False}
        while not page["done"]:
            page = await self.bridge.request(
                "manifest", exclude=list(exclude), after=page["after"], max_file_bytes=max_file_bytes,
                limit_s=MANIFEST_LIMIT_S,
            )  # fmt: skip
            files += [FileEntry(*row) for row in page["files"]]
            skipped += [(path, reason) for path, reason in page["skipped"]]
            if len(files) > MAX_FILES:
                raise BadRequest(f"more than {MAX_FILES} files in the workspace; remove some or exclude their folder")
        return Manifest(tuple(files), tuple(skipped))

    async def stats(self) -> Stats:
        """See Sandbox.stats."""
        answer = await self.bridge.request("stats")
        return Stats(**{name: answer[name] for name in Stats.__struct_fields__})

    async def heartbeat(self) -> None:
        """See Sandbox.heartbeat."""
        await self.bridge.request("heartbeat")

    async def remove(self) -> None:
        """See Sandbox.remove."""
        self._removed()
        await self.bridge.close()
