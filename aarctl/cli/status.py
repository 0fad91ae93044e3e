"""`aarctl status`: what a run is doing, who is in it, what it cost so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import figures, find, plain, ranking, shapes, speak, status_shapes
from .command import AsJson, RunName

if TYPE_CHECKING:
    from ..journal.reader import JournalReader
    from ..journal.state import Researcher, RunState

OFTEN = 4  # tags that are named


def status(run: RunName, as_json: AsJson = False) -> None:
    """Show what a run is doing and what it cost so far."""
    with find.reader(run) as reader:
        found = read(reader)
    if as_json:
        return speak.dump(found)
    return show(found)


def read(reader: JournalReader) -> status_shapes.Status:
    """The status as --json gives it."""
    state = reader.state()
    return status_shapes.Status(
        run=reader.run,
        status=state.status,
        note=state.note,
        supervised=reader.supervised(),
        paused=state.paused,
        frozen=state.frozen,
        stopping=state.stopping,
        play_money=state.rehearsal,
        round=state.round,
        seq=state.seq,
        head=reader.head(),
        opened_at=figures.iso(state.opened_at),
        updated_at=figures.iso(state.at),
        task=state.task,
        feedback=state.feedback,
        held_out=list(state.held_out),
        domains=[
            shapes.DomainRow(domain=each.domain, weak=each.weak, ceiling=each.ceiling, test_items=each.test_items)
            for each in state.domains
        ],
        researchers=[_researcher(each) for each in state.researchers.values()],
        experiments=status_shapes.Experiments(
            waiting=sum(not each.slot for each in state.experiments.values()),
            running=sum(bool(each.slot) for each in state.experiments.values()),
            finished=state.experiments_finished,
        ),
        cost=cost(state),
        best=ranking.best(state),
        ideas=ideas(state),
        told=[
            status_shapes.ToldRow(researcher=each.researcher, at=figures.iso(each.at) or "", text=each.text)
            for each in state.told
        ],
        commands=[
            status_shapes.CommandRow(
                command=each.id, verb=each.verb, researcher=each.researcher, state=each.state, note=each.note
            )
            for each in state.commands.values()
        ],
    )


def cost(state: RunState) -> status_shapes.Cost:
    """What the run used up to this state."""
    return status_shapes.Cost(
        wall_s=(state.at - state.opened_at) / 1e6 if state.opened_at else 0.0,
        device_s=state.device_s,
        active_s=state.active_us / 1e6,
        tokens=state.tokens,
        usd=figures.usd(state.nusd),
    )


def ideas(state: RunState) -> status_shapes.Ideas:
    """How varied the fleet's ideas are now."""
    from ..journal.fold.ideas import spread

    found = spread(state.ideas)
    return status_shapes.Ideas(bits=found.bits, most=found.most, tags=found.shares)


def _researcher(who: Researcher) -> status_shapes.ResearcherRow:
    return status_shapes.ResearcherRow(
        researcher=who.id, mind=who.mind, model=who.model, direction=who.direction, state=who.state, why=who.why,
        paused=who.paused, frozen=who.frozen, turn=who.turn, chapter=who.chapter, said=who.last_line,
        sandbox=who.backend, isolated=who.isolated, protection=who.protection, image=who.image,
        submissions=who.submissions, experiments=who.experiments, posts=who.posts, tokens=who.tokens,
        usd=figures.usd(who.nusd), device_s=who.device_s, active_s=who.active_us / 1e6,
        steers_waiting=len(who.steers), budget=who.exceeded,
    )  # fmt: skip


