"""Chapters: when a history has become too long, and what of it the next one begins with.

A chapter is closed by asking the mind to sum it up, the last thing in it; the next one opens with every word that the
person said, the notebook, what the journal knows, and that summary. Task, rules and direction stand in the system
prompt, so nothing that a person said is ever summarised away. The service is never asked to compact a history: it
would sum up steers too.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..journal.state import Researcher, RunState, Submission
from ..minds.protocol import Chapter, ChapterFull, Message, TextBlock, ToolAnswer
from ..recipe import Recipe
from ..sandbox.protocol import NotFound, SandboxError
from ..tools.notebook import PATH
from ..tools.tool import shorten
from . import steers
from .surroundings import Bench, Surroundings

BYTES_A_TOKEN = 3
FINISHED = 20
"""Experiments that are over and that a new chapter still names."""
ROOM = 8
"""One part in so many of a chapter is kept free for closing it."""

CLOSING = """\
This chapter of your history nears its limit ({tokens} tokens) and ends here. Use no tool now. Write a summary for
yourself, to begin the next chapter with: what you tried and what came of it, with ids and figures; what you believe now
and why; what is under way; what you plan next. Your instructions, your direction, everything that the person said and
your notebook are kept word for word without you: do not repeat them."""

NO_SUMMARY = "There is none: the chapter ended before you could write one."

OPENING = """\
Chapter {chapter} begins. Your history had become too long, and this stands in its place. Files in your workspace,
experiments, posts and submissions are as they were.

{parts}

Go on from here."""


def tokens(who: Researcher, messages: Sequence[Message]) -> int:
    """About how long the open chapter is: what the service counted, and a guess at what has been added since."""
    new = 0
    for message in reversed(messages):
        if message.role == "assistant":
            break
        for block in message.content:
            if isinstance(block, TextBlock | ToolAnswer):
                new += len(block.text.encode("utf-8", "replace"))
    return who.history_tokens + new // BYTES_A_TOKEN


def near_its_end(recipe: Recipe, who: Researcher, messages: Sequence[Message]) -> bool:
    """Whether the open chapter should be closed now; never before one turn of its own is over."""
    limit = recipe.claude.chapter_tokens
    return not fresh(who) and tokens(who, messages) >= limit - limit // ROOM


def fresh(who: Researcher) -> bool:
    """Whether no turn of the open chapter is over yet."""
    return who.settled <= who.chapter_turn


def check(recipe: Recipe, chapter: Chapter) -> None:
    """Raise ChapterFull when what a chapter begins with leaves no room in it."""
    said = [block.text for message in chapter.messages for block in message.content if isinstance(block, TextBlock)]
    begins = [chapter.system, *said, *(tool.description for tool in chapter.tools)]
    length = sum(len(text.encode("utf-8", "replace")) for text in begins) // BYTES_A_TOKEN
    limit = recipe.claude.chapter_tokens
    if length >= limit - limit // ROOM:
        raise ChapterFull(
            f"{chapter.researcher}: what a chapter begins with (prompt, your words, notebook, summary) is about "
            f"{length} tokens long, and claude.chapter_tokens = {limit}"
        )


def summary(messages: Sequence[Message]) -> str:
    """What the mind wrote when it was asked to sum up: the words of its last answer."""
    last = next((message for message in reversed(messages) if message.role == "assistant"), None)
    return "" if last is None else "\n".join(block.text for block in last.content if isinstance(block, TextBlock))


async def opening(around: Surroundings, who: Researcher, words: str) -> str:
    """The words that chapter `who.chapter` + 1 begins with; `words` are its researcher's own."""
    room = around.recipe.claude.chapter_tokens // 2  # characters, for the two parts that can be long
    parts = [
        ("What the person said to you, word for word", "\n\n".join(await steers.all_said(around.lookup, who.id))),
        (f"Your notebook ({PATH})", shorten(await _notebook(around.bench, who.id), room)),
        ("What the record says", _record(around.journal.state, who)),
        ("Your own summary of what came before", shorten(words.strip(), room // 2) or NO_SUMMARY),
    ]
    told = "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts if text)
    return OPENING.format(chapter=who.chapter + 1, parts=told)


async def _notebook(bench: Bench, researcher: str) -> str:
    try:
        sandbox = await bench.sandbox(researcher)
        return (await sandbox.get(PATH, max_bytes=1 << 20)).decode("utf-8", "replace").strip()
    except NotFound:
        return ""
    except SandboxError as error:
        return f"(it could not be read: {error})"


def _record(state: RunState, who: Researcher) -> str:
    """What the journal knows of a researcher's work, whatever its summary says."""
    open_work = [one for one in state.experiments.values() if one.researcher == who.id and one.purpose == "research"]
    lines = [_line(one) for one in state.submissions.values() if one.researcher == who.id]
    over = [one for one in state.outcomes.values() if one.researcher == who.id][-FINISHED:]
    lines += [f"- {one.id} {one.outcome}: {one.title}" for one in over]
    lines += [f"- {one.id} {'is running' if one.slot else 'is queued'}: {one.title}" for one in open_work]
    counts = f"{who.settled} turns, {who.experiments} experiments, {who.submissions} submissions, {who.posts} posts"
    return "\n".join([*lines, f"- so far: {counts}"])


def _line(one: Submission) -> str:
    score = f", PGR {one.released.mean:.2f}" if one.released is not None else ""
    again = f", replication {one.replication}" if one.replication else ""
    return f"- {one.id} {one.method}: {one.state}{score}{again}"
