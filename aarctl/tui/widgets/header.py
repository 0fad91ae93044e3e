"""The line that is always there: which run, how it stands, how far it is, what it cost, who watches over
it.
"""

from __future__ import annotations

from ..content.doing import elapsed
from ..content.figures import clock, money
from ..content.spending import paid, rate
from ..drawing.lines import Line, Piece, fit, line, width
from ..scene import Scene
from .pane import Content, Pane


def header_line(scene: Scene, room: int) -> Line:
    """The header in `room` cells; what matters least gives way first."""
    state, status = scene.state, scene.status
    parts: list[tuple[int, Line]] = [
        (0, line((scene.name or state.run or "run", "strong"))),
        (0, line((f"{status.glyph} {status.word}", status.tone))),
    ]
    if state.rehearsal:
        parts.append((0, line((" REHEARSAL ", "here"))))
        parts.append((3, line(("scripted", "warn"))))
    if scene.replay:
        parts.append((0, line(("replay ", "dim"), (scene.replay, "accent"))))
        parts.append((1, line((f"{state.seq:,} of {scene.last:,}", "plain"))))
    if state.task:
        parts.append((6, line((state.task, "plain"))))
    if state.feedback:
        domains = f"{state.feedback} → {', '.join(state.held_out)}" if state.held_out else state.feedback
        parts.append((7, line((domains, "dim"))))
    if state.round:
        parts.append((3, line(("round ", "dim"), str(state.round))))
    parts.append((1, line(clock(elapsed(state, scene.now)))))
    parts.append((2, line(money(state.nusd), (" play money" if state.rehearsal else "", "warn"))))
    if paid(state) and not state.over and (each := rate(state, scene.now)):
        parts.append((5, line((each, "dim"))))
    if not scene.replay and not state.over and status.word != "supervisor dead":
        parts.append(
            (
                4,
                line(("supervisor ", "dim"), ("alive", "plain") if scene.supervised else ("starting", "warn")),
            )
        )
    if scene.readonly:
        parts.append((1, line(("read-only", "warn"))))
    while len(parts) > 1 and sum(width(part) for _, part in parts) + 3 * (len(parts) - 1) > room:
        giving = max(parts, key=lambda part: part[0])
        if giving[0] == 0:
            break
        parts.remove(giving)
    pieces: list[Piece] = []
    for _, part in parts:
        if pieces:
            pieces.append(Piece("   "))
        pieces.extend(part)
    return fit(tuple(pieces), room)


class Header(Pane, can_focus=False):
    """The header."""

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """One line."""
        return Content([header_line(scene, width)])
