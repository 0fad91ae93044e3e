"""Facts of a machine: read where they stand, asked within time limits, and a hung engine does not hang us."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import msgspec
import pytest

from aarctl.sandbox import survey
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images import base_tag, find

from .facts import BARE


@pytest.fixture
def home() -> str:
    """A home of the test's own: what another test has in the engine at that moment is not left by this one."""
    return secrets.token_hex(8)


@pytest.mark.parametrize(
    ("made", "version"), [(["memory"], "cgroup v1"), (["cgroup.controllers"], "cgroup v2"),
                          (["memory", "unified"], "cgroup v1"), ([], "")]
)  # fmt: skip
def test_the_version_of_cgroups_is_that_which_counts_memory(tmp_path: Path, made: list[str], version: str) -> None:
    for name in made:
        (tmp_path / name).mkdir()
    assert survey.cgroup_version(tmp_path) == version


def test_cards_are_named_as_the_driver_names_them(tmp_path: Path) -> None:
    for bus in ("0000:01:00.0", "0000:00:00.0"):
        (tmp_path / bus).mkdir()
        (tmp_path / bus / "information").write_text(f"Model: \t\t NVIDIA {bus[5:7]}\nIRQ:   \t 37\n")
    (tmp_path / "0000:02:00.0").mkdir()
    assert survey.cards(tmp_path) == ("NVIDIA 00", "NVIDIA 01")
    assert survey.cards(tmp_path / "none") == ()


async def test_an_engine_that_takes_requests_and_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(deaf, tmp_path / "socket")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'socket'}")
    engine, why = await survey.reach(patience_s=0.05)
    assert engine is None and "does not answer: restart it" in why
    server.close()


async def test_what_was_not_asked_for_says_so() -> None:
    facts, engine = await survey.gather(())
    assert engine is None and facts.engine_missing == facts.bubblewrap_missing == survey.NOT_ASKED
    assert facts.kernel.startswith("Linux ") and facts.user in ("root", "plain")


async def test_a_missing_engine_leaves_its_sentence_for_the_image_and_the_container_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    facts, engine = await survey.gather(["engine"])
    facts = await survey.tried(facts, engine)
    assert facts.engine is None and "start that engine" in facts.engine_missing
    assert facts.docker is None and facts.docker_missing == facts.engine_missing


async def test_a_container_of_the_image_tells_what_docker_gives_and_leaves_nothing(
    docker_engine: Engine, home: str
) -> None:
    image = await find(docker_engine, base_tag())
    facts, other = await survey.gather(["engine"])
    assert other is not None
    other.close()
    found = await survey.tried(msgspec.structs.replace(facts, image=image), docker_engine, home)
    assert found.docker is not None and found.docker.isolated, found.docker_missing
    assert await nothing_left(docker_engine, home)


async def test_a_container_that_does_not_start_is_told_in_the_engines_words_and_leaves_nothing(
    docker_engine: Engine, home: str
) -> None:
    image = msgspec.structs.replace(await find(docker_engine, base_tag()), id=f"sha256:{'0' * 64}")
    facts = msgspec.structs.replace(BARE, engine=docker_engine.info, image=image)
    found = await survey.tried(facts, docker_engine, home)
    assert found.docker is None and "cannot start a container" in found.docker_missing
    assert len(found.docker_missing) < 2 * survey.WORDS
    assert await nothing_left(docker_engine, home)


async def nothing_left(engine: Engine, home: str) -> bool:
    ours = {"label": [f"aarctl.home={home}"]}
    containers = await engine.call(lambda client: client.api.containers(all=True, filters=ours))
    volumes = (await engine.call(lambda client: client.api.volumes(filters=ours)))["Volumes"]
    return not containers and not volumes
