"""Our seccomp profile as an engine takes it: Docker in the request, Podman from a file on its own machine."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from pathlib import Path

from aarctl.sandbox import seccomp


def profile(*, by_file: bool) -> str:
    """Our seccomp profile: its JSON, or the path of a file that holds it, readable by the engine whoever runs it."""
    text = json.dumps(seccomp.docker_profile())
    if not by_file:
        return text
    name = f"aarctl-seccomp-{os.geteuid()}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    path = Path(tempfile.gettempdir(), name)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.write_text(text)
    draft.chmod(0o644)
    draft.replace(path)
    return str(path)
