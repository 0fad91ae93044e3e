"""The `process` backend: the same keeper with no isolation at all.

Commands run as this user, see its whole home and the network, and can read a vault. Only for the offline minds, shown
as unsafe wherever it is named. What it keeps of the promises: at-most-once execs, limits, trees ended whole, freeze.
Commands find the workspace as cwd and HOME, and the task by AARCTL_TASK: there is no /workspace and no /task.
A command that kills keeper, yard and shepherd at the same instant can outlive its sandbox; the janitor finds it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aarctl.sandbox.backend import KEEPER, PYTHON, KeeperBackend, keeper_options
from aarctl.sandbox.protocol import BadRequest, Capabilities, SandboxSpec

PACKAGE_ROOT = KEEPER.parents[2]


class ProcessBackend(KeeperBackend):
    """Unisolated sandboxes, for where nothing better runs."""

    name = "process"
    capabilities = Capabilities(isolated=False, freeze="signals", quota=False, kernel_isolation=False, gpu=True)

    def command_line(self, spec: SandboxSpec) -> tuple[list[str], Sequence[int]]:
        """The keeper itself."""
        if spec.egress:
            raise BadRequest(f"egress = {list(spec.egress)}: nothing here can hold it; use docker or bubblewrap")
        options = keeper_options(spec, str(spec.workspace.resolve()), str(spec.spool.resolve()))
        return [*PYTHON, str(KEEPER), *options], ()

    def environment(self, spec: SandboxSpec) -> dict[str, str]:
        """A clean environment: nothing of this process's own crosses, so no key does."""
        out = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/local/bin:/usr/bin:/bin",
            "HOME": str(spec.workspace.resolve()),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PACKAGE_ROOT),
            "AARCTL_RUN": spec.run,
        }
        if "/task" in spec.read_only:
            out["AARCTL_TASK"] = str(spec.read_only["/task"].resolve())
        return out
