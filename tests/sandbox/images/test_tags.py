"""Names of images, and digests that change with what is copied into them and with nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from aarctl import __version__
from aarctl.sandbox.docker.engine import read_info
from aarctl.sandbox.images import base_tag, keeper_digest, labels, researcher_tag, variant_for
from aarctl.sandbox.images.tags import KEEPER_SOURCES, LAB_SOURCES, ROOT, lab_digest, sources


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources of an image, to change."""
    for name in sources((*KEEPER_SOURCES, *LAB_SOURCES)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_tags_name_version_and_variant() -> None:
    assert base_tag() == f"aarctl/base:{__version__}"
    assert researcher_tag("gpu") == f"aarctl/researcher:{__version__}-gpu"


@pytest.mark.parametrize(("runtimes", "variant"), [({"runc": {}}, "cpu"), ({"runc": {}, "nvidia": {}}, "gpu")])
def test_the_variant_follows_what_the_engine_can_hand_out(runtimes: dict[str, object], variant: str) -> None:
    assert variant_for(read_info("unix:///x.sock", {"Version": "1"}, {"Runtimes": runtimes})) == variant


def test_a_copy_has_the_same_digests(copy: Path) -> None:
    assert {"aarctl.keeper": keeper_digest(copy), "aarctl.lab": lab_digest(copy)} == labels()


@pytest.mark.parametrize(
    ("name", "keeper", "lab"),
    [
        ("aarctl/sandbox/keeper.py", True, False),
        ("aarctl/sandbox/inside/wire.py", True, False),
        ("aarctl/lab/train.py", False, True),
        ("aarctl/lab/bases/SHA256SUMS", False, True),
        ("aarctl/__init__.py", True, True),
    ],
)
def test_a_changed_source_changes_the_digest_of_what_it_belongs_to(
    copy: Path, name: str, keeper: bool, lab: bool
) -> None:
    with (copy / name).open("ab") as file:
        file.write(b"\n")
    assert (keeper_digest(copy) != keeper_digest()) == keeper
    assert (lab_digest(copy) != lab_digest()) == lab


def test_a_renamed_source_changes_the_digest(copy: Path) -> None:
    (copy / "aarctl/lab/pgr.py").rename(copy / "aarctl/lab/gap.py")
    assert lab_digest(copy) != lab_digest()


def test_what_python_compiled_changes_nothing(copy: Path) -> None:
    compiled = copy / "aarctl/sandbox/inside/__pycache__/wire.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"anything")
    assert keeper_digest(copy) == keeper_digest()
