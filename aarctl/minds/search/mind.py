"""The search mind: look, screen, judge, train, submit, tell; again, until its budget is used up.

Successive halving: many methods for a fraction of the steps, judged without labels; the best of them trained in full
and scored. Each turn is a pure function of the chapter.
"""

from __future__ import annotations

import random
from typing import Any

from ...lab.compose import Ingredients
from ..protocol import Ask, Calls, Chapter, OnDelta, TextBlock, ToolUse, Turn
from .ideas import CONTROL, draw, merits, parts, themes
from .memory import Handed, Memory, Trained, remember

Call = tuple[str, dict[str, Any]]
LOOK = ("board", "board", "forum")
"""The tools of a turn that looks around."""
SCREEN_SEED = 1_000  # screenings use seeds apart from the students', so that no student is judged twice


class SearchMind:
    """`candidates` methods screened at `fraction` of the steps per cycle; `promote` of them get `students` students."""

    model = "search (no language model)"
    reads = False

    def __init__(self, *, candidates: int = 4, fraction: float = 0.25, promote: int = 1, students: int = 2) -> None:
        self._candidates, self._fraction, self._promote, self._students = candidates, fraction, promote, students

    async def turn(self, chapter: Chapter, calls: Calls, on_delta: OnDelta) -> Turn:
        """See Mind.turn."""
        await calls.begin(Ask(self.model))
        text, chosen, over = self._choose(chapter, remember(chapter))
        on_delta(text)
        uses = tuple(
            ToolUse(f"{chapter.researcher}-{chapter.turn}-{number}", tool, args)
            for number, (tool, args) in enumerate(chosen, 1)
        )
        stop = "tool_use" if uses else "done" if over else "waiting"
        return Turn((TextBlock(text), *uses), stop)  # type: ignore[arg-type]

    def _choose(self, chapter: Chapter, memory: Memory) -> tuple[str, list[Call], bool]:
        """(words, tool calls, whether the work is over)."""
        waiting = [one for one in memory.trained.values() if one.state in ("queued", "running")]
        unscored = [one for one in memory.handed.values() if one.state == "claimed"]
        if waiting:
            if memory.last == ("experiments",):
                return f"{_names(waiting)} still running: I wait.", [], False
            return f"How are {_names(waiting)} doing?", [("experiments", {"action": "status"})], False
        if full := self._ready_to_submit(memory):
            return self._submit(memory, full)
        if screened := self._ready_to_promote(memory):
            return self._train(memory, screened)
        if unscored and memory.last == LOOK:
            return f"{', '.join(one.submission for one in unscored)} not scored yet: I wait.", [], False
        if unscored or (memory.last != LOOK and not self._may_end(memory)):
            look: list[Call] = [
                ("board", {"of": "me"}), ("board", {"of": "fleet"}), ("forum", {"action": "read"}),
            ]  # fmt: skip
            return "What do the board and the others say?", look, False
        return self._end(memory) if self._may_end(memory) else self._screen(chapter, memory)

    # the steps -------------------------------------------------------------------------------------------

    def _screen(self, chapter: Chapter, memory: Memory) -> tuple[str, list[Call], bool]:
        """Tell what came of the last cycle, then write new methods and try each for a fraction of the steps."""
        told = [self._tell(memory, one) for one in memory.handed.values() if one.pgr is not None and not one.posted]
        rng = random.Random(f"{chapter.seed}/{chapter.researcher}/{chapter.turn}")
        weights = [themes(chapter.direction), themes(" ".join(memory.said)), merits(memory.scores())]
        chosen = draw(self._candidates, weights, memory.tried | {CONTROL.name}, rng)
        first = not memory.methods and chapter.fleet and chapter.researcher == chapter.fleet[0]
        if first:  # somebody has to run the control; the first of the fleet does
            chosen = [CONTROL]
        if not chosen:
            text, last, _ = self._end(memory)
            return text, last, not last
        calls: list[Call] = []
        number = len(memory.methods)
        for method in chosen:
            number += 1
            path = f"methods/m{number}/method.py"
            calls.append(("files", {"action": "create", "path": path, "text": method.source()}))
            if not first:
                calls.append(_queue(path, SCREEN_SEED, self._fraction, method))
        if first:
            calls += [_queue(path, seed, 1.0, CONTROL) for seed in range(1, self._students + 1)]
            return "First the control: the weak teacher's labels as they are.", [*told, *calls], False
        heard = _heard(memory, weights[1])
        words = f"{heard}I screen {len(chosen)} methods at {self._fraction:.0%} of the steps: "
        return words + ", ".join(method.name for method in chosen) + ".", [*told, *calls], False

    def _train(self, memory: Memory, screened: list[Trained]) -> tuple[str, list[Call], bool]:
        """Promote the best of a screening to full training."""
        ranked = sorted(screened, key=lambda one: (-merit(one), one.experiment))
        best = ranked[: self._promote]
        calls = [
            _queue(one.method, seed, 1.0, memory.methods[one.method])
            for one in best
            for seed in range(1, self._students + 1)
        ]
        table = "\n".join(
            f"  {memory.methods[one.method].name}: {merit(one):.3f}{' <- promoted' if one in best else ''}"
            for one in ranked
        )
        text = f"Agreement with weak teacher plus agreement with the prior, no label seen:\n{table}"
        return text, calls, False

    def _submit(self, memory: Memory, full: list[Trained]) -> tuple[str, list[Call], bool]:
        """Hand in a method with its students, and say before the score what is expected of it."""
        path = full[0].method
        method = memory.methods[path]
        known = memory.scores()
        claimed = round(sum(score.pgr for score in known) / len(known), 2) if known else 0.25
        evidence = ", ".join(f"{one.experiment}: {merit(one):.3f}" for one in full)
        submit: Call = (
            "submit",
            {
                "method": path, "students": [one.out for one in full], "name": method.name, "claimed": claimed,
                "tags": list(parts(method)), "claim": f"About {claimed:.2f}: the mean of what was scored so far.",
                "evidence": f"Screening and training agreements {evidence}.",
            },
        )  # fmt: skip
        return f"I submit {method.name} with {len(full)} students and expect {claimed:.2f}.", [submit], False

    def _tell(self, memory: Memory, one: Handed) -> Call:
        """A post about a released score, in words that `memory` understands."""
        method = memory.methods[one.method]
        text = (
            f"{method.name} as {one.submission}.\nreleased PGR {one.pgr:.2f} with {self._students} students.\n\n"
            f"{method.source()}"
        )
        return (
            "forum",
            {"action": "post", "title": f"{one.submission}: {method.name}", "text": text, "tags": list(parts(method))},
        )

    def _end(self, memory: Memory) -> tuple[str, list[Call], bool]:
        """Tell what is left to tell, then stop."""
        told = [self._tell(memory, one) for one in memory.handed.values() if one.pgr is not None and not one.posted]
        if told:
            return "Last results, for the others.", told, False
        scored = [one for one in memory.handed.values() if one.pgr is not None]
        if not scored:
            return f"I am done without a score. {memory.refused}", [], True
        best = max(scored, key=lambda one: (one.pgr or 0.0, one.submission))
        return f"I am done. Best: {memory.methods[best.method].name}, {best.submission}, {best.pgr:.2f}.", [], True

    # what is ready ---------------------------------------------------------------------------------------

    @staticmethod
    def _may_end(memory: Memory) -> bool:
        """Whether nothing more can come of going on: the submissions are used up, or a budget refused."""
        return memory.spent or "budget" in memory.refused

    def _ready_to_submit(self, memory: Memory) -> list[Trained]:
        """Full students of the first method that was trained and not handed in; none when no submission is left."""
        if self._may_end(memory):
            return []
        handed = {one.method for one in memory.handed.values()}
        full = [one for one in memory.trained.values() if one.fraction == 1.0 and one.state == "done"]
        for one in full:
            if one.method not in handed:
                return [other for other in full if other.method == one.method][: self._students]
        return []

    def _ready_to_promote(self, memory: Memory) -> list[Trained]:
        """The last screening, if none of it has been promoted and there is budget left for it."""
        if self._may_end(memory):
            return []
        promoted = {one.method for one in memory.trained.values() if one.fraction == 1.0}
        screened = [one for one in memory.trained.values() if one.fraction < 1.0 and one.state == "done"]
        last = screened[-self._candidates :]
        return [] if any(one.method in promoted for one in last) else last


