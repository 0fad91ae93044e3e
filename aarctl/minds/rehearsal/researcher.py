"""The rule that plays a researcher: what it answers depends on the request alone, so a resumed run just goes on.

It thinks, looks around, writes methods of real building blocks, has them trained, submits, posts, replies, listens to
the person and sums up its chapters. It is no model, and its ideas are those of the `search` mind in other words.
"""

from __future__ import annotations

from collections.abc import Callable

from . import steps
from .asked import Asked
from .memory import Memory
from .remember import remember
from .replies import Block, Reply, Say, Think, Use

PIECE = 12
"""Characters of one delta: about what a fast reader follows at the stage's delay."""

STEPS: tuple[Callable[[Memory], steps.Do | None], ...] = (
    steps.close, steps.answer, steps.arrive, steps.correct, steps.study, steps.plan, steps.look, steps.inspect,
    steps.judge, steps.submit, steps.report, steps.reply, steps.wait, steps.screen, steps.rest,
)  # fmt: skip
"""In the order in which they are asked; the last always answers."""


def research(asked: Asked) -> Reply:
    """The next answer."""
    do = _chosen(remember(asked), asked.tools)
    uses = [Use(tool, given) for tool, given in do.calls if tool in asked.tools]
    blocks: list[Block] = [*_thinking(asked, do.thought), Say(do.text), *uses]
    return Reply(tuple(blocks), piece=PIECE)


def _chosen(memory: Memory, tools: frozenset[str]) -> steps.Do:
    """The first step that there is a reason for, and tools."""
    for step in STEPS:
        if (do := step(memory)) is not None and (not do.calls or do.calls[0][0] in tools):
            return do
    return steps.Do("", "I have no tool that I could use.")


def _thinking(asked: Asked, thought: str) -> list[Block]:
    """A thought as it was asked for: in words, or only its signature."""
    wanted = asked.request.thinking or {}
    if not thought or wanted.get("type") != "adaptive":
        return []
    return [Think(thought if wanted.get("display") == "summarized" else "")]
