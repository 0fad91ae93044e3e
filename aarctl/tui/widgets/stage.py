"""Before there is a fleet: the supervisor starts, the task is built, an image or a model comes, and how far each is."""

from __future__ import annotations

from ..content.doing import elapsed
from ..content.figures import clock
from ..content.holdups import fetched_lines, progress
from ..drawing.lines import EMPTY, Line, line, pad, wrapped
from ..scene import Scene
from .pane import Content, Pane

STAGES = ("starting", "building the task")
"""Words of a Status during which the stage is shown instead of the panes."""


def stage_content(scene: Scene, width: int, height: int) -> Content:
    """The lines, in the middle of the pane."""
    room = min(width - 4, 72)
    fetched = fetched_lines(scene, room)
    body = _building(scene, room) if scene.status.word == STAGES[1] else _starting(scene, room)
    body = [*body, *((EMPTY, *fetched) if fetched else ())]
    left = " " * max((width - room) // 2, 0)
    above: list[Line] = [EMPTY] * max((height - len(body)) // 3, 0)
    return Content([*above, *(line(left, *part) for part in body)])


def _starting(scene: Scene, room: int) -> list[Line]:
    where = f"If nothing comes, its log says why: logs/ in the folder of run {scene.name}."
    return [
        line(("The supervisor is starting.", "strong")),
        EMPTY,
        *(line((words, "dim")) for words in wrapped(where, room)),
    ]


def _building(scene: Scene, room: int) -> list[Line]:
    fact = scene.facts.get("task", {})
    stage = str(fact.get("stage", "")) or "making ready"
    why = (
        "This home does not have this version yet. The weak teacher is trained on a few true labels, the "
        "ceiling on all of them; both are measured on hidden items and belong to the task from then on. "
        "It is built once."
    )
    lines = [
        line(("Building the task  ", "strong"), (scene.state.task, "accent")),
        EMPTY,
        *(line((words, "dim")) for words in wrapped(why, room)),
        EMPTY,
    ]
    bars = progress(fact, room - 20)
    lines += [line(pad(stage, 20), *part) for part in bars] if bars else [line(pad(stage, room - 10))]
    lines.append(line((f"{clock(elapsed(scene.state, scene.now))} so far", "dim")))
    return lines


class Stage(Pane, can_focus=False):
    """Shown alone."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The stage's lines."""
        return stage_content(scene, width, height)


class Tiny(Pane, can_focus=False):
    """What a terminal is told that is too small for the room."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The size it needs."""
        from ..drawing.arrange import SMALLEST

        needs = f"aarctl needs {SMALLEST[0]} columns and {SMALLEST[1]} rows."
        words = f"{needs} {scene.name}: {scene.status.word}. q quits."
        return Content([line(part) for part in wrapped(words, width)])
