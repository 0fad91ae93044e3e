"""What the soak's model answers: a busy researcher with every tool that needs no training.

It is decided from the request alone, so an attempt that is made again gets the same answer. Each turn leaves a mark,
its chapter and its place in it, in the file `count` of the workspace: what was done twice stands there twice.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from tests.fakes.messages_api import Asked, Block, Reply, Rule, Say, Think, Use, say

COUNT = "count"
"""The file of marks."""

_NAME = re.compile(r"\AYou are (r\d+),")
_CHAPTER = re.compile(rb'"Chapter (\d+) begins\.')
_CLOSING = b"nears its limit"
_MARK = re.compile(rf"\Aecho (\S+) >> {COUNT}\b")


@dataclass(frozen=True)
class Place:
    """Where in whose work a call stands."""

    who: str
    chapter: int
    answers: int
    """Of the model, in this chapter before this call."""
    closing: bool

    @classmethod
    def of(cls, asked: Asked) -> Place:
        """Read from the system prompt, the opening and the last message: as a model would."""
        messages = asked.request.messages
        name, chapter = _NAME.match(asked.system), _CHAPTER.search(bytes(messages[0].content))
        return cls(
            name.group(1) if name else "",
            int(chapter.group(1)) if chapter else 1,
            sum(message.role == "assistant" for message in messages),
            _CLOSING in bytes(messages[-1].content),
        )

    @property
    def mark(self) -> str:
        """Of this turn alone."""
        return f"{self.who}:{self.chapter}.{self.answers}"


def busy(asked: Asked) -> Reply:
    """A turn of one to three tool calls, a thought, sometimes words; a summary where one is asked for."""
    place = Place.of(asked)
    if place.closing:
        return say(f"Summary of chapter {place.chapter}: {place.answers} answers, all is well.")
    step = place.answers
    blocks: list[Block] = [Think(f"{place.mark}: what next? " * (step % 4 + 1))]
    if step % 3 == 0:
        blocks.append(Say(f"Turn {place.mark}."))
    blocks.append(Use("shell", {"command": f"echo {place.mark} >> {COUNT}; seq {step % 9 * 150}"}))
    return Reply((*blocks, *_besides(place, step)), piece=48)


def _besides(place: Place, step: int) -> tuple[Use, ...]:
    """What a turn does apart from its mark."""
    name = f"work/f{step % 5}.py"
    match step % 12:
        case 1:
            return (Use("files", {"action": "create", "path": name, "text": f"x = {step}\n" * 40}),)
        case 2:
            return (Use("forum", {"action": "post", "title": place.mark, "text": f"I found {step}. " * 20}),)
        case 4:
            note = Use("notebook", {"action": "append", "text": f"Tried {place.mark}."})
            return (note, Use("forum", {"action": "list"}))
        case 5:
            return (Use("files", {"action": "view", "path": COUNT}),)
        case 6:
            return (Use("forum", {"action": "read"}),)
        case 7:
            return (Use("snapshots", {"action": "share", "path": COUNT, "why": place.mark}),)
        case 9:  # a mistake, never the same one twice
            return (Use("shell", {"command": f"cat missing-{place.mark}"}),)
        case 10:
            return (Use("board", {"of": "me"}), Use("tell_person", {"text": f"At {place.mark}."}))
        case _:
            return ()


@dataclass
class Witness:
    """A rule that remembers, by the server's own numbers, who was given which answer."""

    rule: Rule = busy
    served: dict[int, tuple[str, Reply]] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        reply = self.rule(asked)
        self.served[asked.number] = (Place.of(asked).who, reply)
        return reply


def marks(reply: Reply) -> list[str]:
    """The marks that an answer's tools leave."""
    return [mark for block in reply.blocks if isinstance(block, Use) and (mark := marked(block.input))]


def marked(arguments: dict[str, object] | str) -> str:
    """The mark that one call leaves; empty when it leaves none."""
    given = json.loads(arguments) if isinstance(arguments, str) else arguments
    found = _MARK.match(str(given.get("command", "")))
    return found.group(1) if found else ""