def merit(one: Trained) -> float:
    """How good a student looks without labels: agreement with the weak teacher plus agreement with the base's prior.

    The errors of the two are nearly independent, so a student that is right more often agrees more with both; one
    that only imitates either loses with the other what it gains.
    """
    pool = one.result.get("pool")
    if not isinstance(pool, dict):
        return 0.0
    found = [pool.get("weak_agreement"), pool.get("prior_agreement")]
    return sum(value for value in found if isinstance(value, int | float))


def _queue(path: str, seed: int, fraction: float, method: Ingredients) -> Call:
    share = "" if fraction == 1.0 else f" at {fraction:.0%}"
    return (
        "experiments",
        {
            "action": "queue", "method": path, "seed": seed, "fraction": fraction, "tags": list(parts(method)),
            "title": f"{method.name} seed {seed}{share}",
        },
    )  # fmt: skip


def _names(experiments: list[Trained]) -> str:
    return ", ".join(one.experiment for one in experiments)


def _heard(memory: Memory, weights: dict[str, float]) -> str:
    """What was understood of the person's words; said, so that nobody is left guessing."""
    if not memory.said:
        return ""
    if not weights:
        return "The person wrote to me; I am no language model and found no ingredient's name in it. "
    return f"The person speaks for {', '.join(sorted(weights))}: I weigh these more. "
