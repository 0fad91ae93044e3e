"""How a mind reads: what it says and thinks, its tools, its chapters, the calls to its model, what aarctl tells it."""

from __future__ import annotations

from aarctl.journal import events as ev

from ...content.figures import amount, money, span
from ..payload import answer, arguments, fields
from .changes import change, unified_from
from .readers import FAILED, Reading, TextOf, reads

WORDS, THOUGHTS = 16, 4  # lines shown of what it says, and of what it thought before
CHANGED = 12  # of a diff
LINE = 60  # characters of a line, about
SHORT = 6  # characters of an id that is shown whole

STOPS = {
    "max_tokens": "cut at its token limit", "context_full": "cut where its context ended",
    "refusal": "refused by the model's service",
}  # fmt: skip
NOTICES = {
    "news": "what came of its work", "loop": "it goes round in circles", "cut": "its answer was cut",
    "refused": "its answer was refused", "idle": "it waits for nothing",
}  # fmt: skip


@reads(ev.ModelCompleted)
def _(event: ev.ModelCompleted, text_of: TextOf) -> Reading | None:
    found = answer(text_of(event.content))
    words = found.words or ("" if found.thoughts or found.tools else event.said)
    label = "says" if words else "thinks" if found.thoughts else "acts" if found.tools else "says nothing"
    parts = [f"turn {event.turn}", STOPS.get(event.stop, "")]
    if len(found.tools) > 1:
        parts.append(f"{len(found.tools)} tools at once")
    return Reading(
        label=label, detail=" · ".join(filter(None, [*parts, _used(event)])), body=words,
        tone="warn" if event.stop in STOPS else "strong", fold=_fold(words, found.thoughts), kept=event.content,
        aside=f"thought first: {found.thoughts}" if words and found.thoughts else found.thoughts,
    )  # fmt: skip


def _used(event: ev.ModelCompleted) -> str:
    """Tokens, how many of those sent came from the cache, and dollars; nothing of a mind that uses none."""
    sent = event.input_tokens + event.cache_read_tokens + event.cache_write_tokens
    if not sent + event.output_tokens:
        return money(event.cost_nusd) if event.cost_nusd else ""
    cached = f", {event.cache_read_tokens / sent:.0%} cached" if sent else ""
    return f"{amount(sent)} in{cached} · {amount(event.output_tokens)} out · {money(event.cost_nusd)}"


def _fold(words: str, thoughts: str) -> int:
    """So many lines that a few of its thoughts are seen below all that it says, unless it says much."""
    said = sum(1 + len(line) // LINE for line in words.split("\n")) if words else 0
    return min(said + bool(said), WORDS) + THOUGHTS if thoughts else WORDS


@reads(ev.ToolRequested)
def _(event: ev.ToolRequested, text_of: TextOf) -> Reading | None:
    args = text_of(event.args)
    if event.tool == "files" and (found := fields(args)) is not None and (changed := change(found)) is not None:
        about, lines = changed
        body = "\n".join([about, *lines])
        return Reading(f"→ {event.tool}", _call(event.call), body, fold=CHANGED, kept=event.args, diff=1)
    return Reading(f"→ {event.tool}", _call(event.call), arguments(args), fold=6, kept=event.args)


def _call(call: str) -> str:
    """By what an answer is told from those of tools used at once: the end of an id that is long."""
    return call if len(call) <= SHORT else f"…{call[-4:]}"


@reads(ev.ToolCompleted)
def _(event: ev.ToolCompleted, text_of: TextOf) -> Reading | None:
    took = f"{span(event.seconds)}" if event.seconds >= 0.05 else ""
    if event.ok:
        detail = " · ".join(filter(None, (_call(event.call), took)))
        output = text_of(event.output)
        diff = unified_from(output) if event.tool == "snapshots" else None
        fold = 4 if diff is None else CHANGED
        return Reading(f"← {event.tool}", detail, output, "plain", "dim", fold, event.output, diff=diff)
    detail = " · ".join(filter(None, (_call(event.call), "failed", took)))
    return Reading(f"✗ {event.tool}", detail, text_of(event.output), "bad", "plain", FAILED, event.output)


# calls that brought no answer: one quiet line each, because another follows or the researcher is blocked


@reads(ev.ModelFailed)
def _(event: ev.ModelFailed, text_of: TextOf) -> Reading | None:
    again = "" if event.retry_in_s is None else f" · again in {span(event.retry_in_s)}"
    return Reading("model call failed", f"{event.error}{again}", tone="dim")


@reads(ev.ModelCancelled)
def _(event: ev.ModelCancelled, text_of: TextOf) -> Reading | None:
    return Reading("model call cancelled", f"{event.why}{_charged(event.cost_nusd)}", tone="dim")


@reads(ev.ModelUnknownOutcome)
def _(event: ev.ModelUnknownOutcome, text_of: TextOf) -> Reading | None:
    return Reading("model's answer lost", f"at its worst case{_charged(event.cost_nusd)}", tone="dim")


@reads(ev.RateLimited)
def _(event: ev.RateLimited, text_of: TextOf) -> Reading | None:
    return Reading("rate limited", f"waits {span(event.wait_s)}", tone="dim")


def _charged(nusd: int) -> str:
    return f" · charged {money(nusd)}" if nusd else ""


# chapters, notices, blocks


@reads(ev.ChapterOpened)
def _(event: ev.ChapterOpened, text_of: TextOf) -> Reading | None:
    if event.opening.bytes:
        detail, tone, kept = "what is kept of the chapters before", "strong", event.opening
    else:
        detail, tone, kept = "what it is told", "dim", event.system
    return Reading(f"chapter {event.chapter}", detail, text_of(kept), tone, "dim", 3, kept)


@reads(ev.ChapterClosing)
def _(event: ev.ChapterClosing, text_of: TextOf) -> Reading | None:
    detail = f"at {amount(event.tokens)} tokens; it is asked to sum it up"
    return Reading(f"chapter {event.chapter} closes", detail, tone="dim")


@reads(ev.NoticeDelivered)
def _(event: ev.NoticeDelivered, text_of: TextOf) -> Reading | None:
    tone = "plain" if event.about == "news" else "warn"
    return Reading(
        "aarctl says", NOTICES.get(event.about, event.about), text_of(event.text), tone, "dim", kept=event.text
    )


@reads(ev.ResearcherBlocked)
def _(event: ev.ResearcherBlocked, text_of: TextOf) -> Reading | None:
    return Reading("⊘ blocked", f"⚑ {event.flag}" if event.flag else "", event.why, "bad")


@reads(ev.PersonTold)
def _(event: ev.PersonTold, text_of: TextOf) -> Reading | None:
    return Reading("tells you", "", text_of(event.text), "accent", fold=16, kept=event.text)
