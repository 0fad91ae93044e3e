"""Which backend this machine gets, decided by starting a real sandbox and said in one sentence.

The sentence is what the screen and `doctor` show: it is true for this run because it was tried, not assumed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import cast

import msgspec

from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Backend, BadRequest, SandboxError, SandboxSpec

NAMES = ("auto", "bubblewrap", "process")
PROBE_S = 10.0
UNSAFE = "commands are not isolated: they can read this user's files and reach the network"


class Choice(msgspec.Struct, frozen=True):
    """A backend and why it was taken."""

    backend: Backend
    why: str


async def pick(name: str = "auto") -> Choice:
    """The backend to use; auto takes bubblewrap where a probe sandbox really works, else process.

    Raises BadRequest for an unknown name, and CannotStart when "bubblewrap" was asked for and does not work here.
    """
    if name not in NAMES:
        raise BadRequest(f"sandbox = {name!r}: use one of {', '.join(NAMES)}")
    if name == "process":
        return Choice(cast(Backend, ProcessBackend()), f"process was asked for: {UNSAFE}.")
    backend = BubblewrapBackend()
    try:
        await probe(cast(Backend, backend))
    except SandboxError as error:
        if name == "bubblewrap":
            raise
        return Choice(cast(Backend, ProcessBackend()), f"process, because {error}: {UNSAFE}.")
    return Choice(cast(Backend, backend), "bubblewrap: a probe sandbox started and answered on this machine.")


async def probe(backend: Backend) -> None:
    """Start a sandbox, run one command, remove it. Raises SandboxError when any of it fails."""
    with tempfile.TemporaryDirectory(prefix="aarctl-probe-") as folder:
        spec = SandboxSpec("probe", "probe", Path(folder, "workspace"), Path(folder, "spool"))
        sandbox = await backend.create(spec)
        try:
            run = await sandbox.exec("probe", ["sh", "-c", "echo works > probe && cat probe"], timeout_s=PROBE_S)
            result = await run.wait()
            if not result.ok:
                said = result.error or (await run.output()).text().strip() or f"exit code {result.exit_code}"
                raise SandboxError(f"{backend.name}: the probe command failed: {said}")
        finally:
            await sandbox.remove()
