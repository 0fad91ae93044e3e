"""What every backend promises about commands; each backend's test file inherits this and says how it is made."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aarctl.sandbox.live import LiveSandbox
from aarctl.sandbox.protocol import Backend, BadRequest, Frozen, NotFound, SandboxSpec

from .watch import living, marker, read_until, run, said

STUBBORN = "trap '' TERM; setsid sh -c 'trap \"\" TERM; (sleep {0} &) ; sleep {0}' & (setsid sleep {0} &) ; sleep {0}"
"""A command whose tree ignores TERM, forks twice and opens sessions of its own."""

HEADLESS = """
import ctypes, threading
def work():
    while threading.main_thread().native_id: pass
threading.Thread(target=work).start()
print("up", flush=True)
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[__import__("platform").machine()], 0)
"""
"""A program that ends its first thread alone: to the process table it looks dead, and it works on."""


PAUSED = -1
STILL_S = 0.2  # that are twenty ticks of the clock which CPU time is counted by


async def standing_still(sandbox: LiveSandbox) -> int:
    """How many processes a frozen sandbox has, seen twice to use no time; PAUSED where an engine holds it whole."""
    try:
        before = await sandbox.stats()
        await asyncio.sleep(STILL_S)
        after = await sandbox.stats()
    except Frozen:
        return PAUSED
    assert after.frozen and after.cpu_s == before.cpu_s
    return after.processes


class CommandContract:
    """Commands: at most once, whole trees, output that can be read again, time limits, freezing."""

    @pytest.fixture
    def backend(self) -> Backend:
        raise NotImplementedError

    @pytest.fixture
    def spec(self, tmp_path: Path) -> SandboxSpec:
        task = tmp_path / "home" / "task"
        task.mkdir(parents=True)
        (task / "pool.jsonl").write_text("public\n")
        work = tmp_path / "home" / "work"
        return SandboxSpec(f"run-{marker()}", "r1", work / "r1", work / "spool", {"/task": task}, {"SPEC": "yes"})

    @pytest.fixture
    async def sandbox(self, backend: Backend, spec: SandboxSpec) -> AsyncIterator[LiveSandbox]:
        made = await backend.create(spec)
        yield made  # type: ignore[misc]
        await made.remove()

    # running

    async def test_a_command_gives_its_exit_code_and_its_output_in_the_order_written(
        self, sandbox: LiveSandbox
    ) -> None:
        result, text = await run(sandbox, "sh", "-c", "echo out; echo err >&2; echo out; exit 3")
        assert (result.exit_code, result.signal, result.error) == (3, None, "")
        assert text == "out\nerr\nout\n" and result.output_bytes == len(text)

    async def test_standard_input_is_given_whole_and_then_ends(self, sandbox: LiveSandbox) -> None:
        data = random.Random(1).randbytes(1 << 20)
        result, text = await run(sandbox, "sh", "-c", "sha256sum; cat | wc -c", stdin=data)
        assert text.endswith("-\n0\n") and result.ok

    async def test_without_input_a_command_reads_an_end(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "cat"))[0].ok

    async def test_input_nobody_reads_harms_nobody(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "true", stdin=b"x" * (1 << 20)))[0].ok

    async def test_the_environment_is_the_specs_and_the_calls_and_nothing_of_ours(
        self, sandbox: LiveSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "canary")
        _, text = await run(sandbox, "env", env={"CALL": "too"})
        names = {line.split("=")[0] for line in text.splitlines()}
        assert {"SPEC", "CALL", "PATH", "HOME", "AARCTL_TASK", "AARCTL_RUN"} <= names
        assert "canary" not in text and not names - {
            "SPEC", "CALL", "PATH", "HOME", "USER", "LANG", "TMPDIR", "PYTHONPATH", "AARCTL_TASK", "AARCTL_RUN",
            "PWD", "_", "SHLVL",
        }  # fmt: skip

    async def test_a_command_starts_in_the_workspace_or_where_it_is_told(self, sandbox: LiveSandbox) -> None:
        await sandbox.put("a/b/here", b"")
        for cwd in ("a/b", "/workspace/a/b"):
            assert (await run(sandbox, "ls", cwd=cwd))[1] == "here\n"
        assert (await run(sandbox, "ls"))[1] == "a\n"

    async def test_the_task_is_found_by_its_variable(self, sandbox: LiveSandbox) -> None:
        assert (await run(sandbox, "sh", "-c", 'cat "$AARCTL_TASK/pool.jsonl"'))[1] == "public\n"

    async def test_python_and_the_lab_are_there(self, sandbox: LiveSandbox) -> None:
        result, text = await run(sandbox, "python", "-c", "import aarctl, aarctl.lab, msgpack")
        assert result.ok, text

    async def test_a_program_that_is_not_there_has_no_exit_code_and_says_why(self, sandbox: LiveSandbox) -> None:
        result, _ = await run(sandbox, "no-such-program")
        assert (result.exit_code, result.signal) == (None, None) and "no-such-program" not in result.error[:1]
        assert result.error.startswith("could not start: FileNotFoundError")

    async def test_a_command_ended_by_a_signal_has_that_signal_and_no_exit_code(self, sandbox: LiveSandbox) -> None:
        result, _ = await run(sandbox, "sh", "-c", "kill -SEGV $$")
        assert (result.exit_code, result.signal) == (None, signal.SIGSEGV)

    async def test_an_id_runs_once_and_a_repeat_attaches_to_it(self, sandbox: LiveSandbox) -> None:
        first = await sandbox.exec("once", ["sh", "-c", "echo ran >> times; cat times"], timeout_s=30)
        again = await sandbox.exec("once", ["sh", "-c", "echo ran >> times"], timeout_s=30)
        assert (first.attached, again.attached) == (False, True)
        assert await first.wait() == await again.wait()
        assert (await (await sandbox.find("once")).output()).text() == "ran\n"
        assert await sandbox.get("times") == b"ran\n"

    async def test_an_unknown_id_is_not_found(self, sandbox: LiveSandbox) -> None:
        with pytest.raises(NotFound, match="no exec 'nobody'"):
            await sandbox.find("nobody")

    @pytest.mark.parametrize("id", ["", "../up", ".hidden", "a/b", "x" * 65, "é"])
    async def test_an_id_that_could_name_a_place_is_refused(self, sandbox: LiveSandbox, id: str) -> None:
        with pytest.raises(BadRequest, match="exec id"):
            await sandbox.exec(id, ["true"], timeout_s=5)

    @pytest.mark.parametrize("wrong", [{"argv": []}, {"argv": ["a\0b"]}, {"env": {"a=b": "c"}}, {"timeout_s": -1.0}])
    async def test_a_request_that_cannot_work_says_which_field(self, sandbox: LiveSandbox, wrong: dict) -> None:
        with pytest.raises(BadRequest, match=next(iter(wrong))):
            await sandbox.exec("x", **{"argv": ["true"], "timeout_s": 5.0, **wrong})

    async def test_many_commands_run_at_once(self, sandbox: LiveSandbox) -> None:
        await sandbox.put("gate", b"")
        waiting = [
            await sandbox.exec(f"w{n}", ["sh", "-c", f"while [ -e gate ]; do sleep .01; done; echo {n}"], timeout_s=60)
            for n in range(12)
        ]
        assert (await run(sandbox, "rm", "gate"))[0].ok
        assert [await said(one) for one in waiting] == [f"{n}\n" for n in range(12)]

    # output

    async def test_output_is_streamed_while_the_command_runs_and_from_any_offset(self, sandbox: LiveSandbox) -> None:
        one = await sandbox.exec("s", ["sh", "-c", "echo one; cat; echo two; sleep 99"], timeout_s=60, stdin=b"in\n")
        assert await read_until(one, b"two\n") == b"one\nin\ntwo\n"
        assert await read_until(one, b"two\n", offset=4) == b"in\ntwo\n"
        await one.kill()

    async def test_past_the_cap_head_and_tail_are_kept_and_the_missing_bytes_counted(
        self, sandbox: LiveSandbox
    ) -> None:
        one = await sandbox.exec("c", ["sh", "-c", "seq 1 20000"], timeout_s=20, output_cap=1001)
        result, output = await one.wait(), await one.output()
        full = b"".join(b"%d\n" % n for n in range(1, 20001))
        assert result.output_bytes == len(full) and result.truncated
        assert (output.head, output.tail) == (full[:501], full[-500:])
        assert output.dropped_bytes == len(full) - 1001 and str(output.dropped_bytes) in output.text()

    @pytest.mark.parametrize("cap", [0, 1, 2])
    async def test_the_smallest_caps_hold(self, sandbox: LiveSandbox, cap: int) -> None:
        one = await sandbox.exec("c", ["printf", "abc"], timeout_s=20, output_cap=cap)
        output = await one.output()
        assert (output.head + output.tail, (await one.wait()).output_bytes) == ({0: b"", 1: b"a", 2: b"ac"}[cap], 3)

    async def test_a_flood_is_counted_and_does_not_starve_a_neighbour(self, sandbox: LiveSandbox) -> None:
        flood = await sandbox.exec("flood", ["sh", "-c", "head -c 200000000 /dev/zero"], timeout_s=120, output_cap=4096)
        async with asyncio.timeout(60):
            assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
        assert (await flood.wait()).output_bytes == 200_000_000

    # ending

    async def test_a_time_limit_ends_the_whole_tree_and_says_so(self, sandbox: LiveSandbox) -> None:
        mark = marker()
        one = await sandbox.exec("t", ["sh", "-c", STUBBORN.format(mark)], timeout_s=0.2)
        async with asyncio.timeout(30):
            result = await one.wait()
        assert result.timed_out and not result.killed and result.exit_code is None
        assert living(mark) == []

    async def test_thirty_random_trees_all_end_with_their_limit(self, sandbox: LiveSandbox) -> None:
        dice, mark = random.Random(7), marker()
        parts = (
            "(setsid sleep {0} &)", "sleep {0} &", "setsid sh -c 'trap \"\" TERM; sleep {0}' &", "trap '' TERM",
            "(setsid sh -c '(setsid sleep {0} &)' &)", "(while :; do sleep 0.0{0} & sleep .001; done) &",
        )  # fmt: skip
        for batch in range(5):
            scripts = ["\n".join(dice.choices(parts, k=4)) + "\nsleep {0}" for _ in range(6)]
            ones = [
                await sandbox.exec(f"t{batch}-{n}", ["sh", "-c", script.format(mark)], timeout_s=dice.uniform(0, 0.1))
                for n, script in enumerate(scripts)
            ]
            async with asyncio.timeout(30):
                for one in ones:
                    await one.wait()
            assert living(mark) == [], scripts

    async def test_a_process_whose_first_thread_has_ended_is_frozen_and_ends_like_any_other(
        self, sandbox: LiveSandbox
    ) -> None:
        mark = marker()
        one = await sandbox.exec("t", ["python", "-c", HEADLESS, mark], timeout_s=60, output_cap=64)
        await read_until(one, b"up\n")
        await sandbox.freeze()
        assert await standing_still(sandbox) in (1, PAUSED)
        await sandbox.thaw()
        assert (await one.kill(grace_s=0)).killed and living(mark) == []

    async def test_what_a_command_leaves_behind_ends_with_it(self, sandbox: LiveSandbox) -> None:
        mark = marker()
        result, text = await run(
            sandbox, "sh", "-c", f"(setsid sleep {mark} &); trap '' TERM; sleep {mark} & echo done"
        )
        assert result.ok and text == "done\n" and living(mark) == []

    async def test_kill_asks_first_so_that_a_command_can_clean_up(self, sandbox: LiveSandbox) -> None:
        script = "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep .01; done"
        one = await sandbox.exec("k", ["sh", "-c", script], timeout_s=60)
        await read_until(one, b"up\n")
        result = await one.kill(grace_s=30)
        assert result.killed and result.exit_code == 7 and (await said(one)).endswith("bye\n")
        assert await one.kill() == result

    async def test_kill_insists_when_asking_does_not_help(self, sandbox: LiveSandbox) -> None:
        mark = marker()
        one = await sandbox.exec("k", ["sh", "-c", "trap '' TERM; echo up; " + STUBBORN.format(mark)], timeout_s=30)
        await read_until(one, b"up\n")
        assert (await one.kill(grace_s=0.1)).signal == signal.SIGKILL and living(mark) == []

    async def test_kill_all_ends_every_command_and_counts_them(self, sandbox: LiveSandbox) -> None:
        mark = marker()
        ones = [await sandbox.exec(f"k{n}", ["sh", "-c", STUBBORN.format(mark)], timeout_s=30) for n in range(4)]
        assert await sandbox.kill_all(grace_s=0.1) == 4
        assert living(mark) == [] and all([(await one.wait()).killed for one in ones])
        assert await sandbox.kill_all() == 0

    async def test_a_command_that_kills_its_watcher_loses_its_exit_code_and_still_ends(
        self, sandbox: LiveSandbox
    ) -> None:
        mark = marker()
        result, _ = await run(sandbox, "sh", "-c", f"(setsid sleep {mark} &); kill -9 $PPID; sleep {mark}")
        assert (result.exit_code, result.signal) == (None, None) and "unknown" in result.error
        assert living(mark) == []

    async def test_a_command_that_stops_its_watcher_is_still_killed_and_its_end_is_known(
        self, sandbox: LiveSandbox
    ) -> None:
        mark = marker()
        one = await sandbox.exec("k", ["sh", "-c", f"kill -STOP $PPID; echo up; sleep {mark}"], timeout_s=30)
        await read_until(one, b"up\n")
        result = await one.kill(grace_s=0)
        assert (result.signal, result.error) == (signal.SIGKILL, "") and living(mark) == []

    async def test_a_cancelled_wait_leaves_the_command_running(self, sandbox: LiveSandbox) -> None:
        one = await sandbox.exec("w", ["cat", "/dev/zero"], timeout_s=30, output_cap=10)
        waiting = asyncio.create_task(one.wait())
        await read_until(one, b"\0")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert (await sandbox.stats()).running == 1

    # freezing

    async def test_frozen_work_makes_no_progress_and_thawed_work_goes_on(self, sandbox: LiveSandbox) -> None:
        script = "echo up; (while :; do echo x; done) & while :; do echo y; done"
        one = await sandbox.exec("f", ["sh", "-c", script], timeout_s=30, output_cap=2)
        await read_until(one, b"u")
        await sandbox.freeze()
        assert await standing_still(sandbox) != 0
        await sandbox.thaw()
        cpu_s = (await sandbox.stats()).cpu_s
        while (await sandbox.stats()).cpu_s == cpu_s:
            await asyncio.sleep(0.01)
        await sandbox.thaw()
        assert not (await sandbox.stats()).frozen

    async def test_frozen_time_counts_against_no_time_limit(self, sandbox: LiveSandbox) -> None:
        limit_s = 5.0  # for all that happens while it is not frozen
        one = await sandbox.exec("f", ["sh", "-c", "until [ -e go ]; do sleep .01; done"], timeout_s=limit_s)
        await sandbox.freeze()
        await asyncio.sleep(limit_s + 0.2)  # longer than the limit is the thing itself
        await sandbox.heartbeat()  # which has the keeper look at its clock
        await sandbox.thaw()
        await sandbox.put("go", b"")
        result = await one.wait()
        assert result.ok and not result.timed_out

    async def test_nothing_starts_in_a_frozen_sandbox_but_a_kill_works(self, sandbox: LiveSandbox) -> None:
        mark = marker()
        one = await sandbox.exec("f", ["sh", "-c", STUBBORN.format(mark)], timeout_s=30)
        await sandbox.freeze()
        with pytest.raises(Frozen, match="thaw it first"):
            await sandbox.exec("g", ["true"], timeout_s=5)
        assert (await one.kill(grace_s=30)).killed and living(mark) == []

    async def test_thawing_does_not_wake_what_had_stopped_itself(self, sandbox: LiveSandbox) -> None:
        stopped = "until grep -q '^State:.T' /proc/$!/status; do :; done"
        script = f"sh -c 'kill -STOP $$; echo woken' & {stopped}; echo up; sleep 60"
        one = await sandbox.exec("f", ["sh", "-c", script], timeout_s=30)
        await read_until(one, b"up\n")
        await sandbox.freeze()
        await sandbox.thaw()
        result = await one.kill(grace_s=0)
        assert result.killed and b"woken" not in (await one.output()).head
