"""What the engine is sent to build from: the Dockerfile and the sources that it names, as a tar.

The tar is the same bytes for the same files (no times, no owners), so the engine's cache sees a change only where
there is one, and the same from a checkout as from an installed wheel, where the Dockerfile lies beside this module.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from aarctl.sandbox.images.tags import KEEPER_SOURCES, LAB_SOURCES, ROOT, sources

IN_A_WHEEL = Path(__file__).with_name("Dockerfile")
IN_A_CHECKOUT = ROOT / "sandbox_images" / "researcher" / "Dockerfile"


def dockerfile() -> Path:
    """The Dockerfile of this aarctl; a checkout's own before the one of a wheel."""
    return IN_A_CHECKOUT if IN_A_CHECKOUT.exists() else IN_A_WHEEL


def pack() -> bytes:
    """The build context: Dockerfile and sources, laid out as in the checkout."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        _add(tar, "Dockerfile", dockerfile())
        for name in sources((*KEEPER_SOURCES, *LAB_SOURCES)):
            _add(tar, name, ROOT / name)
    return out.getvalue()


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    content = path.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))
