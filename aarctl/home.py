"""Where things lie on disk: the home, one run's folder, one task version's folder.

Only names are decided here; nothing is created but by the `make` methods and, once, the home's id. The layout is a
contract (DESIGN section 5): tools and people find a run by its path alone.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

RUN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
ID = re.compile(r"[0-9a-f]{16}\Z")


class BadRunName(ValueError):
    """A run's name becomes a folder and an argv word, so it is short, lower case and plain."""


class BadHomeId(ValueError):
    """`<home>/id` holds something else than an id: what is labelled with it cannot be told from another home's."""


@dataclass(frozen=True)
class RunPaths:
    """The folder of one run."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def journal(self) -> Path:
        """The run's event log, one SQLite file in WAL mode."""
        return self.root / "journal.db"

    @property
    def lock(self) -> Path:
        """Held with flock by the one supervisor that may write events."""
        return self.root / "supervisor.lock"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def recipe(self) -> Path:
        """The resolved recipe: every default written out."""
        return self.root / "recipe.toml"

    @property
    def students(self) -> Path:
        """students/<submission>/<domain>-<seed>/, copied out of sandboxes, never written again."""
        return self.root / "students"

    @property
    def work(self) -> Path:
        """work/<researcher>/ is that researcher's /workspace."""
        return self.root / "work"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def make(self) -> RunPaths:
        """Create the folders of a new run; raises FileExistsError when the run exists."""
        self.root.mkdir(parents=True)
        for folder in (self.blobs, self.students, self.work, self.spool, self.logs):
            folder.mkdir()
        return self


@dataclass(frozen=True)
class TaskPaths:
    """The folder of one task version."""

    root: Path

    @property
    def name(self) -> str:
        """`<task>@<version>`, as the screen and the journal show it."""
        return self.root.name

    @property
    def summary(self) -> Path:
        return self.root / "task.json"

    @property
    def public(self) -> Path:
        """What every researcher's sandbox sees, read-only, at /task."""
        return self.root / "public"

    def held_out(self, domain: str) -> Path:
        """The public part of a held-out domain: mounted in replication sandboxes only."""
        return self.root / "held_out" / domain / "public"

    @property
    def vault(self) -> Path:
        """Labels, hidden inputs and the secret: opened by the scorer's process alone."""
        return self.root / "vault"


@dataclass(frozen=True)
class Home:
    """The folder that holds all runs, tasks and the scorer's ledgers."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """AARCTL_HOME, else the platform's data folder."""
        named = os.environ.get("AARCTL_HOME")
        return cls(Path(named).expanduser().absolute() if named else platformdirs.user_data_path("aarctl"))

    @property
    def id(self) -> str:
        """16 hex digits by which an engine's containers and volumes are known to be this home's; drawn at first need.

        It moves with the folder. A copied home is the same home until its `id` file is deleted. Raises BadHomeId.
        """
        file = self.root / "id"
        if not file.exists():
            self._draw_id(file)
        found = file.read_text().strip()
        if not ID.match(found):
            raise BadHomeId(f"{file} holds {found[:40]!r}, not 16 hex digits; restore it, or delete it for a new id")
        return found

    def _draw_id(self, file: Path) -> None:
        """Of several processes that draw at once, the first to link its draft wins, for all of them."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=".id-", dir=self.root)
        try:
            os.write(handle, f"{secrets.token_hex(8)}\n".encode())
            os.fchmod(handle, 0o644)
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            os.close(handle)
            os.unlink(draft)

    @property
    def keymap(self) -> Path:
        """The person's own keys for the control room; there need not be any."""
        return self.root / "keymap.toml"

    def run(self, name: str) -> RunPaths:
        """The paths of the run `name`, whether or not it exists. Raises BadRunName."""
        if not RUN_NAME.match(name):
            raise BadRunName(
                f"run name {name!r}: use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
            )
        return RunPaths(self.root / "runs" / name)

    def runs(self) -> list[RunPaths]:
        """Every run that has a journal, the newest first."""
        found = [RunPaths(path.parent) for path in (self.root / "runs").glob("*/journal.db")]
        return sorted(found, key=lambda run: run.recipe.stat().st_mtime if run.recipe.exists() else 0, reverse=True)

    def task(self, name: str) -> TaskPaths:
        """The paths of the task version `<task>@<version>`."""
        return TaskPaths(self.root / "tasks" / name)

    def ledger(self, run: str) -> Path:
        """The scorer's own record of what it answered for a run."""
        return self.root / "scorer" / run / "ledger.db"
