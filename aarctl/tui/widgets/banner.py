"""What a person must know at once: a dead supervisor, a pause, a failure, who is blocked, or how the run ended.

Else nothing.
"""

from __future__ import annotations

from aarctl.journal.state import Submission

from ..acts.acting import resumes
from ..content.doing import best, blocked, elapsed, worth
from ..content.figures import clock, money, plural, score, span
from ..content.holdups import holdup_lines
from ..drawing.lines import Line, cut, fit, joined, line, width, wrapped
from ..scene import Scene
from ..transcript.clean import clean_line
from .pane import Content, Pane

REASONS, REASON_LINES = 2, 3  # that are shown of what blocks researchers, and lines of each


def banner_lines(scene: Scene, room: int) -> list[Line]:
    """No lines while there is nothing to say."""
    if scene.state.over:
        return _ended(scene, room)
    return [*_standing(scene, room), *_blocked(scene, room), *holdup_lines(scene, room)]


def _standing(scene: Scene, room: int) -> list[Line]:
    """How the run stands, where a person must know or do something."""
    status = scene.status
    if status.sentence and status.word != "starting":
        words = wrapped(status.sentence, room - 2)
        lines = [
            line((f"{status.glyph} ", status.tone), (words[0], "strong")),
            *(line("  ", rest) for rest in words[1:]),
        ]
        return [*lines, fit(_restart(scene), room)] if status.word == "supervisor dead" else lines
    return []


def _restart(scene: Scene) -> Line:
    by_hand = f"aarctl run --resume {scene.state.run or scene.name}"
    if scene.readonly:
        return line("  ", ("restart it  ", "dim"), by_hand)
    return line("  ", ("restart it: ", "dim"), ("r", "accent"), (f"   or  {by_hand}", "dim"))


def _blocked(scene: Scene, room: int) -> list[Line]:
    """Each reason once, whoever it blocks; then the key that lets them go on, once the person has done what it says."""
    found = blocked(scene.state)
    lines: list[Line] = []
    for why, names in list(found.items())[:REASONS]:
        head = "blocked: " if len(names) == 1 and names[0] in why else f"{' '.join(names)} blocked: "
        words = wrapped(clean_line(f"{head}{why}"), room - 2, REASON_LINES + 1)
        if len(words) > REASON_LINES:
            words = [*words[: REASON_LINES - 1], cut(f"{words[REASON_LINES - 1]} …", room - 2)]
        for at, part in enumerate(words):
            lines.append(line(("⊘ " if at == 0 else "  ", "bad"), (part, "strong")))
    if len(found) > REASONS:
        lines.append(line(("  ", "plain"), (f"and {len(found) - REASONS} more: the fleet says who and why", "dim")))
    if found and not scene.readonly and not scene.replay:
        names = [name for each in found.values() for name in each]
        one = f"p on {names[0]} lets it go on" if len(names) == 1 else "p on each lets it go on"
        key = "P lets everybody go on" if resumes(scene.state) else one
        lines.append(line("  ", ("then  ", "dim"), (key, "accent")))
    return lines


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
