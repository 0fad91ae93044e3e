"""The cast of the synthetic Claude fleet: nine directions, and what its first researcher lives through. Invented."""

from __future__ import annotations

from typing import NamedTuple

DIRECTIONS = (
    "Elicit what the strong model already believes, without any label.",
    "Weigh the weak labels: some deserve to count more than others.",
    "Combine elicitation and weighting.",
    "Treat the teacher as a noisy channel and infer what was meant.",
    "Distil, and ask what survives when the teacher is wrong.",
    "Prefer the simplest rule that explains the labels.",
    "Learn what is learnable first: order the data by it.",
    "Keep a population of methods, and let the best have offspring.",
    "Look inside: which features carry the answer?",
)


class Worked(NamedTuple):
    """What one researcher has come to: a submission, its score, its tags."""

    method: str
    scored: tuple[float, float, float]
    tags: tuple[str, ...]


WORK = (
    Worked("contrast pairs, unsupervised", (0.58, 0.49, 0.67), ("elicitation", "contrast pairs")),
    Worked("confidence weights", (0.44, 0.33, 0.54), ("reweighting",)),
    Worked("elicited weights", (0.71, 0.62, 0.80), ("elicitation", "reweighting")),
    Worked("two-confusion posterior", (0.63, 0.53, 0.72), ("noisy channel",)),
    Worked("early distillation", (0.39, 0.28, 0.49), ("distillation", "early stopping")),
    Worked("low-rank students", (0.47, 0.36, 0.57), ("simplicity", "low rank")),
    Worked("learnable first", (0.52, 0.42, 0.62), ("curriculum",)),
    Worked("third generation", (0.76, 0.68, 0.84), ("evolution", "elicitation", "reweighting")),
    Worked("probe and project", (0.55, 0.45, 0.65), ("interpretability", "probes")),
)

THOUGHT = (
    "The contrast pairs gave .58 without a single label, but r3's weights reach .71 on top of the same elicitation. "
    "So the labels do carry something that the prior does not have. Before I combine them I should know whether the "
    "gain is the weighting or only the longer training: r3 used twice my steps. A run with matched steps costs one "
    "slot for six minutes and settles it. If weighting still wins, the interesting question is where the two disagree: "
    "those are the items on which either the teacher or the prior is systematically wrong, and they should cluster."
)
SAYS = "I match the steps first: one run with weights, one without, same seed. Meanwhile I read what r3 posted."
ANSWER = "queued x21: weighted, matched steps\nnothing is ahead of it"
POST = (
    "p3 in t3 by r3: Elicited weights [elicitation, reweighting]\n.71 with weights from the elicited margin. "
    "Steps: 2,000.\nI have not matched the steps of the baseline."
)
NEWS = "News:\n- x21: done\n- s1: scored, PGR 0.58 [0.49, 0.67] on code"
SUMMARY = (
    "Chapter 2 begins. Your history had become too long, and this stands in its place. Files in your workspace, "
    "experiments, posts and submissions are as they were.\n\n## What the person said to you, word for word\n\n"
    "Match the steps before you believe a gain.\n\n## Your notebook (notebook.md)\n\n- elicitation alone: .58\n"
    "- weights on top: .71 (r3), steps not matched\n\n## Your own summary of what came before\n\nWith matched steps "
    "(x21) the weights are worth .05, not .13."
)
TELLS = (
    "The math pool has 212 duplicates of test-like prompts. I have not used them; you may want to look at the build."
)
NO_CREDIT = (
    "the account may spend no more (400, your credit balance is too low): raise its limit or add credit, "
    "then resume the run"
)
CIRCLES = (
    "r5 made the same call of shell 6 times, and it failed in the same way: read its transcript, steer it, "
    "then resume it"
)
