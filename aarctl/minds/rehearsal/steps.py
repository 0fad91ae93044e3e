"""The steps of a scripted researcher's day, each a pure function of what it knows: what to do, or None for "not now".

`researcher` asks them in order. A step begins with the call that the next look at the history will show as done, so
that none is taken twice for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...lab.compose import menu
from ..search.ideas import parts
from . import calls, chapters
from .calls import Call
from .memory import Handed, Memory, Trial
from .words import OPINIONS, chance, listed, pick, say

FULL_SEEDS = (1, 2)

LISTING = '(cd "${AARCTL_TASK:-/task}" && ls -l && head -n 3 pool.jsonl weak_labels.jsonl)'
STUDY = """\
python3 - <<'END'
import json, os
rows = [json.loads(line) for line in open(os.environ.get("AARCTL_TASK", "/task") + "/weak_labels.jsonl")]
p = [row["p"] for row in rows]
bins = [sum(n / 5 <= x < (n + 1) / 5 + (n == 4) for x in p) for n in range(5)]
print(len(p), "weak labels; below .2, .4, .6, .8, 1:", bins)
END"""
INSPECT = "tail -n +1 {files}"
SLIPS = {'["label"]': '["p"]', "results.json": "result.json"}
"""What is sometimes written wrong at first, and what was meant."""


@dataclass(frozen=True)
class Do:
    """An answer: what it thinks, says and does."""

    thought: str
    text: str
    calls: tuple[Call, ...] = ()


def close(memory: Memory) -> Do | None:
    """Sum up the chapter when asked to."""
    if not chapters.asks_for_summary(memory):
        return None
    return Do("My history is about to be cut. What must the next chapter know?", chapters.summary(memory))


def answer(memory: Memory) -> Do | None:
    """Answer the person, and turn at once to what they spoke of."""
    if not memory.unanswered:
        return None
    words = " ".join(" ".join(memory.unanswered).split())
    about = [name.replace("_", " ") for name in calls.wanted(words)]
    thought = f'The person wrote to me: "{words[:200]}". That comes before my own plans.'
    if about:
        text = f'You said: "{words[:200]}". I turn to {listed(about[:4])}.'
    else:
        known = listed([name.replace("_", " ") for name in menu()["labels"]])
        text = f'You said: "{words[:200]}". I am a script and know only words such as {known}; I try something else.'
    note = calls.note(memory, f'The person said: "{words[:1_000]}"', [])
    ideas = calls.ideas(memory, 2)
    if not ideas:
        return Do(thought, f"{text} No experiment is left for it, so I note it down.", (note,))
    text += f" Next: {listed([one.name for one in ideas])}."
    return Do(thought, text, (note, *calls.begin(memory, ideas)))


def arrive(memory: Memory) -> Do | None:
    """The first look around, of a day or of a later chapter."""
    key = f"{memory.name} arrives {memory.opening[:20]}"
    if memory.opening:
        if memory.turns:
            return None
        return Do(say("arrive later, thought", key), say("arrive later", key), calls.looks(memory))
    if memory.looked or memory.turns > 1:
        return None
    direction = memory.direction.partition("\n")[0][:160] or "none of my own"
    looks: tuple[Call, ...] = (
        ("shell", {"command": LISTING}), ("board", {"of": "fleet"}), ("forum", {"action": "read"}),
    )  # fmt: skip
    return Do(say("arrive, thought", key, direction=direction), say("arrive", key), looks)


def correct(memory: Memory) -> Do | None:
    """Repair a command that failed by a slip of our own."""
    for slip, meant in SLIPS.items():
        if slip in memory.failed:
            key = f"{memory.name} corrects {memory.turns}"
            command = memory.failed.replace(slip, meant)
            return Do(say("correct, thought", key), say("correct", key), (("shell", {"command": command}),))
    return None


def study(memory: Memory) -> Do | None:
    """Look at the weak labels, once; sometimes by a wrong name first."""
    if "bins" in memory.commands or memory.opening:
        return None
    key = f"{memory.name} studies"
    command = STUDY.replace('["p"]', '["label"]') if chance(key, 2) else STUDY
    return Do(say("study, thought", key), say("study", key), (("shell", {"command": command}),))


def plan(memory: Memory) -> Do | None:
    """Write the plan down, once."""
    if memory.planned:
        return None
    key = f"{memory.name} plans"
    lines = [
        f"Direction: {memory.direction.partition(chr(10))[0] or 'none given'}",
        "1. Screen a few methods at a quarter of the steps, one seed, the same for all.",
        "2. Rank by agreement with the weak teacher plus agreement with the base (no label).",
        "3. The best in full for two seeds; submit with a claim; post what came of it, good or bad.",
        "What would change my mind: a ranking that turns around between seeds.",
    ]
    return Do(say("plan, thought", key), say("plan", key), (calls.note(memory, "# Plan", lines),))


def look(memory: Memory) -> Do | None:
    """See what has become of what is open, once all of it is done or a score is out; or where nothing was heard."""
    just = {("forum", "read"), ("forum", "reply"), ("experiments", "queue"), ("submit", "")}
    done = not memory.pending() or memory.news & memory.handed.keys()
    if not memory.waiting() or (not done and (memory.fresh or just & set(memory.last))):
        return None
    return Do("", say("look", f"{memory.name} looks {memory.turns}"), calls.looks(memory))


def inspect(memory: Memory) -> Do | None:
    """Read the result files of a finished screening, now and then, sometimes by a wrong name first."""
    done = [one for one in memory.screened() if one.state == "done"]
    key = f"{memory.name} inspects {done[0].id if done else ''}"
    if not done or done[0].out in memory.commands or not chance(key, 2):
        return None
    name = "results.json" if chance(f"{key} badly", 4) else "result.json"
    command = INSPECT.format(files=" ".join(f"{one.out}/{name}" for one in done))
    return Do(say("inspect, thought", key), say("inspect", key), (("shell", {"command": command}),))


def judge(memory: Memory) -> Do | None:
    """Rank a finished screening, note it, and train the best in full; or post it where nothing can be submitted."""
    batch = memory.screened()
    if not batch:
        return None
    key = f"{memory.name} judges {batch[0].id}"
    ranked = sorted(batch, key=lambda one: (one.state != "done", -(one.merit or 0.0), one.id))
    lines = [chapters.method_line(memory, one.path) for one in ranked] + [chapters.trial_line(one) for one in ranked]
    note = calls.note(memory, f"Screening {listed([one.id for one in batch])}:", lines)
    if ranked[0].state != "done":
        tail = ("experiments", {"action": "tail", "experiments": [ranked[0].id]})
        return Do("None of them came through. What did the first one print?", "All failed; I look why.", (note, tail))
    best = memory.methods[ranked[0].path]
    table = "\n".join(f"  {memory.methods[one.path].name}: {_merit(one)}" for one in ranked)
    thought = say("judge, thought", key, table=table)
    if memory.spent:
        text = f"At a quarter of the steps, agreement with teacher plus agreement with base, no label used:\n{table}"
        tell = calls.post(f"screening only: {best.name}", text, list(parts(best)))
        return Do(thought, say("judge only", key, best=best.name), (note, tell))
    full = [calls.queue(ranked[0].path, best, seed, 1.0) for seed in FULL_SEEDS]
    return Do(thought, say("judge", key, best=best.name), (note, *full))


def submit(memory: Memory) -> Do | None:
    """Hand in a method whose full students are all there, with a claim, and share its code."""
    students = memory.trained()
    if not students or "submit" in memory.spent:
        return None
    path, method = students[0].path, memory.methods[students[0].path]
    key = f"{memory.name} submits {path}"
    known = memory.scores()
    claimed = round(sum(one.pgr for one in known) / len(known), 2) if known else 0.3
    ground = (
        f"the mean of the {len(known)} scores I know" if known else "I know no score yet, so this is a careful guess"
    )
    figures = listed([f"{one.id} {_merit(one)}" for one in students])
    handed: dict[str, Any] = {
        "method": path, "students": [one.out for one in students], "name": method.name, "claimed": claimed,
        "claim": f"A PGR of about {claimed:.2f}: {ground}.",
        "mechanism": f"Labels {method.labels}, pairs {method.keep}, loss {method.loss}: fewer of the teacher's errors.",
        "evidence": f"Agreement with the teacher plus agreement with the base, in full: {figures}.",
        "ablation": "The other methods of its screening differ in one part or two.", "tags": list(parts(method)),
    }  # fmt: skip
    share = ("snapshots", {"action": "share", "path": path, "why": f"{method.name}, as submitted"})
    thought = say("submit, thought", key, figures=figures, claimed=claimed, ground=ground)
    return Do(thought, say("submit", key, name=method.name, claimed=claimed), (("submit", handed), share))


def report(memory: Memory) -> Do | None:
    """Tell the others, and once the person, about a score; a submission that came to nothing is only noted."""
    for one in memory.handed.values():
        if not one.open and one.id not in memory.noted:
            return _told(memory, one)
    return None


def reply(memory: Memory) -> Do | None:
    """Answer one of the others' posts; not every one."""
    for post in memory.posts.values():
        key = f"{memory.name} on {post.id}"
        if post.thread in memory.threads or not chance(key, 2):
            continue
        measured = [one for one in memory.trials.values() if one.merit is not None and one.path in memory.methods]
        text, tags = f"{post.author}, on {post.id}: {pick(key, OPINIONS)}", list[str]()
        if measured:
            best = max(measured, key=lambda one: (one.merit or 0.0, one.id))
            text += f" For comparison: {memory.methods[best.path].name}, seed {best.seed}, agreements {_merit(best)}."
            tags = list(parts(memory.methods[best.path]))
        call = ("forum", {"action": "reply", "thread": post.thread, "text": text, "tags": tags})
        thought = say("reply, thought", key, author=post.author, title=post.title[:80])
        return Do(thought, say("reply", key, author=post.author), (call,))
    return None


