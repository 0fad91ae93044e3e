"""Whether a backend really works here: start a sandbox, run one command, remove every trace of it."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from aarctl.sandbox.protocol import Backend, Capabilities, Limits, SandboxError, SandboxSpec

PROBE_S = 60.0
RUN = "aarctl-probe"
"""The run that probes say they belong to. A real run may have this name: a probe's own name is never used twice."""
MEMORY_BYTES = 512 << 20
PIDS = 64


async def probe(backend: Backend, home: str = "") -> Capabilities:
    """What a sandbox of the backend really gives. Raises SandboxError when any of it fails."""
    with tempfile.TemporaryDirectory(prefix="aarctl-probe-") as folder:
        name = f"probe-{secrets.token_hex(6)}"
        spec = SandboxSpec(
            RUN, name, Path(folder, name), Path(folder, f"{name}.spool"), home=home,
            limits=Limits(memory_bytes=MEMORY_BYTES, pids=PIDS),
        )  # fmt: skip
        try:
            return await _tried(backend, spec)
        finally:
            await backend.wipe(spec)


async def _tried(backend: Backend, spec: SandboxSpec) -> Capabilities:
    sandbox = await backend.create(spec)
    try:
        run = await sandbox.exec("probe", ["sh", "-c", "echo works > probe && cat probe"], timeout_s=PROBE_S)
        result = await run.wait()
        if not result.ok:
            said = result.error or (await run.output()).text().strip() or f"exit code {result.exit_code}"
            raise SandboxError(f"{backend.name}: the probe command failed: {said}")
        return sandbox.capabilities
    finally:
        await sandbox.remove()
