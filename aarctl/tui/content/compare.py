"""Two researchers side by side: what each is told to do, does, has found, costs, says and submitted last. Pure."""

from __future__ import annotations

from aarctl.journal.state import Researcher, RunState

from ..drawing.lines import Line, cut, line, pad, wrapped
from ..scene import Scene
from .budget import books, dollars
from .doing import best, doing_now, shown_state, worth
from .figures import amount, clock, money, score, span
from .forum import Post

DIRECTION_LINES = 3
SUBMISSIONS, POSTS, POST_LINES = 5, 3, 3
NAME = 8  # cells of a figure's name


def neighbour(state: RunState, who: str, step: int = 1, without: str = "") -> str:
    """The next or previous researcher of the fleet, round and round; `without` is passed over."""
    names = [name for name in state.researchers if name != without or name == who]
    return names[(names.index(who) + step) % len(names)] if who in names else next(iter(names), "")


def compare_lines(scene: Scene, who: Researcher, room: int) -> list[Line]:
    """One side, top to bottom."""
    state = scene.state
    shown = shown_state(state, who)
    words = wrapped(who.direction or "no direction", room, DIRECTION_LINES + 1)
    direction = [*words[: DIRECTION_LINES - 1], cut(" ".join(words[DIRECTION_LINES - 1 :]), room)]
    return [
        *(line((each, "dim")) for each in direction if each),
        line((f"{shown.glyph} {shown.word}", shown.tone), "  ", cut(doing_now(state, who, scene.now), room - 12)),
        (),
        *_figures(scene, who, room),
        (),
        *_submissions(state, who, room),
        (),
        *_posts(scene, who, room),
    ]


def _figures(scene: Scene, who: Researcher, room: int) -> list[Line]:
    state = scene.state
    found = best(state, who.id)
    again = found is not None and state.feedback in found.replicated
    mine = books(state, scene.limits, scene.now, who.id)
    figures = {
        "best": "–" if found is None else f"{'◆' if again else '●'} {score(worth(state, found))}  {found.id}",
        "work": f"turn {who.turn}, {who.submissions} submitted, {who.experiments} run",
        "time": f"{span(who.active_us / 1e6)}, {span(who.device_s)} on devices",
        "cost": f"{money(who.nusd)}, {dollars(mine.burn_usd, '/h')}, {amount(who.tokens)} tokens",
        "model": who.model,
        "sandbox": who.backend if who.isolated or not who.backend else f"UNSAFE {who.backend}",
    }
    if not who.nusd and not who.tokens:
        del figures["cost"]
    return [line((pad(name, NAME), "dim"), cut(words, room - NAME)) for name, words in figures.items() if words]


def _submissions(state: RunState, who: Researcher, room: int) -> list[Line]:
    mine = [one for one in state.submissions.values() if one.researcher == who.id][-SUBMISSIONS:]
    if not mine:
        return [line(("No submission yet.", "dim"))]
    lines: list[Line] = [line(("last submissions", "strong"))]
    for one in reversed(mine):
        value = score(worth(state, one)) if one.released is not None or one.replicated else "–"
        glyph = "◆" if state.feedback in one.replicated else "●" if one.released is not None else "○"
        head = f"{glyph} {value} {one.board_state}"
        lines.append(line((pad(one.id, 5), "strong"), cut(f"{head}  {one.method}", room - 5)))
    return lines


def _posts(scene: Scene, who: Researcher, room: int) -> list[Line]:
    mine = [post for post in scene.posts if post.author == who.id][-POSTS:]
    if not mine:
        return [line(("No post yet.", "dim"))]
    lines: list[Line] = [line(("last posts", "strong"))]
    for post in reversed(mine):
        lines += _post(scene, post, room)
    return lines


def _post(scene: Scene, post: Post, room: int) -> list[Line]:
    known = scene.state.threads.get(post.thread)
    title = known.title if known is not None else post.title
    head = line((f"{clock(post.at - scene.state.opened_at)}  ", "dim"), cut(title, room - 10))
    words = wrapped(post.text.head, room - 2, POST_LINES + 1)
    if len(words) > POST_LINES:
        words = [*words[: POST_LINES - 1], cut(words[POST_LINES - 1] + " …", room - 2)]
    return [head, *(line("  ", (each, "dim")) for each in words)]
