"""What the search mind remembers: read off the chapter's messages at every turn, never kept.

Its own tool calls and their answers are the whole memory, so it goes on after a crash as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...lab.compose import BadIngredient, Ingredients
from ..protocol import PERSON, Chapter, TextBlock, ToolAnswer, ToolUse
from .ideas import Score


@dataclass
class Trained:
    """An experiment of ours: which method, which seed, how much of it."""

    experiment: str
    method: str
    seed: int
    fraction: float
    out: str
    state: str = "queued"
    result: dict[str, Any] = field(default_factory=dict)


@dataclass
class Handed:
    """A submission of ours."""

    submission: str
    method: str
    state: str = "claimed"
    pgr: float | None = None
    posted: bool = False


@dataclass
class Memory:
    """Everything known, by the names this mind gave."""

    methods: dict[str, Ingredients] = field(default_factory=dict)
    trained: dict[str, Trained] = field(default_factory=dict)
    handed: dict[str, Handed] = field(default_factory=dict)
    others: list[Score] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What the person said to us."""
    spent: bool = False
    """Whether the last submission was the last that the budget allows."""
    refused: str = ""
    """The last tool that refused, in its own words: a budget, usually."""
    last: tuple[str, ...] = ()
    """The tools of the last turn."""

    @property
    def tried(self) -> set[str]:
        """Names of methods that were written down."""
        return {method.name for method in self.methods.values()}

    def scores(self) -> list[Score]:
        """All released scores known, own and posted."""
        own = [
            Score(_tags(self.methods[one.method]), one.pgr)
            for one in self.handed.values()
            if one.pgr is not None and one.method in self.methods
        ]
        return own + self.others


def remember(chapter: Chapter) -> Memory:
    """Fold the chapter's messages."""
    memory = Memory()
    uses: dict[str, ToolUse] = {}
    for message in chapter.messages:
        for block in message.content:
            if isinstance(block, ToolUse):
                uses[block.id] = block
            elif isinstance(block, ToolAnswer):
                if (use := uses.get(block.tool_use_id)) is not None:
                    _learn(memory, use, block, chapter.researcher)
            elif isinstance(block, TextBlock) and message.role == "user" and block.text.startswith(PERSON):
                memory.said.append(block.text.removeprefix(PERSON))
        if message.role == "assistant":
            memory.last = tuple(b.name for b in message.content if isinstance(b, ToolUse))
    return memory


def _learn(memory: Memory, use: ToolUse, answer: ToolAnswer, me: str) -> None:
    """What one answered call says."""
    args, data = use.input, answer.data if isinstance(answer.data, dict) else {}
    if not answer.ok:
        memory.refused = answer.text
        return
    match use.name, args.get("action"):
        case "files", "create":
            _wrote(memory, str(args["path"]), args.get("text", ""))
        case "experiments", "queue":
            name = str(data["experiment"])
            memory.trained[name] = Trained(
                name, str(args["method"]), int(args["seed"]), float(args["fraction"]), str(data["out"])
            )
        case "experiments", "status":
            for row in _rows(data, "experiments"):
                if (known := memory.trained.get(str(row.get("experiment")))) is not None:
                    known.state, known.result = str(row.get("state")), row.get("result") or {}
        case "submit", _:
            memory.handed[str(data["submission"])] = Handed(str(data["submission"]), str(args["method"]))
            memory.spent = data.get("left") == 0
        case "board", _:
            for row in _rows(data, "rows"):
                if (handed := memory.handed.get(str(row.get("submission")))) is not None and args.get("of") == "me":
                    handed.state, handed.pgr = str(row.get("state")), row.get("pgr")
        case "forum", "read":
            memory.others += [score for post in _rows(data, "posts") for score in _posted(post, me)]
        case "forum", "post":
            for handed in memory.handed.values():
                handed.posted = handed.posted or handed.submission in str(args.get("title", ""))


def _wrote(memory: Memory, path: str, text: str) -> None:
    """A method file of ours: its first line is the name that tells its ingredients."""
    try:
        memory.methods[path] = named(text.removeprefix('"""').splitlines()[0])
    except (BadIngredient, IndexError, ValueError):
        return  # a file that is no method of ours


def named(name: str) -> Ingredients:
    """The method of a name such as "prior_hard+prior_confident(0.5)+plain". Raises BadIngredient, ValueError."""
    labels, keep, loss = name.split("+")
    keep, _, share = keep.partition("(")
    return Ingredients(labels, keep, loss, float(share.rstrip(")"))) if share else Ingredients(labels, keep, loss)


def _rows(data: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    for row in data.get(key) or ():
        if isinstance(row, dict):
            yield row


def _posted(post: dict[str, Any], me: str) -> Iterator[Score]:
    """A score that another researcher reports, in the words that this mind itself uses. Anything else is prose."""
    if post.get("author") == me or not post.get("tags"):
        return
    for line in str(post.get("text", "")).splitlines():
        if line.startswith("released PGR "):
            try:
                yield Score(tuple(map(str, post["tags"])), float(line.split()[2]))
            except (IndexError, ValueError):
                return


def _tags(method: Ingredients) -> tuple[str, ...]:
    return (method.labels, method.keep, method.loss)
