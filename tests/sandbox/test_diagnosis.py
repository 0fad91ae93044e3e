"""What `doctor` makes of a machine: every lack has a next step, and nothing is called isolated that was not tried."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from aarctl.sandbox.diagnosis import Finding, diagnose
from aarctl.sandbox.survey import Survey

from .facts import BARE, BUBBLEWRAP, CONTAINER, ENGINE, IMAGE

CARDS = msgspec.structs.replace(CONTAINER, gpu=True)
GPU = msgspec.structs.replace(ENGINE, runtimes=("nvidia", "runc"))


def machine(**facts: object) -> Survey:
    return msgspec.structs.replace(BARE, **facts)


def finding(part: str, **facts: object) -> Finding:
    return next(each for each in diagnose(machine(**facts)).findings if each.part == part)


ALL = {"engine": ENGINE, "image": IMAGE, "docker": CONTAINER, "docker_missing": "", "bubblewrap": BUBBLEWRAP}


@pytest.mark.parametrize(
    ("facts", "isolated", "backend", "words"),
    [
        (ALL, True, "docker", "Docker 27: no network"),
        ({"bubblewrap": BUBBLEWRAP}, True, "bubblewrap", "bubblewrap: no network"),
        ({"engine": ENGINE, "image_missing": "run `aarctl images build`"}, False, "process", "NOT ISOLATED"),
        ({}, False, "process", "NOT ISOLATED"),
        ({**ALL, "docker": None, "docker_missing": "no space"}, False, "docker", "docker does not work: no space"),
    ],
)
def test_it_tells_what_a_run_started_now_would_have(facts: dict, isolated: bool, backend: str, words: str) -> None:
    found = diagnose(machine(**facts))
    assert (found.isolated, found.backend) == (isolated, backend)
    assert words in found.protection


def test_on_every_machine_each_lack_has_a_next_step_and_nothing_else_has() -> None:
    ways = {
        "engine": [None, ENGINE, GPU], "image": [None, IMAGE], "docker": [None, CONTAINER],
        "bubblewrap": [None, BUBBLEWRAP, msgspec.structs.replace(BUBBLEWRAP, seccomp=False, limits="each process")],
        "user": ["root", "plain"], "gpus": [(), ("H200", "H200")], "seccomp": [False, True],
    }  # fmt: skip
    for values in product(*ways.values()):
        for each in diagnose(machine(**dict(zip(ways, values, strict=True)))).findings:
            assert bool(each.next) == (each.state in ("weak", "missing")), each
            assert each.here and "\n" not in each.here + each.next


@pytest.mark.parametrize(
    ("part", "facts", "state", "step"),
    [
        ("engine", {}, "missing", "install Docker"),
        ("image", {"engine": ENGINE, "image_missing": "run `aarctl images build`"}, "missing", "aarctl images build"),
        ("bubblewrap", {}, "missing", "install the package bubblewrap"),
        ("bubblewrap", {**ALL, "bubblewrap": None}, "none", ""),
        ("user", {"bubblewrap": BUBBLEWRAP, "user": "root"}, "weak", "as a plain user"),
        ("user", {**ALL, "user": "root"}, "good", ""),
        ("disk", {"bubblewrap": BUBBLEWRAP}, "weak", "pquota"),
        ("disk", ALL, "good", ""),
        ("gpu", {**ALL, "gpus": ("H200",)}, "missing", "NVIDIA container toolkit"),
        ("gpu", {"bubblewrap": BUBBLEWRAP, "gpus": ("H200",)}, "missing", "/dev/nvidiactl"),
        ("gpu", {**ALL, "engine": GPU, "docker": CARDS, "gpus": ("H200",)}, "good", ""),
        ("gpu", {**ALL, "engine": GPU, "docker": CARDS, "gpus": ("H200",), "nvml": False}, "missing", "aarctl[gpu]"),
        ("gpu", {}, "none", ""),
    ],
)
def test_a_finding_says_how_it_stands_and_what_to_do(part: str, facts: dict, state: str, step: str) -> None:
    found = finding(part, **facts)
    assert found.state == state and step in found.next


@pytest.mark.parametrize(
    ("facts", "step"),
    [
        ({"seccomp": False}, "CONFIG_SECCOMP_FILTER"),
        ({"seccomp_program": False}, "libseccomp2"),
    ],
)
def test_a_sandbox_without_seccomp_says_what_is_missing_for_it(facts: dict, step: str) -> None:
    bare = msgspec.structs.replace(BUBBLEWRAP, seccomp=False)
    assert step in finding("seccomp", bubblewrap=bare, **facts).next
