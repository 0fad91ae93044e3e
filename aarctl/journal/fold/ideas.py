"""Folding the fleet's ideas: how many different methods it is at, by the tags on what it did last.

The window holds the tags of the last tagged experiments, posts and submissions of researchers. Each of these weighs 1,
split evenly over its tags; the diversity of ideas is the Shannon entropy of the tags' weights, in bits (Shannon 1948).
Weights are whole numbers, so that neither the order of the window nor a replay changes a digit. Tags are untrusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import fsum, lcm, log2

import msgspec

from ..events import Event, ExperimentQueued, ForumPosted, SubmissionReceived
from ..state import Diversity, Ideas, RunState

WINDOW = 64  # tagged things of the fleet: about seven of each of nine researchers
KEPT_TAGS = 8  # of one thing, as many as the tools take
TAG_CHARS = 40
KEPT_HISTORY = 256  # points of the line over time; every second one goes when it is longer
WHOLE = lcm(*range(1, KEPT_TAGS + 1))  # the weight of one thing: it splits evenly over any number of tags

TAGGED = (ExperimentQueued, ForumPosted, SubmissionReceived)

_BLANKS = re.compile(r"[\s_-]+")


class Spread(msgspec.Struct, frozen=True):
    """The window's tags and how evenly they are used."""

    bits: float
    """Entropy: 0 when all is one idea, log2 of the number of tags when each is used as much as any other."""
    shares: dict[str, float]
    """By tag, its part of the window's weight, the largest first."""

    @property
    def most(self) -> float:
        """The bits that as many tags could have."""
        return log2(len(self.shares)) if self.shares else 0.0


def consider(state: RunState, event: Event) -> None:
    """Take a tagged thing into the window, and the line over time; any other event changes nothing."""
    if not isinstance(event, TAGGED) or not (tags := normal(_tags(event))):
        return
    ideas = state.ideas
    ideas.window = [*ideas.window, tags][-WINDOW:]
    ideas.seen += 1
    if ideas.seen % ideas.every == 0:
        ideas.history.append(Diversity(state.at, spread(ideas).bits))
        if len(ideas.history) > KEPT_HISTORY:
            ideas.history = ideas.history[1::2]  # those that a line of half as many points would have had
            ideas.every *= 2


def normal(tags: Iterable[str]) -> list[str]:
    """Tags as they are compared: lower case, one blank between words, shortened; each once, at most KEPT_TAGS."""
    found = (_BLANKS.sub(" ", tag[: 4 * TAG_CHARS]).lower().strip()[:TAG_CHARS].strip() for tag in tags)
    return list(dict.fromkeys(tag for tag in found if tag))[:KEPT_TAGS]


def spread(ideas: Ideas) -> Spread:
    """How evenly the window's tags are used: H = -sum p log2 p, where p is a tag's share of the weight."""
    weights: dict[str, int] = {}
    for tags in ideas.window:
        for tag in tags:
            weights[tag] = weights.get(tag, 0) + WHOLE // len(tags)
    total = sum(weights.values())
    shares = {tag: weights[tag] / total for tag in sorted(weights, key=lambda tag: (-weights[tag], tag))}
    bits = -fsum(share * log2(share) for share in shares.values())
    return Spread(min(max(bits, 0.0), log2(max(len(shares), 1))), shares)  # rounding may step over either bound


def _tags(event: ExperimentQueued | ForumPosted | SubmissionReceived) -> list[str]:
    """The tags of what a researcher did; replications, and posts of people, are nobody's ideas."""
    replication = isinstance(event, ExperimentQueued) and event.purpose != "research"
    return event.tags if event.researcher and not replication else []
