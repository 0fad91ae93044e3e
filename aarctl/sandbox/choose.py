"""Which backend this machine gets, decided on facts that were tried (survey.py) and said in one sentence.

The sentence is what the journal, the screen and `doctor` show; where better protection is within reach, it ends with
the next step. auto goes down the ladder docker, bubblewrap, process, once in the life of a run: a resumed run stays
where its workspaces are. A backend asked for by name is never replaced.
"""

from __future__ import annotations

from typing import cast

import msgspec

from aarctl.sandbox import survey as surveying
from aarctl.sandbox.bubblewrap import BubblewrapBackend
from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.process import ProcessBackend
from aarctl.sandbox.protocol import Backend, BadRequest, CannotStart
from aarctl.sandbox.survey import Part, Survey

NAMES = ("auto", "docker", "bubblewrap", "process")
ASKS: dict[str, tuple[Part, ...]] = {
    "auto": ("engine", "bubblewrap"), "docker": ("engine",), "bubblewrap": ("bubblewrap",), "process": (),
}  # fmt: skip
"""What must be known before each name can be decided."""

UNSAFE = "UNSAFE: commands are not isolated, they can read this user's files and reach the network"


class Choice(msgspec.Struct, frozen=True):
    """A backend and why it was taken."""

    backend: Backend
    why: str
    engine: Engine | None = None
    """The backend's engine, where it has one; closed with the backend."""


class Decision(msgspec.Struct, frozen=True):
    """The name of a backend, and why: one sentence, with the next step where there is a better one."""

    name: str
    why: str


def decide(name: str, facts: Survey, begun: str = "") -> Decision:
    """The backend for `name` on a machine of these facts; auto is `begun` for a run that began with it. Pure.

    Raises BadRequest for an unknown name, and CannotStart, with the next step, when a backend that was asked for by
    name, or that has the run's workspaces, does not work here.
    """
    if name not in NAMES:
        raise BadRequest(f"sandbox = {name!r}: use one of {', '.join(NAMES)}")
    reason = f"{name} was asked for"
    if name == "auto" and begun:
        name, reason = begun, f"{begun} has this run's workspaces"
    if name == "process":
        return Decision("process", f"{reason}, which is {UNSAFE}.")
    if name == "docker":
        if lacking := _lacking(facts):
            raise CannotStart(f"{reason}: {lacking}")
        return Decision("docker", f"{reason}: {_here(facts)}.")
    if name == "bubblewrap":
        if facts.bubblewrap is None:
            raise CannotStart(f"{reason}: {facts.bubblewrap_missing}")
        return Decision("bubblewrap", f"{reason}: a probe sandbox started and answered.")
    lacking = _lacking(facts)
    if not lacking:
        return Decision("docker", f"docker, as {_here(facts)}.")
    if facts.bubblewrap is not None:
        return Decision("bubblewrap", f"bubblewrap, because {lacking}.")
    if facts.engine is not None:  # one step from the best
        return Decision("process", f"process, which is {UNSAFE}; {lacking}.")
    return Decision("process", f"process, which is {UNSAFE}; no Docker engine answers, and {facts.bubblewrap_missing}.")


async def pick(name: str = "auto", home: str = "", begun: str = "") -> Choice:
    """The backend to use; `home` is the id of the aarctl home that will own its sandboxes, `begun` as in decide().

    Raises what decide() raises, and SandboxError when an engine changes its mind half-way.
    """
    facts, engine = await surveying.gather(ASKS.get(name, ()))
    try:
        decision = decide(name, facts, begun)
        backend = await make(decision.name, facts, engine, home)
    except BaseException:
        if engine is not None:
            engine.close()
        raise
    if engine is not None and decision.name != "docker":
        engine.close()
        engine = None
    return Choice(backend, decision.why, engine)


async def make(name: str, facts: Survey, engine: Engine | None, home: str = "") -> Backend:
    """The backend of a decision. A Docker backend owns `engine` from here on."""
    if name == "docker":
        assert engine is not None and facts.image is not None, "decided on facts that lack them"
        return cast(Backend, await DockerBackend.start(engine, facts.image.id, home))
    return cast(Backend, BubblewrapBackend() if name == "bubblewrap" else ProcessBackend())


def _lacking(facts: Survey) -> str:
    """What Docker sandboxes lack here, with the next step; empty when nothing."""
    if facts.engine is None:
        return facts.engine_missing
    return "" if facts.image is not None else facts.image_missing


def _here(facts: Survey) -> str:
    assert facts.engine is not None and facts.image is not None
    return f"{facts.engine.words} answers and has the image {facts.image.tag}"
