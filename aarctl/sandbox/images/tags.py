"""Names of images, and what must be true of one before it is used: it carries today's keeper and lab.

    aarctl/researcher:<version>-cpu | -gpu     what researchers work in
    aarctl/base:<version>                      the same without torch and its friends: for tests of the sandbox

The labels hold digests of the sources that were copied in. An image whose labels are not those of this aarctl speaks
another protocol, or trains with another lab, and is never started.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from aarctl import __version__
from aarctl.sandbox.docker.engine import EngineInfo

Variant = Literal["cpu", "gpu"]

VARIANTS: tuple[Variant, ...] = ("cpu", "gpu")
KEEPER_LABEL = "aarctl.keeper"
LAB_LABEL = "aarctl.lab"

ROOT = Path(__file__).parents[3]
"""The folder that holds the package aarctl."""
_PACKAGE = "aarctl/__init__.py"
KEEPER_SOURCES = (_PACKAGE, "aarctl/sandbox/__init__.py", "aarctl/sandbox/keeper.py", "aarctl/sandbox/inside")
LAB_SOURCES = (_PACKAGE, "aarctl/lab")


def base_tag() -> str:
    """The small image."""
    return f"aarctl/base:{__version__}"


def researcher_tag(variant: Variant) -> str:
    """The image that researchers work in."""
    return f"aarctl/researcher:{__version__}-{variant}"


def variant_for(info: EngineInfo) -> Variant:
    """What this machine can use: CUDA's torch where the engine can hand out an NVIDIA GPU."""
    return "gpu" if info.gpu else "cpu"


def keeper_digest(root: Path = ROOT) -> str:
    """sha256 over the keeper's sources: the program inside a sandbox and what it imports of ours."""
    return _digest(KEEPER_SOURCES, root)


def lab_digest(root: Path = ROOT) -> str:
    """sha256 over the lab's sources and the bases it ships."""
    return _digest(LAB_SOURCES, root)


def labels() -> dict[str, str]:
    """What an image made from these sources is labelled with."""
    return {KEEPER_LABEL: keeper_digest(), LAB_LABEL: lab_digest()}


def sources(wanted: Iterable[str], root: Path = ROOT) -> list[str]:
    """The files below `wanted`, as paths relative to the root, in order; what Python compiled is left out."""
    found: set[Path] = set()
    for path in (root / name for name in wanted):
        found |= {each for each in path.rglob("*") if each.is_file()} if path.is_dir() else {path}
    return sorted(file.relative_to(root).as_posix() for file in found if "__pycache__" not in file.parts)


def _digest(wanted: Iterable[str], root: Path) -> str:
    whole = hashlib.sha256()
    for name in sources(wanted, root):
        content = (root / name).read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()
