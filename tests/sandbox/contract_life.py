"""What every backend promises about files, snapshots, loss and leaving nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox.leftovers import end
from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import (
    Backend,
    BadRequest,
    CannotStart,
    Changed,
    NotFound,
    SandboxLost,
    SandboxSpec,
    UnsafePath,
)

from .contract import STUBBORN, CommandContract
from .make import ground
from .watch import gone, living, marker, oldest, read_until, run

PARENT = """
import asyncio, sys
from pathlib import Path
from aarctl.sandbox.protocol import SandboxSpec
from tests.sandbox.make import backend_named

async def main(name, run, home, script):
    backend = await backend_named(name, f"home-{run}")
    print("creating", flush=True)
    spec = SandboxSpec(run, "r1", Path(home, "w"), Path(home, "s"), home=f"home-{run}", silence_s=0.5)
    sandbox = await backend.create(spec)
    one = await sandbox.exec("x", ["sh", "-c", "echo up; " + script], timeout_s=60)
    async for _ in one.stream():
        print("ready", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""

GROWS = """
with open("grows", "r+b", 0) as file:
    while True:
        file.truncate(0)
        file.seek(0)
        for _ in range(32):
            file.write(b"x" * 4096)
"""

JANITOR = """
import sys
from pathlib import Path
from aarctl.sandbox.leftovers import end
print(end(Path(sys.argv[1]), [sys.argv[2]]))
"""


def janitor(home: Path, run: str) -> int:
    """end() by a process that is no relative of the sandboxes."""
    argv = [sys.executable, "-c", JANITOR, str(home), run]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


class SandboxContract(CommandContract):
    """The whole protocol."""

    # files

    async def test_a_file_put_is_got_back_whole_with_its_mode(self, sandbox: LiveSandbox) -> None:
        data = os.urandom((5 << 20) + 7)
        await sandbox.put("deep/er/file", data, mode=0o755)
        assert await sandbox.get("/workspace/deep/er/file") == data
        assert (await run(sandbox, "stat", "-c", "%a %s", "deep/er/file"))[1] == f"755 {len(data)}\n"
        await sandbox.put("deep/er/file", b"")
        assert await sandbox.get("deep/er/file") == b""
        assert (await run(sandbox, "ls", "-A", "deep/er"))[1] == "file\n"

    async def test_a_file_put_without_a_mode_has_that_of_the_file_it_replaces(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "sh", "-c", "touch tool; chmod 4755 tool; ln -s tool link; mkfifo pipe"))[0].ok
        for path in ("tool", "link", "pipe", "new"):
            await sandbox.put(path, b"#!/bin/sh")
        await sandbox.put("new", b"", mode=0o700)
        listed = (await run(sandbox, "stat", "-c", "%n %a", "tool", "link", "pipe", "new"))[1]
        assert listed == "tool 755\nlink 644\npipe 644\nnew 700\n"

    async def test_a_put_that_is_begun_twice_is_to_be_tried_again(self, sandbox: LiveSandbox) -> None:
        piece = {"path": "a", "upload": "u", "offset": 0, "data": b"x", "mode": 0o644, "last": False}
        await sandbox.bridge.request("put", **piece)
        with pytest.raises(Changed, match="put it again"):
            await sandbox.bridge.request("put", **piece)
        await sandbox.bridge.request("put", **{**piece, "last": True})
        assert await sandbox.get("a") == b"x"

    async def test_work_on_files_holds_no_commands_input_open(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "truncate", "-s", "30G", "big"))[0].ok
        counting = asyncio.create_task(sandbox.snapshot(max_file_bytes=1 << 40))
        ones = [await sandbox.exec(f"c{n}", ["cat"], timeout_s=60, stdin=b"in") for n in range(5)]
        for one in ones:
            assert (await one.wait()).ok
        assert not counting.done(), "the snapshot was too quick to show anything; make the file larger"
        counting.cancel()

    async def test_a_file_that_is_not_there_or_too_large_is_said_to_be(self, sandbox: LiveSandbox) -> None:
        with pytest.raises(NotFound, match="no file 'a/b'"):
            await sandbox.get("a/b")
        await sandbox.put("big", b"x" * 100)
        with pytest.raises(BadRequest, match="100 bytes, at most 99"):
            await sandbox.get("big", max_bytes=99)

    async def test_of_a_file_that_grows_no_more_is_read_than_was_asked_for(self, sandbox: LiveSandbox) -> None:
        await sandbox.put("grows", b"")
        writing = await sandbox.exec("w", ["python3", "-c", GROWS], timeout_s=60)
        for _ in range(300):
            with contextlib.suppress(Changed, BadRequest):
                assert len(await sandbox.get("grows", max_bytes=1 << 16)) <= 1 << 16
        await writing.kill()

    @pytest.mark.parametrize(
        "path", ["../x", "a/../../x", "/etc/passwd", "/workspace/../etc/passwd", "", "/", "a\0b", "/workspace"]
    )
    async def test_a_path_that_leaves_the_workspace_is_refused(self, sandbox: LiveSandbox, path: str) -> None:
        with pytest.raises(UnsafePath):
            await sandbox.get(path)
        with pytest.raises(UnsafePath):
            await sandbox.put(path, b"x")

    async def test_links_are_never_followed(self, sandbox: LiveSandbox, spec: SandboxSpec) -> None:
        outside = spec.workspace.parent / "outside"
        outside.mkdir(parents=True)
        (outside / "secret").write_text("secret")
        make = f"ln -s /etc/passwd file; ln -s {outside} folder; ln -s folder/secret chain"
        make += "; echo in > plain; ln plain hard"
        assert (await run(sandbox, "sh", "-c", make))[0].ok
        for path in ("file", "folder/secret", "chain", "hard", "plain"):
            with pytest.raises(UnsafePath):
                await sandbox.get(path)
        with pytest.raises(UnsafePath):
            await sandbox.put("folder/new", b"x")
        await sandbox.put("file", b"mine")  # takes the link's place
        assert await sandbox.get("file") == b"mine" and os.listdir(outside) == ["secret"]
        await sandbox.put("hard", b"new")  # takes the name, not the file behind both names
        assert await sandbox.get("plain") == b"in\n"

    async def test_only_regular_files_cross(self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec) -> None:
        assert (await run(sandbox, "sh", "-c", "mkfifo fifo; mkdir folder"))[0].ok
        odd = ["fifo", "folder"]
        if os.geteuid() == 0:
            os.mknod(await ground(backend, spec) / "zero", 0o666 | 0o020000, os.makedev(1, 5))
            odd.append("zero")
        for path in odd:
            with pytest.raises(UnsafePath, match="not a regular file"):
                await sandbox.get(path)
        assert [path for path, _ in (await sandbox.snapshot()).skipped] == sorted(set(odd) - {"folder"})

    async def test_a_link_swapped_in_during_a_put_is_not_written_through(
        self, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        target = spec.workspace.parent / "target"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("old")
        swap = f"echo up; while :; do rm -rf d; mkdir d; rm -rf d; ln -s {target.parent} d; done"
        one = await sandbox.exec("swap", ["sh", "-c", swap], timeout_s=30)
        await read_until(one, b"up\n")
        for _ in range(60):
            try:
                await sandbox.put("d/target", b"new")
            except BadRequest:
                continue
            except NotFound:
                continue
        await one.kill()
        assert target.read_text() == "old"

    # snapshots

    async def test_a_snapshot_names_every_file_by_content_in_path_order(self, sandbox: LiveSandbox) -> None:
        for path, data in {"b.py": b"b", "a/z.py": b"z", "a.py": b"a", "runs/big": b"x" * 9}.items():
            await sandbox.put(path, data)
        assert (await run(sandbox, "sh", "-c", "ln -s a.py link; mkdir -p .git; echo x > .git/x; chmod 755 b.py"))[0].ok
        seen = await sandbox.snapshot(exclude=[".git", "*.tmp"], max_file_bytes=8)
        assert [(f.path, f.mode) for f in seen.files] == [("a/z.py", 0o644), ("a.py", 0o644), ("b.py", 0o755)]
        assert seen.files[1].sha256 == hashlib.sha256(b"a").hexdigest()
        assert [path for path, _ in seen.skipped] == ["link", "runs/big"]

    async def test_a_snapshot_of_many_files_comes_in_pages_and_whole(self, sandbox: LiveSandbox) -> None:
        script = "mkdir 0 1 2 3 4 5 6; for n in $(seq 2300); do : > $((n % 7))/$n; done"
        assert (await run(sandbox, "sh", "-c", script))[0].ok
        files = [entry.path for entry in (await sandbox.snapshot()).files]
        assert len(files) == len(set(files)) == 2300

    async def test_a_snapshot_of_too_many_things_is_refused_whatever_they_are(
        self, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("aarctl.sandbox.live.MAX_FILES", 100)
        assert (await run(sandbox, "sh", "-c", "for n in $(seq 150); do ln -s x $n; done"))[0].ok
        with pytest.raises(BadRequest, match="more than 100 files"):
            await sandbox.snapshot()

    # use

    async def test_stats_count_what_runs(self, sandbox: LiveSandbox) -> None:
        one = await sandbox.exec("s", ["sh", "-c", "sleep 60 & sleep 60 & echo up; wait"], timeout_s=30)
        await read_until(one, b"up\n")
        stats = await sandbox.stats()
        assert (stats.processes, stats.running, stats.frozen) == (3, 1, False)
        assert stats.memory_bytes > 0 and stats.disk_total_bytes > stats.disk_free_bytes > 0
        await sandbox.heartbeat()

    async def test_usage_counts_blocks_once_and_says_where_it_cannot_look(self, sandbox: LiveSandbox) -> None:
        make = "mkdir a; head -c 3000000 /dev/zero > a/b; ln a/b c; truncate -s 9G sparse; ln -s / d"
        assert (await run(sandbox, "sh", "-c", make))[0].ok
        usage = await sandbox.usage()
        assert 3_000_000 <= usage.bytes < 3_200_000 and usage.closed == ()
        deep = "import os\nfor n in range(300):\n  os.mkdir('x'); os.chdir('x')"
        assert (await run(sandbox, "python", "-c", deep))[0].ok
        assert "deeper than" in (await sandbox.usage()).closed[0]

    async def test_a_result_says_what_the_tree_used(self, sandbox: LiveSandbox) -> None:
        result, _ = await run(sandbox, "python", "-c", "b = b'x' * 50_000_000\nfor n in range(3_000_000): pass")
        assert result.cpu_s > 0.02 and result.peak_memory_bytes > 50_000_000 and result.duration_s > 0

    # loss, and leaving nothing

    async def test_sandboxes_are_found_by_run_and_name(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        assert await backend.attach(spec.run, spec.name) is sandbox
        assert {(one.run, one.name) for one in await backend.list_owned(spec.run)} == {(spec.run, spec.name)}
        assert await backend.list_owned("another-run") == []
        with pytest.raises(NotFound, match="same workspace and spool"):
            await backend.attach(spec.run, "r2")
        with pytest.raises(BadRequest, match="is alive"):
            await backend.create(spec)

    async def test_removing_leaves_no_process_and_may_be_done_twice(
        self, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        mark = marker()
        one = await sandbox.exec("x", ["sh", "-c", "echo up; " + STUBBORN.format(mark)], timeout_s=30)
        await read_until(one, b"up\n")
        await sandbox.remove()
        await sandbox.remove()
        assert living(mark) == [] and living(spec.run) == []
        with pytest.raises(SandboxLost, match="was removed"):
            await one.wait()

    async def test_when_the_keeper_is_killed_every_question_says_lost_and_nothing_is_left(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        mark = marker()
        one = await sandbox.exec("x", ["sh", "-c", "echo up; " + STUBBORN.format(mark)], timeout_s=30)
        await read_until(one, b"up\n")
        waiting = asyncio.create_task(one.wait())
        os.kill(oldest(entry.pid for entry in await backend.list_owned(spec.run)), signal.SIGKILL)
        with pytest.raises(SandboxLost, match="same workspace and spool"):
            await waiting
        with pytest.raises(SandboxLost):
            await sandbox.heartbeat()
        await gone(mark)
        await gone(spec.run)

    async def test_a_new_sandbox_on_the_same_spool_answers_for_the_old_ones_commands(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        done = await (await sandbox.exec("done", ["sh", "-c", "echo kept; exit 4"], timeout_s=30)).wait()
        cut = await sandbox.exec("cut", ["sh", "-c", "echo begun; sleep 60"], timeout_s=30)
        await read_until(cut, b"begun\n")
        await sandbox.remove()
        second = await backend.create(spec)
        try:
            again = await second.exec("done", ["false"], timeout_s=5)
            assert again.attached and await again.wait() == done and (await again.output()).text() == "kept\n"
            lost = await second.find("cut")
            result = await lost.wait()
            assert (result.exit_code, result.signal) == (None, None) and "unknown" in result.error
            assert (await lost.output()).head == b"begun\n"
        finally:
            await second.remove()

    async def test_two_keepers_never_share_a_spool(
        self, backend: Backend, sandbox: LiveSandbox, spec: SandboxSpec
    ) -> None:
        other = msgspec.structs.replace(spec, name="r2")
        with pytest.raises(CannotStart, match="in use"):
            await backend.create(other)

    async def test_a_cancelled_creation_leaves_nothing(self, backend: Backend, spec: SandboxSpec) -> None:
        for delay in (0.0, 0.005, 0.02, 0.05):
            task = asyncio.create_task(backend.create(spec))
            await asyncio.wait([task], timeout=delay)
            if not task.cancel():
                await task.result().remove()
            await asyncio.wait([task])
        await gone(spec.run)

    async def test_killing_the_supervisor_leaves_no_process(self, backend: Backend, tmp_path: Path) -> None:
        mark = marker()
        argv = [sys.executable, "-c", PARENT, backend.name, f"run-{mark}", str(tmp_path), STUBBORN.format(mark)]
        parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
        assert parent.stdout is not None and await parent.stdout.readuntil(b"ready\n")
        assert len(living(mark)) > 3
        parent.kill()
        await parent.wait()
        await gone(mark)

    @pytest.mark.parametrize("delay_s", [0.0, 0.002, 0.005, 0.01, 0.02, 0.04])
    async def test_killing_the_supervisor_while_it_creates_leaves_no_process(
        self, backend: Backend, tmp_path: Path, delay_s: float
    ) -> None:
        mark = marker()
        argv = [sys.executable, "-c", PARENT, backend.name, f"run-{mark}", str(tmp_path), f"sleep {mark}"]
        parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
        assert parent.stdout is not None and await parent.stdout.readline() == b"creating\n"
        await asyncio.wait([asyncio.create_task(parent.wait())], timeout=delay_s)
        parent.kill()
        await parent.wait()
        await gone(mark)

    async def test_the_janitor_ends_only_what_is_the_runs_and_ownerless(
        self, backend: Backend, sandbox: LiveSandbox, tmp_path: Path, spec: SandboxSpec
    ) -> None:
        mark = marker()
        home = tmp_path / "home2"
        argv = [sys.executable, "-c", PARENT, backend.name, f"run-{mark}", str(home), f"sleep {mark}"]
        parent = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE, start_new_session=True)
        assert parent.stdout is not None and await parent.stdout.readuntil(b"ready\n")
        assert end(home, [f"run-{mark}"]) == 0  # the parent is our child: these are not ownerless
        assert janitor(tmp_path / "elsewhere", f"run-{mark}") == janitor(home, "run-other") == 0
        assert janitor(home, f"run-{mark}") > 0
        await parent.wait()  # it lost its sandbox, and says so
        await gone(f"run-{mark}")
        assert end(tmp_path, [spec.run]) == 0
        await sandbox.heartbeat()