def show(found: status_shapes.Status) -> None:
    """The status as a person reads it."""
    speak.say(f"{found.run}: {standing(found)}")
    if found.task:
        scale = "; ".join(f"{each.domain} weak {each.weak:.3f}, ceiling {each.ceiling:.3f}" for each in found.domains)
        speak.say(f"task {found.task}{', ' if scale else ''}{scale}")
    if found.researchers:
        speak.table(
            ("", "mind", "state", "#turn", "#experiments", "#submissions", "#posts", "sandbox", "says"),
            [_cells(each) for each in found.researchers],
        )
        for held, names in _protections(found.researchers).items():
            speak.say(f"{', '.join(names)} in {held}")
        bare = [each.researcher for each in found.researchers if each.sandbox and not each.isolated]
        if bare:
            speak.say(
                f"NOT ISOLATED: {', '.join(bare)}. Their sandbox can read what you can; scores are unprotected. "
                "`aarctl doctor` says how to get better protection."
            )
    for why, names in _blocked(found.researchers).items():
        whom = found.run if len(names) > 1 else f"{found.run} {names[0]}"
        speak.say(f"BLOCKED: {', '.join(names)}: {plain.line(why, 300)}. `aarctl resume {whom}` lets it go on.")
    for told in found.told:
        speak.say(f"{told.researcher} tells you: {plain.line(told.text, 200)}")
    if found.play_money:
        speak.say("A rehearsal: a script plays the model, nobody pays, and these dollars are play money.")
    work, spent = found.experiments, found.cost
    speak.say(
        f"experiments: {work.running} running, {work.waiting} waiting, {work.finished} finished. "
        f"cost: {figures.duration(spent.wall_s)}, {spent.device_s:,.0f} device seconds, {figures.dollars(spent.usd)}"
    )
    if found.best:
        best = found.best
        speak.say(f"best: {best.submission} {plain.line(best.method, 40)}, PGR {best.pgr:.2f}, {best.state}")
    if found.ideas.tags:
        often = ", ".join(f"{plain.line(tag)} {share:.0%}" for tag, share in list(found.ideas.tags.items())[:OFTEN])
        count = figures.count(len(found.ideas.tags), "tag")
        speak.say(f"ideas: {found.ideas.bits:.1f} bits of {found.ideas.most:.1f}, {count}: {often}")
    for command in found.commands:
        if command.state not in ("effective", "refused"):
            whom = command.researcher or "the fleet"
            speak.say(f"open command {command.command}: {command.verb} {whom}, {command.state}")


def _blocked(researchers: list[status_shapes.ResearcherRow]) -> dict[str, list[str]]:
    """Who cannot go on, by the sentence that says why: usually everybody for the same reason."""
    held: dict[str, list[str]] = {}
    for each in researchers:
        if each.state == "blocked":
            held.setdefault(each.why.rstrip(" ."), []).append(each.researcher)
    return held


def _protections(researchers: list[status_shapes.ResearcherRow]) -> dict[str, list[str]]:
    """Who is held by what: usually everybody by the same."""
    held: dict[str, list[str]] = {}
    for each in researchers:
        if each.isolated and each.protection:
            held.setdefault(each.protection, []).append(each.researcher)
    return held


def standing(found: status_shapes.Status) -> str:
    """The run's status in a few words."""
    words = [found.status]
    if found.round and found.status == "running":
        words.append(f"round {found.round}")
    if found.paused:
        words.append("paused")
    if found.frozen:
        words.append("frozen")
    if found.stopping and found.status == "running":
        words.append("stopping")
    if found.status in ("new", "building", "running") and not found.supervised:
        words.append(f"but no supervisor runs it: `aarctl run --resume {found.run}` goes on")
    if found.note:
        words.append(plain.line(found.note, 200))
    return ", ".join(words)


def _cells(who: status_shapes.ResearcherRow) -> tuple[str, ...]:
    state = who.state
    for word, held in (("paused", who.paused), ("frozen", who.frozen)):
        if held and word != who.state:
            state += f" ({word})"
    if who.budget:
        state += f", {who.budget}"
    if who.steers_waiting:
        state += f", {figures.count(who.steers_waiting, 'steer')} queued"
    sandbox = who.sandbox + ("" if who.isolated or not who.sandbox else ", UNSAFE")
    counts = (str(who.turn), str(who.experiments), str(who.submissions), str(who.posts))
    return who.researcher, who.mind, state, *counts, sandbox, plain.line(who.said, 60)
