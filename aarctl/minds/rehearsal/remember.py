"""Reading a request: the scripted researcher's own calls and their answers are its memory.

Answers are read as text, as a model reads them, and with doubt: forum posts and results are other people's words. What
cannot be understood is passed over.
"""

from __future__ import annotations

import re
from typing import Any

from ...lab.compose import BadIngredient
from ..protocol import PERSON
from ..search.ideas import Score, parts
from ..search.memory import named
from .asked import Asked
from .chapters import opens_chapter, recall
from .memory import Handed, Memory, Post, Trial

STATE = re.compile(r"\b(queued|running|done|failed|timed_out|cancelled|claimed|scored|rejected|withheld)\b")
POST = re.compile(r"^(p\d+) in (t\d+) by (\S+): (.*)\n(?!r\d, on p)", re.MULTILINE)
"""A post that is no reply in the words that this researcher itself uses."""
RUNG = re.compile(r"^\d+\. (\S+) PGR (-?\d*\.?\d+) with (\S+)", re.MULTILINE)
NEWS = re.compile(r"^- ([xs]\d+): ", re.MULTILINE)
DIRECTION = "# Your direction\n"
OWN_IDS = re.compile(r"\b[xs]\d+\b")


def remember(asked: Asked) -> Memory:
    """Fold a request."""
    memory = Memory(*_self(asked.system))
    uses: dict[str, dict[str, Any]] = {}
    for number, message in enumerate(asked.messages):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if message["role"] == "assistant":
            _acted(memory, blocks, uses)
            continue
        memory.notice, memory.fresh = "", set()
        for block in blocks:
            if block["type"] == "tool_result":
                text, wrong = _words(block.get("content", "")), bool(block.get("is_error"))
                _learn(memory, uses[block["tool_use_id"]], text, wrong)
            elif block["type"] == "text":
                _hear(memory, block["text"], first=number == 0)
    return memory


def _self(system: str) -> tuple[str, str]:
    """Name and direction, as the system prompt has them."""
    name = re.search(r"\br[1-9]\b", system)
    _, heading, direction = system.rpartition(DIRECTION)
    return name[0] if name else "r1", direction.strip() if heading else ""


def _acted(memory: Memory, blocks: list[dict[str, Any]], uses: dict[str, dict[str, Any]]) -> None:
    """One answer of ours."""
    memory.turns += 1
    memory.unanswered, memory.last, memory.failed = [], [], ""
    for block in blocks:
        if block["type"] == "tool_use":
            uses[block["id"]] = block
            memory.last.append((block["name"], str(block["input"].get("action", ""))))


def _hear(memory: Memory, text: str, *, first: bool) -> None:
    """Words that are no tool's: the person's, or aarctl's own."""
    if text.startswith(PERSON):
        memory.said.append(text.removeprefix(PERSON))
        memory.unanswered.append(text.removeprefix(PERSON))
        return
    memory.notice += f"{text}\n"
    if first and opens_chapter(text):
        memory.opening += text
        memory.looked = memory.planned = True
        memory.said += [part.partition("\n\n")[0] for part in text.split(PERSON)[1:]]
        recall(memory, text)
    else:
        memory.fresh |= set(NEWS.findall(text)) & set(memory.waiting())
        memory.news |= memory.fresh


def _words(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "\n".join(block.get("text", "") for block in content)


def _learn(memory: Memory, use: dict[str, Any], text: str, wrong: bool) -> None:
    """What one answered call says."""
    name, given = use["name"], use["input"]
    if name == "notebook":  # even where it was full: what is dealt with is dealt with
        memory.noted.update(OWN_IDS.findall(str(given.get("text", ""))))
        memory.planned, memory.notebook_full = True, wrong
    if name == "shell":
        memory.commands += f"{given.get('command', '')}\n"
    if wrong:
        _refused(memory, name, given)
        return
    match name, given.get("action"):
        case "files", "create":
            _wrote(memory, str(given.get("path")), str(given.get("text", "")))
        case "experiments", "queue":
            for id in re.findall(r"\bx\d+\b", text)[:1]:
                out, fraction = str(given.get("out") or f"students/{id}"), float(given.get("fraction", 1.0))
                memory.trials[id] = Trial(id, str(given.get("method")), int(given.get("seed", 0)), fraction, out)
        case "experiments", "status":
            memory.news -= memory.trials.keys()
            for id, row in _rows(text, "x"):
                if id in memory.trials:
                    _progress(memory.trials[id], row)
        case "submit", _:
            for id in re.findall(r"\bs\d+\b", text)[:1]:
                memory.handed[id] = Handed(id, str(given.get("method")), float(given.get("claimed") or 0.0))
            if re.search(r"\b0 submissions? left", text):
                memory.spent.add("submit")
        case "board", _:
            memory.looked = True
            _board(memory, text, given.get("of") == "me")
        case "forum", "read":
            found = [Post(*one) for one in POST.findall(text)]
            memory.posts.update({one.id: one for one in found if one.author != memory.name})
        case "forum", "post" | "reply":
            memory.threads.update(re.findall(r"\bt\d+\b", text))
        case "snapshots", "share":
            for id in re.findall(r"\b[0-9a-f]{16}\b", text)[:1]:
                memory.snapshots[str(given.get("path"))] = id
        case "tell_person", _:
            memory.told = True


def _refused(memory: Memory, name: str, given: dict[str, Any]) -> None:
    """A tool that said no. Where that was a budget, asking again is no use; nor is it elsewhere, for a script."""
    match name, given.get("action"):
        case "shell", _:
            memory.failed = str(given.get("command", ""))
        case ("experiments", "queue") | ("submit", _):
            memory.spent.add(name)
        case "board", _:
            memory.looked = True
        case "forum", "reply":
            memory.threads.add(str(given.get("thread")))
        case "tell_person", _:
            memory.told = True


def _wrote(memory: Memory, path: str, text: str) -> None:
    """A method file: its first line is the name that tells its ingredients."""
    try:
        memory.methods[path] = named(text.removeprefix('"""').splitlines()[0])
    except (BadIngredient, IndexError, ValueError):
        return  # a file that is no method of ours


def _rows(text: str, letter: str) -> list[tuple[str, str]]:
    """(id, rest) for every line that begins with an id; the lines below it belong to it."""
    found = list(re.finditer(rf"^({letter}\d+)\b", text, re.MULTILINE))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [(one[1], text[one.end() : end]) for one, end in zip(found, ends, strict=False)]


def _progress(trial: Trial, row: str) -> None:
    trial.looks += 1
    if state := STATE.search(row):
        trial.state = state[1]
    weak, prior = (re.search(rf"{name}\W+(\d*\.?\d+)", row) for name in ("weak_agreement", "prior_agreement"))
    if weak and prior:
        trial.merit = float(weak[1]) + float(prior[1])


def _board(memory: Memory, text: str, mine: bool) -> None:
    """Our submissions by their ids, or the others' scores by the names of their methods."""
    if mine:
        memory.news -= memory.handed.keys()
        for id, row in _rows(text, "s"):
            if (one := memory.handed.get(id)) is None:
                continue
            one.looks += 1
            if state := STATE.search(row):
                one.state = state[1]
            if pgr := re.search(r"\bPGR (-?\d*\.?\d+)", row):
                one.pgr = float(pgr[1])
        return
    memory.others = []
    for who, pgr, method in RUNG.findall(text):
        try:
            if who != memory.name:
                memory.others.append(Score(parts(named(method)), float(pgr)))
        except (BadIngredient, ValueError):
            continue  # a name of another kind
