"""The cast of the synthetic run: its researchers, and what each tries in each round. All invented."""

from __future__ import annotations

from typing import NamedTuple

DIRECTIONS = {
    "r1": ("Whom to believe: which of the weak teacher's labels can be trusted, and how much each should count."),
    "r2": ("What the strong model already knows: use its prior, before any training, to judge its teacher."),
    "r3": ("Students that correct their teacher: cross-fitting, self-training, and combining what others posted."),
}


class Try(NamedTuple):
    """One researcher's work of one round."""

    who: str
    method: str
    says: str
    screened: float
    claimed: float
    scored: tuple[float, float, float]
    """PGR as released, and its interval."""
    seeds: tuple[float, float]
    """Exact PGR of its two students."""
    thread: str
    title: str
    """Of the thread, when the post opens one."""
    post: str


ROUNDS: tuple[tuple[Try, ...], ...] = (
    (
        Try(
            who="r1",
            method="soft labels",
            says=(
                "Begin with the baseline everybody needs: the teacher's soft labels as they are.\n"
                "If it beats hard labels, confidence carries information and weighting is worth a "
                "look."
            ),
            screened=0.31,
            claimed=0.3,
            scored=(0.23, 0.12, 0.34),
            seeds=(0.21, 0.25),
            thread="t1",
            title="Soft labels against hard ones",
            post=(
                "Soft labels reach .23, no better than hard ones. The teacher's mistakes are "
                "systematic, so its confidence is high where it is wrong. Weighting alone will not do"
                " it."
            ),
        ),
        Try(
            who="r2",
            method="prior agreement",
            says=(
                "The strong model has seen both authors. Before any training, ask it which answer it "
                "finds likelier, and keep only the items where it agrees with its teacher."
            ),
            screened=0.52,
            claimed=0.5,
            scored=(0.6, 0.49, 0.7),
            seeds=(0.58, 0.61),
            thread="t2",
            title="The prior knows more than the teacher",
            post=(
                "Agreement of the zero-shot prior with the weak label picks a cleaner half of the "
                "pool: .60 at the first attempt.\n"
                "It is the untagged prior; a tag that elicits the right author may do better still."
            ),
        ),
        Try(
            who="r3",
            method="cross-fit",
            says=(
                "Two students, each taught on one half, relabel the other half. A mistake that one "
                "half did not teach cannot come back."
            ),
            screened=0.4,
            claimed=0.45,
            scored=(0.43, 0.31, 0.54),
            seeds=(0.41, 0.45),
            thread="t3",
            title="Cross-fitting",
            post=(
                "Relabelling by the other half's student gives .43. Both students share the teacher's"
                " bias where it is systematic."
            ),
        ),
    ),
    (
        Try(
            who="r1",
            method="confident half",
            says="Soft targets did not help, so drop the doubtful half instead of weighting it.",
            screened=0.42,
            claimed=0.45,
            scored=(0.42, 0.31, 0.53),
            seeds=(0.4, 0.44),
            thread="t1",
            title="",
            post=("The confident half alone: .42. What is dropped matters more than how the rest is weighted."),
        ),
        Try(
            who="r2",
            method="prior agreement, two passes",
            says=(
                "After one pass the student's own prior is better than the base model's: choose the "
                "agreeing items anew with it, from the same start."
            ),
            screened=0.64,
            claimed=0.7,
            scored=(0.69, 0.59, 0.78),
            seeds=(0.7, 0.68),
            thread="t2",
            title="",
            post=(
                "A second pass with the student as judge: .69. The gain over one pass is within the "
                "interval, so it wants a replication."
            ),
        ),
        Try(
            who="r3",
            method="self-training on the prior",
            says=(
                "r2's post says that the prior picks the right half. Start from those labels, then "
                "let the student relabel what it is sure of."
            ),
            screened=0.7,
            claimed=0.75,
            scored=(0.76, 0.67, 0.85),
            seeds=(0.75, 0.77),
            thread="t2",
            title="",
            post=(
                "Self-training from r2's agreeing half: .76, the best so far. Mistakes of the teacher"
                " are gone after the second relabelling."
            ),
        ),
    ),
)