def wait(memory: Memory) -> Do | None:
    """End the turn until something that is open comes back."""
    names = memory.pending() or memory.waiting()
    return Do("", say("wait", f"{memory.name} waits {memory.turns}", names=listed(names))) if names else None


def screen(memory: Memory) -> Do | None:
    """Write a few new methods and try each for a part of the steps."""
    ideas = calls.ideas(memory, 2 + chance(f"{memory.name} is busy", 2))
    if not ideas:
        return None
    key = f"{memory.name} screens {memory.next_number}"
    names = listed([one.name for one in ideas])
    thought = say("screen, thought", key, names=names, reason=_reason(memory))
    return Do(thought, say("screen", key, count=len(ideas), names=names), calls.begin(memory, ideas))


def rest(memory: Memory) -> Do:
    """Nothing is left to begin: read what the others write, now and then."""
    key = f"{memory.name} rests {memory.turns}"
    if memory.last:
        return Do("", say("rest", key))
    looks: tuple[Call, ...] = (("board", {"of": "fleet"}), ("forum", {"action": "read"}))
    return Do(say("rest, thought", key), say("rest, look", key), looks)


# what they are made of ---------------------------------------------------------------------------------------


def _reason(memory: Memory) -> str:
    """Why these methods, in words."""
    if memory.said:
        return "What the person said weighs most, then my direction."
    if memory.scores():
        return "What has scored so far, mine and the others', pulls the choice, beside my direction."
    return "Nothing has been scored yet, so my direction decides."


