"""The host that is attacked: secrets, files, processes, sockets and kernel objects, planted for the attempts to reach.

Every secret is a random word of its own, so a word in a program's output proves where it has been. Everything planted
is this test's own; nothing of the machine is changed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import kernel_objects
from .servers import Servers

PERSON = (".netrc", ".bash_history", ".aws/credentials", ".docker/config.json", ".ssh/id_ed25519", ".config/gh/token")
"""What lies about in a person's home."""
KEEP_KEY = "import sys, time; word = sys.stdin.readline(); print('up', flush=True); time.sleep(10**6)"


class Host:
    """Everything planted below one folder, and beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "home"
        self.canaries: dict[str, str] = {}
        self.run = f"escape-{secrets.token_hex(4)}"
        self.work, self.spools = self.home / "runs" / self.run / "work", self.home / "runs" / self.run / "spool"
        self.task, self.vault = self.home / "tasks" / "t@1" / "public", self.home / "tasks" / "t@1" / "vault"
        self.journal = self.home / "runs" / self.run / "journal.db"
        self.guard, self.drop, self.person = self.home / "guard", self.home / "drop", root / "person"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.servers = Servers(self.secret("the host's servers"), self.home / "engine.sock")
        self.objects = kernel_objects.Planted(self.secret("shared memory"), self.secret("the keyring"))

    def __repr__(self) -> str:
        return f"Host({self.root}, {len(self.canaries)} secrets)"

    def secret(self, place: str) -> str:
        """The word that is planted in `place`."""
        return self.canaries.setdefault(place, f"canary{secrets.token_hex(8)}")

    def plant(self) -> Host:
        """Put everything in its place."""
        for folder in (self.work, self.spools, self.task, self.vault, self.drop, self.person):
            folder.mkdir(parents=True)
        self.home.chmod(0o700)
        self._write(self.home / "secret", self.secret("a file of the host"))
        self._write(self.home / "key", self.secret("the journal's key"))
        self._write(self.vault / "labels.jsonl", self.secret("the vault"))
        for name in PERSON:
            self._write(self.person / name, self.secret("a person's files"))
        with sqlite3.connect(self.journal) as rows:
            rows.execute("CREATE TABLE inbox (kind TEXT)")
            rows.execute("INSERT INTO inbox VALUES (?)", (self.secret("the journal"),))
        rows.close()
        self.mend()
        self.servers.start()
        self.objects.plant()
        return self

    def mend(self) -> None:
        """Restore what an attempt was meant to break."""
        self.guard.write_text("untouched\n")
        for path in self.drop.iterdir():
            path.unlink()
        (self.task / "pool.jsonl").write_text("public\n")
        with sqlite3.connect(self.journal) as rows:
            rows.execute("DELETE FROM inbox WHERE kind = 'stop'")
        rows.close()
        for name in ("keyholder", "victim"):
            if name not in self.processes or self.processes[name].poll() is not None:
                self.processes[name] = self._start(name)

    def broken(self) -> list[str]:
        """What of the host has been changed."""
        with sqlite3.connect(self.journal) as rows:
            forged = rows.execute("SELECT count(*) FROM inbox WHERE kind = 'stop'").fetchone()[0]
        rows.close()
        pool = self.task / "pool.jsonl"
        looks = {
            "a file was changed": self.guard.read_text() != "untouched\n",
            "a file was dropped": any(self.drop.iterdir()),
            "the task was changed": not pool.exists() or pool.read_text() != "public\n",
            "the journal's inbox was written": bool(forged),
            "a process was killed": any(process.poll() is not None for process in self.processes.values()),
        }
        return [what for what, is_so in looks.items() if is_so]

    def places(self) -> dict[str, Any]:
        """What an attacker may know: where things are, not what they hold."""
        disk = os.stat(self.home).st_dev
        return {
            "secret": str(self.home / "secret"), "key": str(self.home / "key"), "guard": str(self.guard),
            "drop": str(self.drop), "vault": str(self.vault / "labels.jsonl"), "journal": str(self.journal),
            "person": [str(self.person / name) for name in PERSON], "spools": str(self.spools),
            "neighbour": str(self.work / "r2"), "keyholder": self.processes["keyholder"].pid,
            "victim": self.processes["victim"].pid, "supervisor": os.getpid(),
            "disk": [os.major(disk), os.minor(disk)],
            **self.servers.places(), **self.objects.places(self.home / "secret"),
        }  # fmt: skip

    def close(self) -> None:
        """Take everything away again."""
        self.servers.close()
        self.objects.close()
        for process in self.processes.values():
            process.kill()
            process.communicate()
        shutil.rmtree(self.root, ignore_errors=True)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)

    def _start(self, name: str) -> subprocess.Popen[str]:
        """A process beside the sandboxes with a word in its environment, its arguments and its memory."""
        argv = [sys.executable, "-c", KEEP_KEY, name, self.secret("another process's arguments")]
        env = {"ANTHROPIC_API_KEY": self.secret("another process's environment")}
        pipe = subprocess.PIPE
        made = subprocess.Popen(argv, env=env, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        assert made.stdin is not None and made.stdout is not None
        made.stdin.write(self.secret("another process's memory") + "\n")
        made.stdin.flush()
        assert made.stdout.readline() == "up\n"
        return made
