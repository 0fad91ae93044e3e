"""Telling the person something, without waiting for an answer."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..journal.events import PersonTold
from .tool import Context, Tool, ToolResult


class TellArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]


async def run(context: Context, args: TellArgs) -> ToolResult:
    """The message is the event."""
    told = PersonTold(researcher=context.researcher, text=await context.journal.text(args.text))
    return ToolResult("the person will see it; go on meanwhile", events=(told,))


TELL_PERSON = Tool(
    "tell_person",
    "Tell the person who runs this fleet something they should know: a suspicion, something broken, a result worth "
    "a look. Nobody may be there: do not wait for an answer.",
    TellArgs,
    run,
)
