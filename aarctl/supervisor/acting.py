"""Carrying out a turn: each tool that it chose, in order, its effects and its outcome committed together."""

from __future__ import annotations

import time
from contextlib import suppress

import msgspec

from ..journal.events import Event, ToolCompleted
from ..journal.state import OpenTool
from ..sandbox.protocol import Frozen, SandboxError
from ..tools import TOOLS, Context, ToolResult
from .surroundings import Surroundings


async def use(around: Surroundings, researcher: str, tool: OpenTool) -> tuple[Event, ...]:
    """Run one tool; its effects and its outcome, to be committed together. Run again after a crash, it does no harm."""
    journal = around.journal
    began = time.monotonic()
    result = await _run(around, researcher, tool)
    data = None
    if result.data is not None:
        data = await journal.text(msgspec.json.encode(result.data).decode())
    completed = ToolCompleted(
        researcher=researcher, call=tool.call, turn=tool.turn, tool=tool.tool, ok=result.ok,
        output=await journal.text(result.text), data=data, seconds=time.monotonic() - began,
    )  # fmt: skip
    return (*result.events, completed)


async def give_up(around: Surroundings, researcher: str, tool: OpenTool) -> Event:
    """The outcome of a tool that a person ended while it was frozen; its command, if it has one, is killed."""
    with suppress(SandboxError):
        command = await (await around.bench.sandbox(researcher)).find(tool.call)
        await command.kill()
    said = await around.journal.text(f"{tool.tool}: a person ended this while it was frozen, who knows how far it came")
    return ToolCompleted(
        researcher=researcher, call=tool.call, turn=tool.turn, tool=tool.tool, ok=False, output=said, seconds=0.0
    )


async def _run(around: Surroundings, researcher: str, tool: OpenTool) -> ToolResult:
    known = TOOLS.get(tool.tool)
    if known is None:
        return ToolResult(f"there is no tool {tool.tool!r}; use one of {', '.join(TOOLS)}", ok=False)
    args = msgspec.json.decode(await around.lookup.text(tool.args), type=dict)
    while True:
        await around.thawed(researcher)
        try:
            context = Context(
                researcher=researcher, call=tool.call, turn=tool.turn, journal=around.journal, lookup=around.lookup,
                run=around.run, recipe=around.recipe, sandbox=await around.bench.sandbox(researcher),
                live_tail=around.bench.live_tail,
            )  # fmt: skip
            return await known.call(context, args)
        except Frozen:
            continue  # a freeze came in between: run again after it, which does no harm
        except SandboxError as error:
            return ToolResult(f"{tool.tool}: {error}", ok=False)
