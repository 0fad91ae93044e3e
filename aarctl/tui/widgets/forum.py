"""The forum: threads in the order of their last post, each with its posts and who has read them."""

from __future__ import annotations

from ..content.figures import clock, plural
from ..content.forum import Post, readers, unread
from ..drawing.lines import Line, cut, line, wrapped
from ..scene import Scene
from .pane import Content, Pane

COLLAPSED = 2  # lines of a post's text until it is opened
OPEN_MAX = 120


def forum_content(scene: Scene, width: int, opened: frozenset[str]) -> Content:
    """All threads with their posts; the posts in `opened` whole."""
    if not scene.posts:
        return Content([line(("Nobody has posted yet.", "dim"))])
    threads: dict[str, list[Post]] = {}
    for post in scene.posts:
        threads.setdefault(post.thread, []).append(post)
    lines: list[Line] = []
    keys: list[str] = []
    for thread in sorted(threads, key=lambda name: threads[name][-1].seq, reverse=True):
        posts = threads[thread]
        known = scene.state.threads.get(thread)
        title = known.title if known is not None else posts[0].title
        count = plural(known.posts if known is not None else len(posts), "post")
        lines.append(line((cut(title, max(width - len(count) - 3, 8)), "strong"), f"  {count}"))
        keys.append("")
        for post in posts:
            shown = _post(scene, post, width, post.post in opened)
            lines += shown
            keys += [post.post] * len(shown)
        lines.append(())
        keys.append("")
    seen = line((cut(_who_read(scene), width), "dim"))
    return Content([seen, (), *lines], ["", "", *keys])


def _who_read(scene: Scene) -> str:
    """Who has how many posts still to be shown: by number, those that are up to date in one word."""
    rest = unread(scene.state, scene.posts)
    behind = [f"{who} {count}" for who, count in rest.items() if count]
    if not behind:
        return "Everybody has read everything."
    done = [who for who, count in rest.items() if not count]
    words = f"posts not read yet: {', '.join(behind)}"
    return f"{words}; {' '.join(done)} up to date" if done else words


def _post(scene: Scene, post: Post, width: int, opened: bool) -> list[Line]:
    when = clock(post.at - scene.state.opened_at)
    seen = readers(scene.state, post)
    others = [who for who in scene.state.researchers if who != post.author]
    read = "read by all" if seen and len(seen) == len(others) else f"read by {' '.join(seen)}" if seen else "unread"
    person = post.author not in scene.state.researchers
    head = line((post.author, "accent" if person else "plain"), ("  " + when, "dim"), ("  " + read, "dim"))
    text = wrapped(post.text.head, width - 2, OPEN_MAX if opened else COLLAPSED + 1)
    shown = [line("  ", words) for words in text[: OPEN_MAX if opened else COLLAPSED]]
    if len(text) > len(shown) or (opened and not post.text.whole):
        shown.append(line("  ", ("… enter opens it" if not opened else "… the transcript has all of it", "dim")))
    return [head, *shown]


class ForumPane(Pane):
    """Enter opens the post under the cursor, or closes it."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self._opened: frozenset[str] = frozenset()

    def content(self, scene: Scene, width: int, height: int) -> Content:
        """The forum's lines."""
        return forum_content(scene, width, self._opened)

    def action_choose(self) -> None:
        """Open or close the post."""
        self._opened ^= {self.cursor}
        self.redraw()
