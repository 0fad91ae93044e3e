"""How the forum, steers and commands read."""

from __future__ import annotations

from aarctl.journal import events as ev

from .readers import Reading, TextOf, reads


@reads(ev.ForumPosted)
def _(event: ev.ForumPosted, text_of: TextOf) -> Reading | None:
    body = text_of(event.text)
    return Reading(f"{event.author} posts {event.post}", event.title, body, fold=6, kept=event.text)


@reads(ev.SteerQueued)
def _(event: ev.SteerQueued, text_of: TextOf) -> Reading | None:
    return Reading(
        f"{event.by} steers",
        "waits for the next turn",
        text_of(event.text),
        "accent",
        "accent",
        16,
        event.text,
    )


@reads(ev.SteerDelivered)
def _(event: ev.SteerDelivered, text_of: TextOf) -> Reading | None:
    return Reading("steer delivered", f"turn {event.turn}", tone="accent")


@reads(ev.CommandRequested)
def _(event: ev.CommandRequested, text_of: TextOf) -> Reading | None:
    return None if event.verb == "steer" else Reading(f"{event.by} asks: {event.verb}", event.command, tone="accent")


@reads(ev.CommandEffective)
def _(event: ev.CommandEffective, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.command} effective", event.note, tone="dim")


@reads(ev.CommandRefused)
def _(event: ev.CommandRefused, text_of: TextOf) -> Reading | None:
    return Reading(f"{event.command} refused", event.reason, tone="warn")


@reads(ev.PauseReached)
def _(event: ev.PauseReached, text_of: TextOf) -> Reading | None:
    return Reading("paused", f"after turn {event.turn}", tone="accent")
