"""A person's decision on a submission: accept, disqualify or reinstate, and why."""

from __future__ import annotations

from aarctl.journal.state import RunState

from ..acts.orders import VERDICTS, likely_verdict, submission_of, verdict
from ..content.figures import score
from ..drawing.lines import Line, cut, line, pad
from .choose import ChooseScreen

MEANS = {
    "accept": "it counts: a person has looked at it",
    "disqualify": "it counts no more, on any board, until it is reinstated",
    "reinstate": "take the verdict back",
}
FLAGS = 3  # that are told of


class VerdictScreen(ChooseScreen):
    """On the submission that `name` stands for: its own name, or a flag's."""

    def __init__(self, state: RunState, name: str) -> None:
        def wrong(option: str, text: str) -> str:
            found = verdict(state, name, option, text)
            return found if isinstance(found, str) else ""

        options: list[tuple[str, Line]] = [
            (word, line((pad(word, 12), "strong"), (MEANS[word], "dim"))) for word in VERDICTS
        ]
        one = submission_of(state, name)
        super().__init__(
            f"Verdict on {one.id if one is not None else name}", about(state, name), options,
            chosen=likely_verdict(state, name), hint="why, in a sentence that others will read", wrong=wrong,
        )  # fmt: skip


def about(state: RunState, name: str) -> str:
    """The submission in a few lines, with what is suspected of it. Untrusted."""
    one = submission_of(state, name)
    if one is None:
        return ""
    lines = [cut(f"{one.id} by {one.researcher}: {one.method}", 76)]
    again = one.replicated.get(state.feedback)
    if again is not None:
        lines.append(f"replicated {score(again)}")
    elif one.released is not None:
        lines.append(f"scored {score(one.released)}, not replicated")
    if one.verdict:
        lines.append(cut(f"{one.board_state}, because {one.because}", 76))
    flags = [state.flags[each] for each in one.flags if each in state.flags]
    lines += [cut(f"⚑ {flag.id} {flag.detector}: {flag.text.head}", 76) for flag in flags[:FLAGS]]
    return "\n".join(lines)
