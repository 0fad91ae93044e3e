"""The keeper at work: its state, its loop, and what it answers. See keeper.py for the whole.

One thread, one loop: bridges on one side, the yard (where commands run) on the other.
Invariants: an exec id runs at most once; an exit code is never invented; no frame, however broken, ends the keeper;
a supervisor of an earlier epoch than one that has spoken is refused.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

from aarctl.sandbox.inside import egress, files, limits, memory, trees, usage, wire
from aarctl.sandbox.inside.command import Command
from aarctl.sandbox.inside.desk import Connection, Desk
from aarctl.sandbox.inside.flock import Flock
from aarctl.sandbox.inside.freezer import Freezer
from aarctl.sandbox.inside.spool import claim
from aarctl.sandbox.inside.wire import MAX_OUTPUT_CAP_BYTES, MAX_STDIN_BYTES, Later, Message, Refused, between, field

VERSION = "1"
TICK_S = 0.01  # while something is ending
FREEZE_TICK_S = 0.003  # not sooner: who was told to stop needs a moment on a core to do so
MAX_WAIT_S = 60.0  # of one stream or wait request; the bridge asks again
MAX_RUNNING = 256
MAX_TIMEOUT_S = 30 * 86400.0
YARD_PATIENCE_S = 50.0  # less than a supervisor's, so that it hears why
STILLBORN_S = 30.0  # an engine that was killed while it started us may never know that we are here
FILES_LIMIT_S, USAGE_LIMIT_S = 280.0, 20.0


class Keeper:
    """The state of one sandbox: its commands, its yard, and the questions that wait for an answer."""

    def __init__(self, args: argparse.Namespace, prefix: list[str], script: str) -> None:
        self.args = args
        self.desk = Desk(self.answer, args.user)
        self.egress = egress.Egress(self.desk, args.egress)
        self.oom_file = memory.counter(args.oom_file)
        self.epoch = 0
        self.live: dict[str, Command] = {}
        self.unsaved: dict[str, Command] = {}  # ended, but the disk was too full for the result
        self.boot = os.urandom(8).hex()
        self.freezer = Freezer(self._tree)
        self.silenced = False
        trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
        self.channel, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.channel.settimeout(YARD_PATIENCE_S)
        yard = [*prefix, sys.executable, "-I", "-S", script, "yard"]
        names = ["--run", args.run, "--name", args.name, "--workspace", args.workspace, "--packages", args.packages]
        if os.fork() == 0:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write(str(limits.SHEPHERDS_SCORE))  # inherited
            os.dup2(there.fileno(), 0)
            os.execv(yard[0], yard + names)
        there.close()
        trees.prctl(trees.PR_SET_DUMPABLE, 0)  # after the fork: what is not dumpable cannot set its own score
        data, ancillary, _, _ = self.channel.recvmsg(64, socket.CMSG_SPACE(12))
        if data != b"ready":
            raise SystemExit("keeper: the yard did not start; the lines above say why")
        self.yard = next(int.from_bytes(body[:4], "little") for _, _, body in ancillary)
        self.desk.watch(self.channel.fileno(), selectors.EVENT_READ, self.stop)
        self.flock = Flock(self.channel, self.desk)
        self.met_by = time.monotonic() + STILLBORN_S if args.listen else float("inf")
        """When this ends unless somebody has greeted it: it holds the spool, and nobody would find it."""

    def __repr__(self) -> str:
        return f"Keeper({self.args.run}/{self.args.name}: {len(self.live)} running, {self.freezer!r})"

    # the loop

    def serve(self) -> None:
        """Answer until the only bridge closes (standard input), or for ever (a socket)."""
        while True:
            now = time.monotonic()
            self.tick(now)
            freezing = self.freezer.on and not self.freezer.settled
            busy = freezing or any(command.kill_at is not None for command in self.live.values())
            times = [] if self.freezer.on else [command.deadline for command in self.live.values()]
            times.append(self.met_by)
            if self.args.silence_s and not self.freezer.on:
                times.append(self.desk.heard_at + self.args.silence_s)
            self.desk.turn(FREEZE_TICK_S if freezing else TICK_S if busy else min(times, default=float("inf")) - now)

    def tick(self, now: float) -> None:
        """What time alone makes happen."""
        if now > self.met_by:
            self.stop()
        for name, command in list(self.live.items()):
            if not self.freezer.on and now >= command.deadline and command.kill_at is None:
                command.end(self.args.grace_s, timed_out=True)
            command.push(now, self.freezer.on)
            if command.unheard:  # its shepherd is slow, or somebody stopped it before it said a word
                held = {pid for pid, row in self._unknown().items() if row.state in "Tt"}
                trees.send(held, signal.SIGKILL if command.stubborn(now) else signal.SIGCONT)
            if command.empty or (command.line is None and not self._strays()):
                self._forget_fds(command)
                if not command.finish():
                    self.unsaved[name] = command
                del self.live[name]
                self.desk.look()
        if self.freezer.on and not self.freezer.settled:
            if self.freezer.step(now, {one.shepherd for one in self.live.values() if not one.started}):
                self.desk.look()
        if self.args.silence_s and not self.freezer.on and now - self.desk.heard_at > self.args.silence_s:
            self.silenced = True
            self.freezer.begin(now)

    def stop(self, *_: object) -> None:
        """End everything, leave nothing: the yard ends its commands when its channel closes."""
        self.channel.close()
        trees.end_all_of_ours()
        os._exit(0)

    # requests

    def answer(self, connection: Connection, message: Message) -> None:
        """One request: answered now, later, or with an error that says what to change."""
        if message.get("v") != wire.VERSION:
            raise Refused("bad_request", f"protocol version {message.get('v')!r}, this keeper speaks {wire.VERSION}")
        op = message.get("op")
        if op == "hello":
            connection.epoch, self.met_by = field(message, "epoch", int, 0), float("inf")
            self.epoch = max(self.epoch, connection.epoch)
        if connection.epoch < self.epoch:
            raise Refused("fenced", f"a supervisor of epoch {self.epoch} has this sandbox, you are {connection.epoch}")
        if self.silenced:  # somebody who may has spoken again
            self.silenced = False
            self._thaw()
        place = self.egress if op in egress.OPS else self
        handler = getattr(place, f"op_{op}", None) if isinstance(op, str) and op in OPS else None
        if handler is None:
            raise Refused("bad_request", f"op {str(op)[:40]!r} is unknown; use one of {', '.join(OPS)}")
        out = handler(message)
        if isinstance(out, dict):
            connection.reply(message, out)
        elif op in ASIDE:
            self.desk.aside(connection, message, out, USAGE_LIMIT_S if op == "usage" else FILES_LIMIT_S)
        else:
            wait_s = min(field(message, "wait_s", (int, float), MAX_WAIT_S), MAX_WAIT_S)
            self.desk.later(connection, message, out, time.monotonic() + wait_s)

    def op_hello(self, _: Message) -> Message:
        return {"keeper": VERSION, "boot": self.boot, "run": self.args.run, "name": self.args.name,
                "frozen": self.freezer.on, "running": sorted(self.live)}  # fmt: skip

    def op_heartbeat(self, _: Message) -> Message:
        return {"running": len(self.live), "frozen": self.freezer.on}

    def op_exec(self, message: Message) -> Message:
        name = wire.exec_id(message)
        if self._find(name):
            return {"attached": True}
        if self.freezer.on:
            raise Refused("frozen", f"exec {name!r}: the sandbox is frozen; thaw it first")
        if len(self.live) >= MAX_RUNNING:
            raise Refused("busy", f"exec {name!r}: {MAX_RUNNING} commands are running; wait for one or kill one")
        argv, env = field(message, "argv", list), field(message, "env", dict)
        stdin = field(message, "stdin", bytes, None)
        if not argv or not all(_plain(a) for a in argv) or not argv[0]:
            raise Refused("bad_request", "argv must be a list of texts without NUL, the first one not empty")
        if not all(_plain(k) and k and "=" not in k and _plain(v) for k, v in env.items()):
            raise Refused("bad_request", "env must map names to texts, without NUL or '=' in a name")
        if stdin is not None and len(stdin) > MAX_STDIN_BYTES:
            raise Refused("bad_request", f"stdin of {len(stdin)} bytes, at most {MAX_STDIN_BYTES}; put it in a file")
        cwd = field(message, "cwd", str)
        if not cwd.startswith("/") or _aliased(cwd):
            cwd = "/".join((self.args.workspace, *files.parts(cwd)))
        request = {
            "argv": argv, "env": env, "stdin": stdin, "cwd": cwd,
            "timeout_s": between(message, "timeout_s", 0.0, MAX_TIMEOUT_S),
            "output_cap": int(between(message, "output_cap", 0, MAX_OUTPUT_CAP_BYTES)),
            "user": self.args.user,
            "limits": limits.of_commands(self.args.pids, self.args.memory_bytes, self.args.file_bytes),
        }  # fmt: skip
        command = Command.start(f"{self.args.spool}/{name}", self.flock, request, self.oom_file)
        self.live[name] = command
        assert command.output is not None and command.line is not None
        self.desk.watch(command.output, selectors.EVENT_READ, lambda: self._on_output(command))
        self.desk.watch(command.line.socket.fileno(), selectors.EVENT_READ, lambda: self._on_word(command))
        if command.stdin is not None:
            self.desk.watch(command.stdin, selectors.EVENT_WRITE, lambda: self._on_stdin(command))
        return {"attached": False}

    def op_stream(self, message: Message) -> Later:
        command, offset = self._known(message), int(between(message, "offset", 0, 2**62))

        def look(now: bool) -> Message | None:
            start, data = command.spool.read(offset, wire.CHUNK_BYTES)
            # What a full disk swallowed is counted and cannot be read: then there is nothing more to come, either.
            ended = command.result is not None and (not data or start + len(data) >= command.spool.total)
            if not (data or ended or now):
                return None
            return {"offset": start, "data": data, "ended": ended}

        return look

    def op_wait(self, message: Message) -> Later:
        command = self._known(message)

        def look(now: bool) -> Message | None:
            return {"result": command.result} if command.result is not None or now else None

        return look

    def op_kill(self, message: Message) -> Later:
        command = self._known(message)
        if command.result is None:
            command.end(between(message, "grace_s", 0.0, MAX_WAIT_S), killed=True)
        return self.op_wait(message)

    def op_kill_all(self, message: Message) -> Later:
        doomed = list(self.live.values())
        for command in doomed:
            command.end(between(message, "grace_s", 0.0, MAX_WAIT_S), killed=True)

        def look(now: bool) -> Message | None:
            left = sum(command.result is None for command in doomed)
            return {"killed": len(doomed) - left, "left": left} if now or not left else None

        return look

    def op_freeze(self, _: Message) -> Later:
        self.freezer.begin(time.monotonic())

        def look(now: bool) -> Message | None:
            done = self.freezer.settled or not self.freezer.on  # or thawed by someone while we waited
            return {"frozen": self.freezer.settled, "processes": self.freezer.stopped} if done or now else None

        return look

    def op_thaw(self, _: Message) -> Message:
        self._thaw()
        return {"frozen": False}

    def op_put(self, message: Message) -> Callable[[], Message]:
        upload = wire.exec_id({**message, "exec": field(message, "upload", str)})
        path, data, last = field(message, "path", str), field(message, "data", bytes), field(message, "last", bool)
        offset, mode = int(between(message, "offset", 0, 2**62)), int(between(message, "mode", -1, 0o777))
        return lambda: files.put(self.args.workspace, path, upload, offset, data, mode, last)

    def op_get(self, message: Message) -> Callable[[], Message]:
        path, offset = field(message, "path", str), int(between(message, "offset", 0, 2**62))
        return lambda: files.get(self.args.workspace, path, offset, wire.CHUNK_BYTES)

    def op_manifest(self, message: Message) -> Callable[[], Message]:
        after, exclude = field(message, "after", str), field(message, "exclude", list)
        most = int(between(message, "max_file_bytes", 0, 2**62))
        if not all(isinstance(glob, str) for glob in exclude):
            raise Refused("bad_request", "exclude must be a list of glob patterns")
        return lambda: files.manifest(self.args.workspace, exclude, after, most)

    def op_usage(self, _: Message) -> Callable[[], Message]:
        return lambda: usage.measure(self.args.workspace)

    def op_stats(self, _: Message) -> Message:
        rows = self._tree()
        disk = os.statvfs(self.args.workspace)
        return {
            "processes": len(rows), "running": len(self.live), "frozen": self.freezer.on,
            "memory_bytes": sum(row.rss_bytes for row in rows.values()),
            "cpu_s": sum(row.cpu_s for row in rows.values()),
            "disk_free_bytes": disk.f_bavail * disk.f_frsize, "disk_total_bytes": disk.f_blocks * disk.f_frsize,
        }  # fmt: skip

    # commands

    def _find(self, name: str) -> Command | None:
        return self.live.get(name) or self.unsaved.get(name) or Command.recover(f"{self.args.spool}/{name}")

    def _known(self, message: Message) -> Command:
        name = wire.exec_id(message)
        command = self._find(name)
        if command is None:
            raise Refused("not_found", f"no exec {name!r} in this sandbox; start it first")
        return command

    def _on_output(self, command: Command) -> None:
        if not command.drain() and command.output is not None:
            self.desk.forget(command.output)
            os.close(command.output)
            command.output = None
        self.desk.look()

    def _on_word(self, command: Command) -> None:
        line = command.line
        self.freezer.again()  # what has just started was not there to be stopped
        if line is not None and not command.listen():
            self.desk.forget(line.socket.fileno())
            command.line = None
            if command.empty:
                self.flock.back(line)
            else:
                line.close()

    def _on_stdin(self, command: Command) -> None:
        fd = command.stdin
        if fd is not None and not command.feed():
            self.desk.forget(fd)

    def _forget_fds(self, command: Command) -> None:
        for fd in (command.output, command.stdin):
            if fd is not None:
                self.desk.forget(fd)

    def _tree(self) -> dict[int, trees.Row]:
        return trees.below({c.shepherd for c in self.live.values() if c.shepherd}, trees.table())

    def _strays(self) -> bool:
        """End what was left by a shepherd that was killed; True while some of it may be alive.

        Such orphans become children of the yard, where only shepherds belong. One that has not spoken yet looks the
        same, so this waits for it.
        """
        if any(command.line is not None and not command.line.pid for command in self.live.values()):
            return True
        orphans = set(self._unknown())
        trees.send(trees.below(orphans, trees.table()), signal.SIGKILL)
        trees.send(orphans, signal.SIGKILL)
        return bool(orphans)

    def _unknown(self) -> dict[int, trees.Row]:
        """The yard's children that are no shepherd we know."""
        known = self.flock.pids | {command.shepherd for command in self.live.values()}
        rows = trees.table().items()
        return {pid: row for pid, row in rows if row.parent == self.yard and not row.dead and pid not in known}

    def _thaw(self) -> None:
        spent_s = self.freezer.end(time.monotonic())
        for command in self.live.values():
            command.deadline += spent_s
        self.desk.look()


ASIDE = ("put", "get", "manifest", "usage")
BASIC = ("hello", "heartbeat", "exec", "stream", "wait", "kill", "kill_all", "freeze", "thaw", "stats")
OPS = (*BASIC, *ASIDE, *egress.OPS)


def _plain(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _aliased(path: str) -> bool:
    return path == files.ALIAS or path.startswith(files.ALIAS + "/")


def serve(args: argparse.Namespace, prefix: list[str], script: str) -> None:
    """Be the keeper until its only bridge closes, or for ever; `script` is keeper.py, `prefix` starts its yard."""
    os.makedirs(args.spool, exist_ok=True)
    os.chmod(args.spool, 0o700)
    claim(args.spool)
    limits.raise_own()
    if args.die_with_parent:
        trees.prctl(trees.PR_SET_PDEATHSIG, signal.SIGKILL)
    keeper = Keeper(args, prefix, script)
    signal.signal(signal.SIGTERM, keeper.stop)
    signal.signal(signal.SIGCHLD, lambda *_: trees.reap())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if args.listen:
        keeper.desk.listen(args.listen)
    else:
        keeper.desk.stdio(keeper.stop)
    keeper.serve()
