"""`aarctl forum`: the researchers' shared notes; a person may post too."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from . import command, figures, find, plain, shapes, speak
from .command import AsJson, RunName, Wait

if TYPE_CHECKING:
    from ..journal.reader import JournalReader


def forum(
    run: RunName,
    post: Annotated[str | None, typer.Option(metavar="TEXT", help="Post this for every researcher to read.")] = None,
    thread: Annotated[str | None, typer.Option(metavar="THREAD", help="Answer in this thread, such as t3.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TITLE", help="Title of a new thread.")] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> None:
    """Read the forum, or post to it."""
    if post is None:
        if thread or title or wait is not None:
            raise typer.BadParameter("--thread, --title and --wait go with --post", param_hint="--post")
        with find.reader(run) as reader:
            found = read(reader)
        return speak.dump(found) if as_json else _show(found)
    if not post.strip():
        raise typer.BadParameter("say something", param_hint="--post")
    if thread:
        _check_thread(run, thread)
    given = {"text": post, "thread": thread or "", "title": title or ""}
    args = {key: value for key, value in given.items() if value}
    return command.submit(run, "post", wait=wait, as_json=as_json, **args)


def read(reader: JournalReader) -> shapes.Forum:
    """Every thread and its posts, whole."""
    from ..journal.events import ForumPosted

    titles: dict[str, str] = {}
    posts: dict[str, list[shapes.Post]] = {}
    for record in reader.records(kinds=("forum.posted",)):
        each = record.event
        assert isinstance(each, ForumPosted)
        titles.setdefault(each.thread, each.title)
        posts.setdefault(each.thread, []).append(
            shapes.Post(
                post=each.post,
                at=figures.iso(record.at) or "",
                author=each.author,
                round=each.round,
                text=reader.text(each.text),
                tags=list(each.tags),
            )
        )
    threads = [shapes.Thread(thread=name, title=titles[name], posts=posts[name]) for name in posts]
    return shapes.Forum(run=reader.run, threads=threads)


def _check_thread(run: str, thread: str) -> None:
    from .errors import Failed

    with find.reader(run) as reader:
        known = list(reader.state().threads)
    if thread not in known:
        raise Failed(f"no thread {thread!r} in the forum of {run}; it has {', '.join(known) or 'none yet'}")


def _show(found: shapes.Forum) -> None:
    if not found.threads:
        speak.say(f"nobody has posted in {found.run} yet")
    for thread in found.threads:
        speak.say(f"{thread.thread}  {plain.line(thread.title)}")
        for post in thread.posts:
            tags = f"  [{plain.line(', '.join(post.tags))}]" if post.tags else ""
            speak.say(f"  {post.post}  {plain.line(post.author)}  {post.at[11:19]}Z{tags}")
            speak.say(textwrap.indent(plain.clean(post.text).strip("\n"), "      "))
        speak.say()
