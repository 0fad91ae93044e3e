"""The choice of a backend follows from facts that were tried, and says why in one sentence with the next step."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox.choose import decide, pick
from aarctl.sandbox.protocol import BadRequest, CannotStart

from .facts import BARE, BUBBLEWRAP, ENGINE, IMAGE, NO_BWRAP, NO_ENGINE, NO_IMAGE

DOCKER = {"engine": ENGINE, "image": IMAGE}
EMPTY = {"engine": ENGINE, "image_missing": NO_IMAGE}
BWRAP = {"bubblewrap": BUBBLEWRAP}


@pytest.mark.parametrize(
    ("facts", "name", "next_step"),
    [
        (DOCKER | BWRAP, "docker", ""),
        (DOCKER, "docker", ""),
        (EMPTY | BWRAP, "bubblewrap", "run `aarctl images build`"),
        (EMPTY, "process", "run `aarctl images build`"),
        (BWRAP, "bubblewrap", "install Docker and start it"),
        ({}, "process", "install the package bubblewrap"),
    ],
)
def test_auto_takes_the_best_that_works_and_names_the_step_to_a_better_one(
    facts: dict, name: str, next_step: str
) -> None:
    decision = decide("auto", msgspec.structs.replace(BARE, **facts))
    assert decision.name == name
    assert decision.why.startswith(name) and next_step in decision.why
    assert decision.why.endswith(".") and ". " not in decision.why, "one sentence"
    assert ("UNSAFE" in decision.why) == (name == "process")


@pytest.mark.parametrize(
    ("name", "facts", "why"),
    [
        ("docker", {}, NO_ENGINE),
        ("docker", EMPTY, NO_IMAGE),
        ("docker", BWRAP, NO_ENGINE),
        ("bubblewrap", DOCKER, NO_BWRAP),
    ],
)
def test_a_backend_asked_for_by_name_is_never_replaced_by_another(name: str, facts: dict, why: str) -> None:
    with pytest.raises(CannotStart, match=f"{name} was asked for") as refused:
        decide(name, msgspec.structs.replace(BARE, **facts))
    assert why in str(refused.value)


@pytest.mark.parametrize("name", ["docker", "bubblewrap", "process"])
def test_a_backend_asked_for_by_name_is_taken_where_it_works(name: str) -> None:
    decision = decide(name, msgspec.structs.replace(BARE, **DOCKER, **BWRAP))
    assert decision.name == name and f"{name} was asked for" in decision.why
    assert ("not isolated" in decision.why) == (name == "process")


@pytest.mark.parametrize("begun", ["docker", "bubblewrap", "process"])
def test_a_resumed_run_stays_where_its_workspaces_are_whatever_works_better_now(begun: str) -> None:
    decision = decide("auto", msgspec.structs.replace(BARE, **DOCKER, **BWRAP), begun)
    assert decision.name == begun and f"{begun} has this run's workspaces" in decision.why


def test_a_resumed_run_whose_backend_is_gone_waits_for_it_rather_than_begin_with_empty_workspaces() -> None:
    facts = msgspec.structs.replace(BARE, **EMPTY, **BWRAP)
    with pytest.raises(CannotStart, match=r"docker has this run's workspaces: .*aarctl images build"):
        decide("auto", facts, "docker")


async def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match="auto, docker, bubblewrap, process"):
        await pick("docker?")


# on this machine, as it is

NOWHERE = "unix:///nonexistent/engine.sock"


async def test_without_an_engine_auto_says_where_it_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    choice = await pick("auto")
    assert choice.backend.name != "docker" and choice.backend.capabilities.isolated == ("UNSAFE" not in choice.why)
    if choice.backend.name == "bubblewrap":
        assert NOWHERE in choice.why


async def test_docker_asked_for_where_no_engine_answers_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    with pytest.raises(CannotStart, match="start that engine, or unset it"):
        await pick("docker")


async def test_without_anything_auto_takes_process_and_says_what_that_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    monkeypatch.setenv("PATH", str(tmp_path))
    choice = await pick("auto")
    assert choice.backend.name == "process"
    assert "no bwrap in PATH" in choice.why and "not isolated" in choice.why


async def test_a_bwrap_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises((CannotStart, BadRequest), match="uid map: Permission denied"):
        await pick("bubblewrap")


async def test_process_is_given_only_with_its_warning() -> None:
    choice = await pick("process")
    assert choice.backend.name == "process" and "UNSAFE" in choice.why
