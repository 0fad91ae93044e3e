"""One command as the keeper knows it: its pipes, its spool, how far its end has come, and its result on disk.

A command's folder is made before it starts and its result is renamed into it at the end, so after a crash a folder
without a result means "outcome unknown". Invariant: an exit code is only ever one that the kernel reported.
"""

from __future__ import annotations

import errno
import os
import signal
import time

import msgpack

from aarctl.sandbox.inside import memory, trees, wire
from aarctl.sandbox.inside.flock import Flock, Line
from aarctl.sandbox.inside.spool import Spool

READ_BYTES = 1 << 16
DRAIN_BYTES = 1 << 20  # what a pipe can hold: bounds the last read if a foreign process still holds the pipe
LEFTOVER_GRACE_S = 0.2  # for children that outlive the command's own process
STUBBORN_S = 10.0  # SIGKILL to this: then the shepherd is not slow but stuck, and goes too, and the exit code with it
KILL_PASSES = 20  # looks at the tree in one go: a fork bomb must not win by speed

LOST = "the sandbox ended while this command ran, so its outcome is unknown; run it again under a new id"


class Command:
    """A started (or recovered) command; `result` is None until nothing of its tree is left."""

    def __init__(self, folder: str, cap: int, result: wire.Message | None = None, oom_file: str = "") -> None:
        self.folder = folder
        self.result = result
        self.spool = Spool(folder, cap, result["output_bytes"] if result else None)
        self.line: Line | None = None
        """To its shepherd; None when that is gone, or the command has ended."""
        self.output: int | None = None
        self.stdin: int | None = None
        self.unsent = memoryview(b"")
        self.started = False
        self.empty = False
        self.deadline = float("inf")
        self.kill_at: float | None = None  # set: the end has begun
        self._look_at = 0.0
        self._status: int | None = None
        self._error = ""
        self._timed_out = self._killed = self._asked = False
        self._cpu_s, self._peak_bytes = 0.0, 0
        self._oom_file = oom_file
        self._oom_kills = memory.kills(oom_file)
        self._born = time.monotonic()

    def __repr__(self) -> str:
        state = "ended" if self.result else "ending" if self.kill_at else "running" if self.started else "starting"
        return f"Command({os.path.basename(self.folder)} {state}, {self.spool!r})"

    @property
    def shepherd(self) -> int:
        """Pid as the keeper sees it; 0 when it is not known, or gone."""
        return self.line.pid if self.line else 0

    @classmethod
    def start(cls, folder: str, flock: Flock, request: wire.Message, oom_file: str) -> Command:
        """Claim the folder, then hand the command to a shepherd. Raises Refused, and then nothing has begun."""
        try:
            os.mkdir(folder, 0o700)
        except OSError as error:
            raise wire.Refused("no_space", f"the command was not started: {error.strerror} in the spool") from None
        command = cls(folder, request["output_cap"], oom_file=oom_file)
        command.deadline = time.monotonic() + request["timeout_s"]
        stdin = request.pop("stdin")
        passed: list[int] = []
        try:
            command.output, output = os.pipe()
            passed.append(output)
            if stdin is None:
                source = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            else:
                source, command.stdin = os.pipe()
                command.unsent = memoryview(stdin)
            passed += [source, _in_memory(request)]
            command.line = flock.send(passed[::-1])
        except OSError as error:
            command.close()
            os.rmdir(folder)
            raise wire.Refused("busy", f"the command was not started: {error.strerror}; try again") from None
        finally:
            for fd in passed:
                os.close(fd)
        for pipe in (command.output, command.stdin):
            if pipe is not None:
                os.set_blocking(pipe, False)
        try:
            _save(folder, "request", {"cap": request["output_cap"], "argv": request["argv"]})
        except OSError:
            pass  # the disk is full: the folder alone says that it was started
        return command

    @classmethod
    def recover(cls, folder: str) -> Command | None:
        """A command of an earlier keeper on the same spool, with its result or as lost; None when there is none."""
        try:
            request = _load(folder, "request")
        except FileNotFoundError:
            if not os.path.isdir(folder):
                return None
            request = {"cap": 0}
        try:
            return cls(folder, request["cap"], _load(folder, "result"))
        except FileNotFoundError:
            command = cls(folder, request["cap"])
            command._error = LOST
            command.close()
            return command

    def feed(self) -> bool:
        """Send what fits of the standard input; False when it is all sent or nobody reads it."""
        assert self.stdin is not None
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.stdin, self.unsent) :]
        except BlockingIOError:
            return True
        except OSError:
            pass  # the command closed its input: its right
        os.close(self.stdin)
        self.stdin = None
        return False

    def drain(self, limit: int = READ_BYTES) -> bool:
        """Move up to `limit` bytes of output into the spool; False when the pipe has ended."""
        while limit > 0 and self.output is not None:
            try:
                data = os.read(self.output, READ_BYTES)
            except BlockingIOError:
                return True
            if not data:
                return False
            limit -= len(data)
            try:
                self.spool.write(data)
            except OSError as error:
                self._error = f"output lost: {error.strerror}; free space for the run's spool"
        return self.output is not None

    def listen(self) -> bool:
        """Take the shepherd's words; False when it is gone or has said that its tree is empty."""
        assert self.line is not None
        while True:
            try:
                message = self.line.hear()
            except BlockingIOError:
                return True
            if message is None:
                self.end(0.0)
                return False
            self.started |= "here" not in message
            if "failed" in message:
                self._error = f"could not start: {message['failed']}"
            elif "status" in message:
                self._status = message["status"]
                self.end(LEFTOVER_GRACE_S)
            elif "empty" in message:
                self._cpu_s, self._peak_bytes, self.empty = message["cpu_s"], message["peak_bytes"], True
                return False

    def end(self, grace_s: float, *, timed_out: bool = False, killed: bool = False) -> None:
        """Begin the end of the whole tree: TERM now, KILL after `grace_s`. Again: only ever sooner."""
        if self._status is None:
            self._timed_out |= timed_out
            self._killed |= killed
        now = time.monotonic()
        # A short pause lets a shepherd that is done say so, and spares the look at /proc.
        self._look_at = now if timed_out or killed else now + 0.004
        self.kill_at = min(self.kill_at or float("inf"), now + grace_s)

    @property
    def unheard(self) -> bool:
        """Whether its end has begun before its shepherd has said a word, so that nobody knows which one that is."""
        return self.kill_at is not None and self.line is not None and not self.line.pid

    def stubborn(self, now: float) -> bool:
        """Whether it should long have ended."""
        return self.kill_at is not None and now > self.kill_at + STUBBORN_S

    def push(self, now: float, frozen: bool) -> None:
        """One step of the end: signal what is left of the tree. Frozen processes cannot obey TERM and get KILL."""
        if self.kill_at is None or not self.shepherd or now < self._look_at:
            return
        if now < self.kill_at and not frozen:
            if not self._asked:
                self._asked = True
                tree = trees.below({self.shepherd}, trees.table())
                trees.send(tree, signal.SIGTERM)
                trees.send(tree, signal.SIGCONT)
            return
        for _ in range(KILL_PASSES):
            left = trees.below({self.shepherd}, trees.table())
            if not left:
                break
            trees.send(left, signal.SIGKILL)
        # Its command may have stopped it; now that this cannot do so again, it goes on and says how the command ended.
        trees.send({self.shepherd}, signal.SIGKILL if self.stubborn(now) else signal.SIGCONT)

    def finish(self) -> bool:
        """Settle the result, when nothing of the tree is left; False when it could not be written to disk."""
        self.drain(DRAIN_BYTES)
        status = self._status
        if status is None and not self._error:
            self._error = "the command's watcher was killed, so its exit code is unknown"
        self.result = {
            "exit_code": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
            "timed_out": self._timed_out,
            "killed": self._killed,
            "truncated": self.spool.dropped > 0 or self._error.startswith("output lost"),
            "output_bytes": self.spool.total,
            "error": self._error,
            "duration_s": time.monotonic() - self._born,
            "cpu_s": self._cpu_s,
            "peak_memory_bytes": self._peak_bytes,
            "out_of_memory": memory.kills(self._oom_file) != self._oom_kills,
        }
        self.close()
        try:
            _save(self.folder, "result", self.result)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Release pipes and, for a lost command, settle its result without touching the disk."""
        for fd in (self.output, self.stdin):
            if fd is not None:
                os.close(fd)
        self.output = self.stdin = None
        if self.line is not None:
            self.line.close()
            self.line = None
        self.spool.close()
        if self.result is None:
            self.result = {
                "exit_code": None, "signal": None, "timed_out": False, "killed": False, "truncated": True,
                "output_bytes": self.spool.total, "error": self._error, "duration_s": 0.0, "cpu_s": 0.0,
                "peak_memory_bytes": 0, "out_of_memory": False,
            }  # fmt: skip


def _in_memory(request: wire.Message) -> int:
    """A memory file holding the request: argv and environment may be larger than a datagram."""
    file = os.memfd_create("request", os.MFD_CLOEXEC)
    data = memoryview(msgpack.packb(request))
    while data:
        data = data[os.write(file, data) :]
    return file


def _save(folder: str, name: str, body: wire.Message) -> None:
    file = os.open(f"{folder}/{name}.part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    data = msgpack.packb(body)
    try:
        if os.write(file, data) < len(data):
            raise OSError(errno.ENOSPC, "only part of it was written")
    finally:
        os.close(file)
    os.rename(f"{folder}/{name}.part", f"{folder}/{name}")


def _load(folder: str, name: str) -> wire.Message:
    with open(f"{folder}/{name}", "rb") as file:
        body: wire.Message = msgpack.unpackb(file.read())
    return body