def _told(memory: Memory, one: Handed) -> Do:
    """What became of a submission."""
    note = calls.note(memory, f"{one.id} is {one.state}:", [chapters.handed_line(one)])
    if one.pgr is None or one.path not in memory.methods:
        return Do(f"{one.id} came to nothing: {one.state}. I note it and go on.", f"{one.id}: {one.state}.", (note,))
    key, method = f"{memory.name} reports {one.id}", memory.methods[one.path]
    surprise = "I was too hopeful." if one.pgr < one.claimed else "Better than I thought."
    surprise = "That is close." if abs(one.pgr - one.claimed) < 0.1 else surprise
    tried = sum(trial.fraction < 1 for trial in memory.trials.values())
    text = (
        f"{method.name} as {one.id}.\nreleased PGR {one.pgr:.2f}, claimed {one.claimed:.2f}, two seeds. {surprise}\n"
        f"Screened so far: {tried} methods; this was the first of its batch."
    )
    if one.path in memory.snapshots:
        text += f"\nCode: snapshot {memory.snapshots[one.path]}."
    done = [note, calls.post(f"{one.id}: {method.name}", text, list(parts(method)))]
    if not memory.told:
        told = f"First score: {one.id} ({method.name}) has {one.pgr:.2f}, I had claimed {one.claimed:.2f}. {surprise}"
        done.append(("tell_person", {"text": told}))
    thought = say("report, thought", key, id=one.id, pgr=one.pgr, claimed=one.claimed, surprise=surprise)
    return Do(thought, say("report", key, id=one.id, pgr=one.pgr), tuple(done))


def _merit(one: Trial) -> str:
    return one.state if one.merit is None else f"{one.merit:.3f}"
