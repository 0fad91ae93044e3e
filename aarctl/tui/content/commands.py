"""How far a person's commands have come, in words: requested, acknowledged, effective; or refused, and why. Pure.

Commands that were asked at once of several researchers, and stand where they stand together, are told as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aarctl.journal.state import Command

from ..acts.acting import listed
from ..drawing.lines import Line, Piece, cut, fit, line, wrapped
from ..scene import Scene
from .figures import clock

STEPS = ("requested", "acknowledged", "effective")
NAMES = {"steer": ("requested", "queued", "delivered"), "post": ("requested", "acknowledged", "posted")}
"""What the steps are called where there are better words."""
OPEN = ("requested", "acknowledged")
SHOWN_US = 60_000_000  # how long a command stays in the notice after it was asked for, once it is over
TOGETHER_US = 3_000_000  # commands asked within this time of each other may be told as one
WORDS = 48  # cells of a text that are shown

Group = Sequence[Command]


def grouped(commands: Iterable[Command]) -> list[Group]:
    """The commands, oldest first, those together that were asked at once and stand alike."""
    found: dict[tuple[object, ...], list[Command]] = {}
    groups: list[Group] = []
    for command in commands:
        key = (command.verb, tuple(command.args.items()), command.by, command.state, command.note)
        same = found.get(key)
        if same is not None and command.researcher and command.at - same[0].at <= TOGETHER_US:
            same.append(command)
            continue
        found[key] = group = [command]
        groups.append(group)
    return groups


def what(group: Group) -> str:
    """What was asked: "pause r1 and r2", "disqualify s5". Untrusted."""
    one = group[0]
    args, whom = one.args, listed([each.researcher for each in group if each.researcher])
    match one.verb:
        case "verdict":
            return f"{args.get('verdict', 'verdict')} {args.get('submission', '')}"
        case "replicate":
            return f"replicate {args.get('submission', '')}"
        case "cancel":
            return f"cancel {args.get('experiment', '')}"
        case "move":
            before = args.get("before", "")
            return f"move {args.get('experiment', '')} {f'before {before}' if before else 'to the front'}"
        case "budget":
            to = args.get("change") or args.get("limit", "")
            return f"budget of {whom or 'the fleet'}: {args.get('what', '')} {to}"
        case "add":
            return f"add a researcher: {cut(args.get('direction', ''), WORDS)}"
        case "post":
            return f"post: {cut(args.get('text', ''), WORDS)}"
        case "freeze" if args.get("release"):
            return f"freeze and release {whom or 'the fleet'}"
        case "stop":
            return f"stop {whom or 'the run'}"
        case _:
            return f"{one.verb} {whom or 'fleet'}"


def steps_line(one: Command) -> Line:
    """requested → acknowledged → effective, the steps that are reached standing out."""
    if one.state == "refused":
        return line(("✗ refused: ", "bad"), one.note)
    reached = STEPS.index(one.state) if one.state in STEPS else 0
    pieces: list[Piece] = []
    for at, step in enumerate(NAMES.get(one.verb, STEPS)):
        mark = "✓ " if at <= reached else "· "
        pieces.append(Piece((" → " if at else "") + mark + step, "accent" if at <= reached else "dim"))
    if one.note:  # "delivered at turn 3" goes on from the step of that name
        last = NAMES.get(one.verb, STEPS)[-1]
        pieces.append(Piece(one.note.removeprefix(last) if one.note.startswith(f"{last} ") else f"  {one.note}", "dim"))
    return line(*pieces)


def command_line(group: Group) -> Line:
    """Who asked what, and how far it is: one line."""
    return (*line((f"{group[0].by}: {what(group)}  ", "strong")), *steps_line(group[0]))


def last_command(scene: Scene, room: int) -> Line:
    """The last command that is still open, else the last while it is fresh; else nothing."""
    groups = grouped(scene.state.commands.values())
    last = next((group for group in reversed(groups) if group[0].state in OPEN), groups[-1] if groups else None)
    if last is None or (last[0].state not in OPEN and scene.now - last[0].at > SHOWN_US):
        return ()
    more = sum(group[0].state in OPEN for group in groups) - 1
    tail = line((f"  and {more} more: c", "dim")) if more > 0 else ()
    return fit((*command_line(last), *tail), room)


def commands_lines(scene: Scene, width: int) -> list[Line]:
    """The last commands, newest first: what was asked when and by whom, below it how far it is."""
    found: list[Line] = []
    for group in reversed(grouped(scene.state.commands.values())):
        one = group[0]
        when = clock(one.at - scene.state.opened_at)
        found.append(fit(line((f"{when}  ", "dim"), (f"{one.by}  ", "dim"), (what(group), "strong")), width))
        indent = " " * (len(when) + 2)
        if one.state == "refused":
            words = wrapped(one.note, max(width - len(indent) - 11, 8), 4)
            found.append(line(indent, ("✗ refused: ", "bad"), words[0] if words else ""))
            found += [line(indent + " " * 11, part) for part in words[1:]]
        else:
            found.append(fit((Piece(indent), *steps_line(one)), width))
        found.append(())
    return found[:-1] or [line(("Nobody has asked anything of this run yet.", "dim"))]
