"""The keeper as a program: hostile frames, a bridge that is lost and found again, silence, start time."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from aarctl.sandbox.backend import KEEPER, PACKAGES
from aarctl.sandbox.inside import wire

from .watch import gone, living, marker


class Peer:
    """A bare client: what it sends is what the test says, right or wrong."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process, self._frames, self._ready = process, wire.Frames(), list[Any]()

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    async def next(self) -> dict[str, Any]:
        """The next answer."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while not self._ready:
                data = await self.process.stdout.read(1 << 16)
                assert data, "the keeper has ended"
                self._ready += self._frames.feed(data)
        return self._ready.pop(0)

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """One request and its answer."""
        self.send(wire.pack({"v": wire.VERSION, "id": 7, "op": op, **fields}))
        return await self.next()


async def start(role: str, *arguments: str) -> Peer:
    """A keeper (or its bridge) as a child of this test."""
    argv = [sys.executable, "-I", "-S", str(KEEPER), role, *arguments, "--packages", str(PACKAGES)]
    return Peer(await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE))


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    (tmp_path / "w").mkdir()
    places = ["--workspace", str(tmp_path / "w"), "--spool", str(tmp_path / "s")]
    return ["--run", f"run-{marker()}", "--name", "r1", *places]


@pytest.fixture
async def keeper(folders: list[str]) -> AsyncIterator[Peer]:
    peer = await start("serve", *folders)
    yield peer
    assert peer.process.stdin is not None
    peer.process.stdin.close()
    assert await peer.process.wait() == 0


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (framed(b""), "not msgpack"),
        (framed(b"\xc1\xff\x00"), "not msgpack"),
        (framed(b"\x91" * 5000), "not msgpack"),
        (framed(msgpack.packb([1, 2])), "not a map"),
        (framed(msgpack.packb({1: 2})), "not msgpack"),
        (framed(msgpack.packb({})), "protocol version None"),
        (framed(msgpack.packb({"v": 99, "op": "hello"})), "protocol version 99"),
        (framed(msgpack.packb({"v": 1})), "op 'None' is unknown"),
        (framed(msgpack.packb({"v": 1, "op": "__init__"})), "use one of hello"),
        (framed(msgpack.packb({"v": 1, "op": ["hello"]})), "is unknown"),
        (framed(msgpack.packb({"v": 1, "op": "exec", "exec": 5})), "field 'exec' = '5', must be str"),
        (framed(msgpack.packb({"v": 1, "op": "stream", "exec": "x", "offset": -1})), "no exec 'x'"),
        (framed(msgpack.packb({"v": 1, "op": "get", "path": "x", "offset": True})), "must be int"),
        (framed(msgpack.packb({"v": 1, "op": "wait", "exec": "x" * 3_000_000})), "exec id"),
        (struct.pack(">I", (64 << 20) - 1) + b"x" * ((64 << 20) - 1), "send it in pieces"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_broken_frame_is_answered_with_an_error_and_the_next_one_works(
    keeper: Peer, frame: bytes, said: str
) -> None:
    keeper.send(frame)
    answer = await keeper.next()
    assert not answer["ok"] and said in answer["message"]
    assert (await keeper.ask("hello"))["ok"]


async def test_a_frame_may_come_byte_by_byte(keeper: Peer) -> None:
    for byte in wire.pack({"v": 1, "id": 3, "op": "heartbeat"}):
        keeper.send(bytes([byte]))
    assert (await keeper.next())["id"] == 3


async def test_a_new_bridge_picks_a_command_up_where_it_is(folders: list[str], tmp_path: Path) -> None:
    mark, path = marker(), str(tmp_path / "socket")
    serving = await start("serve", *folders, "--listen", path)
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    first = await start("bridge", "--listen", path)
    script = f"echo one; until [ -e go ]; do sleep .01; done; echo two; exit 5; : {mark}"
    env = {"PATH": "/usr/bin:/bin"}
    started = {"argv": ["sh", "-c", script], "env": env, "cwd": "", "timeout_s": 30.0, "output_cap": 1000}
    assert not (await first.ask("exec", exec="x", **started))["attached"]
    assert (await first.ask("stream", exec="x", offset=0))["data"] == b"one\n"
    first.process.kill()
    await first.process.wait()
    assert living(mark)
    (tmp_path / "w" / "go").touch()
    second = await start("bridge", "--listen", path)
    assert (await second.ask("exec", exec="x", **started))["attached"]
    assert (await second.ask("wait", exec="x", wait_s=20.0))["result"]["exit_code"] == 5
    answer = await second.ask("stream", exec="x", offset=4)
    assert (answer["offset"], answer["data"], answer["ended"]) == (4, b"two\n", True)
    second.process.kill()
    serving.process.terminate()
    await asyncio.gather(second.process.wait(), serving.process.wait())
    await gone(folders[1])


async def test_work_freezes_when_no_supervisor_speaks_and_thaws_with_the_next_word(
    folders: list[str], tmp_path: Path
) -> None:
    keeper = await start("serve", *folders, "--silence-s", "0.2")
    argv = ["sh", "-c", "while :; do echo x >> ticks; sleep .01; done"]
    await keeper.ask("exec", exec="x", argv=argv, env={"PATH": "/usr/bin:/bin"}, cwd="", timeout_s=60.0, output_cap=10)
    ticks, seen = tmp_path / "w" / "ticks", [0, -1, -2]
    async with asyncio.timeout(30):
        while not ticks.exists() or len(set(seen[-3:])) > 1:  # it ticks every 10 ms, unless frozen
            await asyncio.sleep(0.1)
            seen.append(ticks.stat().st_size if ticks.exists() else -len(seen))
        assert (await keeper.ask("hello"))["frozen"] is False
        while ticks.stat().st_size == seen[-1]:
            await asyncio.sleep(0.01)
    keeper.process.terminate()
    await keeper.process.wait()


async def test_an_answer_too_late_for_its_bridge_reaches_no_other(folders: list[str], tmp_path: Path) -> None:
    socket = str(tmp_path / "k")
    keeper = await start("serve", *folders, "--listen", socket)
    with (tmp_path / "w" / "big").open("wb") as file:
        file.truncate(2 << 30)
    first, second = await start("bridge", "--listen", socket), await start("bridge", "--listen", socket)
    assert (await first.ask("hello"))["ok"]
    asked = {"op": "manifest", "after": "", "exclude": [], "max_file_bytes": 2**40}
    first.send(wire.pack({"v": wire.VERSION, "id": 9, **asked}))
    first.process.kill()
    await first.process.wait()
    answers = [await second.ask("heartbeat") for _ in range(50)]
    third = await start("bridge", "--listen", socket)  # takes the first one's place, and its file number
    while (await third.ask("stats"))["running"]:
        pass
    await asyncio.sleep(3)  # the answer comes to nobody: there is nothing to wait on
    assert {one["id"] for one in [*answers, await third.ask("heartbeat"), await second.ask("heartbeat")]} == {7}
    for one in (second, third, keeper):
        one.process.terminate()
        await one.process.wait()


def test_it_needs_nothing_but_the_standard_library_and_msgpack() -> None:
    path = [str(KEEPER.parents[2]), str(PACKAGES)]
    code = f"import sys; sys.path[:0] = {path}; import aarctl.sandbox.keeper; print(*sys.modules)"
    argv = [sys.executable, "-I", "-S", "-c", code]
    names = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    foreign = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"aarctl", "msgpack"}
    assert {name for name in foreign if "cython" not in name} <= {"__main__"}
    ours = {name for name in names if name.startswith("aarctl.") and "inside" not in name}
    assert ours == {"aarctl.sandbox", "aarctl.sandbox.keeper"}
