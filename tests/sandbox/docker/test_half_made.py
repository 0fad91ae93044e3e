"""What a killed supervisor asked for goes on in the engine: there its name is taken with no container to be seen.

The engine is real. Its bad moment, which no test can hold still, is played to the backend by the first answers.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from docker.errors import APIError, NotFound

from aarctl.sandbox.docker.abilities import Abilities
from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.images import base_tag
from aarctl.sandbox.protocol import BadRequest, CannotStart, SandboxSpec

from ..watch import run


class Meanwhile:
    """A client of an engine that is busy with something else: of some calls, the first answers are given here."""

    def __init__(self, real: Any, first: dict[str, list[Any]]) -> None:
        self.api, self._real, self._first = self, real.api, first

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if not self._first.get(name):
                return getattr(self._real, name)(*args, **named)
            answer = self._first[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(kind: type[APIError], status: int, words: str) -> APIError:
    """An error as docker-py makes it of the engine's answer."""
    response = requests.Response()
    response.status_code = status
    return kind(words, response, words)


TAKEN = refusal(APIError, 409, "Conflict. The container name is already in use")
GOING = refusal(APIError, 409, "removal of container is already in progress")
UNSEEN = refusal(NotFound, 404, "No such container")
DEAD = {"State": {"Running": False}}


@pytest.fixture
async def spec(docker_engine: Engine, tmp_path: Path) -> AsyncIterator[SandboxSpec]:
    made = SandboxSpec("half-made", "r1", tmp_path / "w", tmp_path / "s", home=secrets.token_hex(8))
    yield made
    await backend(docker_engine, made.home).clear(made.run)
    await backend(docker_engine, made.home).wipe(made)


def backend(engine: Engine, home: str, **first: list[Any]) -> DockerBackend:
    """One of a supervisor of its own; the engine's first answers to it may be given."""
    seen = Engine(Meanwhile(engine._client, first), engine.info)  # type: ignore[arg-type]
    return DockerBackend(seen, base_tag(), Abilities(visible=False, quota=False, by_file=False), home)


@pytest.mark.parametrize(
    "first",
    [
        {"create_container_from_config": [TAKEN, TAKEN], "inspect_container": [UNSEEN, UNSEEN]},
        {"create_container_from_config": [TAKEN], "inspect_container": [DEAD], "remove_container": [GOING]},
        {"create_container_from_config": [TAKEN], "inspect_container": [DEAD], "remove_container": [UNSEEN]},
        {"create_container_from_config": [TAKEN, TAKEN], "inspect_container": [DEAD], "remove_container": [None]},
    ],
    ids=["not yet there", "being removed", "just removed", "taken once more"],
)
async def test_a_name_that_is_taken_for_a_moment_is_waited_for(
    docker_engine: Engine, spec: SandboxSpec, first: dict[str, list[Any]]
) -> None:
    sandbox = await backend(docker_engine, spec.home, **{name: list(said) for name, said in first.items()}).create(spec)
    assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
    await sandbox.remove()


async def test_a_name_that_stays_taken_is_given_up_with_the_engines_words(
    docker_engine: Engine, spec: SandboxSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aarctl.sandbox.docker.backend.HALF_MADE_S", 0.5)
    first = {"create_container_from_config": [TAKEN] * 100, "inspect_container": [UNSEEN] * 100}
    with pytest.raises(CannotStart, match=r"half-made/r1 did not start: .*already in use"):
        await backend(docker_engine, spec.home, **first).create(spec)


async def test_a_sandbox_that_runs_by_the_time_it_is_to_be_made_is_attached_to(
    docker_engine: Engine, spec: SandboxSpec
) -> None:
    await backend(docker_engine, spec.home).create(spec)
    second = backend(docker_engine, spec.home)
    with pytest.raises(BadRequest, match="is alive; attach to it"):
        await second.create(spec)
    sandbox = await second.attach(spec.run, spec.name)
    assert (await run(sandbox, "echo", "hi"))[1] == "hi\n"
    await sandbox.remove()
