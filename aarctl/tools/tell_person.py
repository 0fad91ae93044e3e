"""Telling the person something, without waiting for an answer."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ..journal.events import PersonTold
from .tool import Context, Tool, ToolError, ToolResult

TEXT_CHARS = 8_000


class TellArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message."""

    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=TEXT_CHARS, description="What they should know; first line in short."),
    ]


async def run(context: Context, args: TellArgs) -> ToolResult:
    """The message is the event."""
    if not args.text.strip():
        raise ToolError("text is empty; say what the person should know")
    told = PersonTold(researcher=context.researcher, text=await context.journal.text(args.text))
    return ToolResult("the person will see it; go on meanwhile", events=(told,))


TELL_PERSON = Tool(
    "tell_person",
    f"""\
Tell the person who runs this fleet something they should see soon: a suspicion, a hole in the rules, something
broken, a result worth a look. It is put where they look first (up to {TEXT_CHARS:,} characters). Nobody may be there:
go on, and do not wait for an answer; one would come by itself. Example: {{"text": "/task/weak_labels.jsonl lacks 12
of the pool's items"}}""",
    TellArgs,
    run,
)
