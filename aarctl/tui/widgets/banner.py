"""What a person must know at once: a dead supervisor, a pause, a failure, or how the run ended.

Else nothing.
"""

from __future__ import annotations

from aarctl.journal.state import Submission

from ..doing import best, elapsed, worth
from ..figures import clock, money, plural, score, span
from ..lines import Line, fit, joined, line, width, wrapped
from ..scene import Scene
from .pane import Content, Pane


def banner_lines(scene: Scene, room: int) -> list[Line]:
    """No lines while there is nothing to say."""
    status = scene.status
    if scene.state.over:
        return _ended(scene, room)
    if status.sentence and status.word != "starting":
        words = wrapped(status.sentence, room - 2)
        return [
            line((f"{status.glyph} ", status.tone), (words[0], "strong")),
            *(line("  ", rest) for rest in words[1:]),
        ]
    return []


def _ended(scene: Scene, room: int) -> list[Line]:
    state, status = scene.state, scene.status
    used = f"{clock(elapsed(state, scene.now))}, {money(state.nusd)}, {span(state.device_s)} of compute"
    count = f"{plural(state.experiments_finished, 'experiment')}, {plural(len(state.submissions), 'submission')}"
    head = line((f"{status.glyph} {status.word}", status.tone), (f"  after {used}; {count}", "plain"))
    lines = [head]
    if status.sentence:
        lines += [line("  ", words) for words in wrapped(status.sentence, room - 2, 2)]
    found = best(state)
    if found is not None:
        lines += _best(scene, found, room)
    if not scene.replay:
        again = f"aarctl replay {state.run}   aarctl board {state.run}"
        lines.append(line("  ", ("next  ", "dim"), (again, "plain")))
    return [fit(one, room) for one in lines]


def _best(scene: Scene, one: Submission, room: int) -> list[Line]:
    """The submission to believe, and how far: on one line, or on two where it is narrow."""
    whose = line("  ", ("best  ", "dim"), (f"{one.id} {one.researcher} {one.method}", "strong"))
    if one.replicated:
        parts = "  ".join(f"{domain} {score(found)}" for domain, found in one.replicated.items())
        worthy = line(("replicated  ", "dim"), (parts, "accent"))
    else:
        worthy = line(("scored  ", "dim"), (score(worth(scene.state, one)), "accent"), ("  not replicated", "warn"))
    if width(whose) + width(worthy) + 2 <= room:
        return [joined((whose, worthy))]
    return [whose, joined((line(" " * 8), worthy), "")]


class Banner(Pane, can_focus=False):
    """As high as what it says."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The banner's lines."""
        return Content(banner_lines(scene, width))
