"""A small run of three search researchers, told as events: what happens, and when. Invented, deterministic.

Each step is (seconds since the one before, events). Its numbers resemble a real quickstart run, but nothing
here was measured. Moments name places in it where the room looks different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from aarctl.journal import events as ev

from .cast import DIRECTIONS, ROUNDS, Try

Keep = Callable[[str], ev.Text]

RECIPE = """name = "quickstart"
seed = 1

[task]
name = "two-author"
feedback = "code"
held_out = ["math"]

[budget.researcher]
turns = 60
submissions = 3
experiments = 24
"""
MACHINE = {"python": "3.11", "platform": "Linux", "cores": "2", "memory": "24 GB"}
TASK = "two-author@1f0c9a2e"
DOMAINS = [ev.DomainFacts("code", 0.718, 0.995, 1500), ev.DomainFacts("math", 0.702, 0.984, 1500)]

METHOD = '''"""Keep the half of the pool on which the teacher is most confident."""

from aarctl.lab.train import fit


def train(task, seed, out):
    labels = task.weak_labels()
    sure = sorted(range(len(labels)), key=lambda i: abs(labels[i] - 0.5), reverse=True)
    kept = sure[: len(sure) // 2]
    fit(task, seed, out, items=kept, targets=[float(labels[i] > 0.5) for i in kept])
'''


PROTECTION = "bubblewrap: no network, no host files, seccomp, limits by cgroup v2, disk watched, host kernel"


class Step(NamedTuple):
    """What happens `after` seconds after the step before."""

    after: float
    events: tuple[ev.Event, ...]
    moment: str = ""
    """A name for the state right after this step."""
    live: dict[str, object] = {}
    """Passing facts that hold from here on."""


def story(keep: Keep) -> Iterator[Step]:
    """The whole run, in order. `keep` makes a kept text of a long one."""
    count = _Counter()
    yield Step(0, (ev.RunOpened(run="demo", aarctl="0.1.0", recipe=keep(RECIPE), machine=MACHINE),), "new")
    yield Step(0.2, (ev.TaskRequested(task=TASK),), "")
    yield Step(9, (), "building", {"task": {"stage": "weak teacher", "done": 2, "total": 5}})
    ready = ev.TaskReady(task=TASK, feedback="code", held_out=["math"], domains=DOMAINS, built=True, seconds=31.5)
    yield Step(22, (ready,), "", {"task": {}})
    for who, direction in DIRECTIONS.items():
        yield Step(
            0.3,
            (
                ev.ResearcherCreated(researcher=who, mind="search", model="search", direction=direction, seed=1),
                ev.SandboxCreated(
                    researcher=who, sandbox=who, backend="bubblewrap", isolated=True, protection=PROTECTION
                ),
                ev.ChapterOpened(researcher=who, chapter=1, system=keep(_system(who)), tools=keep("[]")),
            ),
        )
    for number, tries in enumerate(ROUNDS, 1):
        yield Step(0.1, (ev.RoundOpened(round=number),), f"round {number}")
        for each in tries:
            yield from _think(each, count, keep)
        yield from _screen(tries, count, keep, number)
        if number == 2:
            yield from _people(count, keep)
        for each in tries:
            yield from _submit(each, count, keep, number)
    yield from _replications(count)
    finished = tuple(
        ev.ResearcherStateChanged(researcher=who, state="finished", why="rounds 2 of 2") for who in DIRECTIONS
    )
    yield Step(0.5, finished)
    yield Step(0.2, (ev.RunClosed(reason="finished", note=""),), "finished")


class _Counter(dict[str, int]):
    def next(self, letter: str) -> str:
        self[letter] = self.get(letter, 0) + 1
        return f"{letter}{self[letter]}"


def _system(who: str) -> str:
    return (
        "You are one of a fleet of researchers. Find a method by which the strong model learns from the weak "
        f"model's labels and recovers as much of the gap as possible.\nYour direction: {DIRECTIONS[who]}\n"
        "Do science: what you claim is measured on hidden items and repeated on fresh seeds."
    )


def _json(**args: Any) -> str:
    return msgspec.json.encode(args).decode()


def _turn(count: _Counter, who: str) -> int:
    return int(count.next(f"{who} turn ").split(" ")[-1])


def _think(each: Try, count: _Counter, keep: Keep) -> Iterator[Step]:
    """It says what it means to do and writes its method."""
    who, turn, call = each.who, _turn(count, each.who), count.next("m")
    state = ev.ResearcherStateChanged(researcher=who, state="thinking")
    yield Step(0.2, (state, ev.ModelRequested(researcher=who, call=call, turn=turn, model="search")))
    content = msgspec.json.encode([{"type": "text", "text": each.says}]).decode()
    said = ev.ModelCompleted(
        researcher=who,
        call=call,
        turn=turn,
        content=keep(content),
        stop="tool_use",
        said=each.says.split("\n")[-1],
    )
    tool = count.next("c")
    file = f"methods/{each.method.replace(' ', '_').replace(',', '')}.py"
    asks = ev.ToolRequested(
        researcher=who,
        call=tool,
        turn=turn,
        tool="files",
        args=keep(_json(action="create", path=file, text=METHOD)),
    )
    yield Step(0.3, (said, ev.ResearcherStateChanged(researcher=who, state="acting"), asks))
    done = ev.ToolCompleted(
        researcher=who,
        call=tool,
        turn=turn,
        tool="files",
        ok=True,
        output=keep(f"wrote {file}, 412 bytes"),
        seconds=0.01,
    )
    yield Step(0.1, (done, ev.BudgetSettled(researcher=who, turn=turn, active_us=700_000)))


def _screen(tries: tuple[Try, ...], count: _Counter, keep: Keep, number: int) -> Iterator[Step]:
    """All three screen cheaply; two slots, so one waits."""
    names: dict[str, str] = {}
    for each in tries:
        names[each.who] = name = count.next("x")
        queued = ev.ExperimentQueued(
            researcher=each.who,
            experiment=name,
            argv=["python", "-m", "aarctl.lab.job"],
            out=f"students/{name}",
            title=f"{each.method}, screen at a quarter",
            seed=11 * number,
        )
        yield Step(0.2, (queued, ev.ResearcherStateChanged(researcher=each.who, state="waiting", why="")))
    for slot, each in enumerate(tries[:2]):
        yield Step(0.1, (ev.ExperimentLeased(researcher=each.who, experiment=names[each.who], slot=f"cpu{slot}"),))
    live: dict[str, object] = {f"experiment {names[tries[0].who]}": {"tail": "step 120 of 250  loss 0.4121"}}
    yield Step(4, (), f"screening {number}", live)
    for slot, each in enumerate(tries):
        tail = "\n".join(f"step {step:>4} of 250  loss {0.69 - step / 900:.4f}" for step in range(50, 251, 50))
        done = ev.ExperimentFinished(
            researcher=each.who,
            experiment=names[each.who],
            outcome="done",
            exit_code=0,
            tail=keep(tail),
            result={
                "seed": 11 * number,
                "fraction": 0.25,
                "loss": 0.4122,
                "agreement_with_weak": 0.71 + each.screened / 10,
            },
            device_s=5.2 + slot,
            mean_use=0.97,
            peak_bytes=731_000_000,
        )
        more: tuple[ev.Event, ...] = (done,)
        if slot == 0:
            more += (ev.ExperimentLeased(researcher=tries[2].who, experiment=names[tries[2].who], slot="cpu0"),)
        yield Step(2.5, more)


def _people(count: _Counter, keep: Keep) -> Iterator[Step]:
    """A person pauses r1, steers r3, and lets r1 go on."""
    command = count.next("k")
    yield Step(
        0.4,
        (
            ev.CommandRequested(researcher="r1", command=command, inbox=1, by="ada", verb="pause"),
            ev.CommandAcknowledged(researcher="r1", command=command),
        ),
    )
    yield Step(
        0.6,
        (ev.PauseReached(researcher="r1", turn=2), ev.CommandEffective(researcher="r1", command=command)),
        "paused r1",
    )
    second, steer = count.next("k"), count.next("g")
    words = "Before you submit: check that your gain is not early stopping.\nMatch the number of training steps."
    yield Step(
        3,
        (
            ev.CommandRequested(researcher="r3", command=second, inbox=2, by="ada", verb="steer", args={"text": words}),
            ev.CommandAcknowledged(researcher="r3", command=second),
            ev.SteerQueued(researcher="r3", steer=steer, text=keep(words), by="ada", command=second),
        ),
        "steered",
    )
    yield Step(
        1.5,
        (
            ev.SteerDelivered(researcher="r3", steer=steer, turn=3),
            ev.CommandEffective(researcher="r3", command=second, note="delivered at turn 3"),
        ),
    )
    third = count.next("k")
    yield Step(
        2,
        (
            ev.CommandRequested(researcher="r1", command=third, inbox=3, by="ada", verb="resume"),
            ev.CommandAcknowledged(researcher="r1", command=third),
            ev.CommandEffective(researcher="r1", command=third),
            ev.ResearcherStateChanged(researcher="r1", state="acting"),
        ),
    )


def _submit(each: Try, count: _Counter, keep: Keep, number: int) -> Iterator[Step]:
    """Full runs, a submission, its score, a post."""
    who, turn = each.who, _turn(count, each.who)
    tool = count.next("c")
    asks = ev.ToolRequested(
        researcher=who,
        call=tool,
        turn=turn,
        tool="shell",
        args=keep(_json(command="python -m aarctl.lab.job method.py --seed 3 --out students/full")),
    )
    yield Step(0.3, (ev.ResearcherStateChanged(researcher=who, state="acting"), asks))
    ok = not (who == "r1" and number == 2)
    output = (
        "seed 3  1000 steps  loss 0.2817\nseed 4  1000 steps  loss 0.2790"
        if ok
        else (
            'Traceback (most recent call last):\n  File "method.py", line 9, in train\n'
            "ValueError: 500 targets for 1000 items; give one per item"
        )
    )
    done = ev.ToolCompleted(researcher=who, call=tool, turn=turn, tool="shell", ok=ok, output=keep(output), seconds=8.4)
    yield Step(8.4, (done,))
    name, post = count.next("s"), count.next("p")
    card = {
        "claim": each.says.split("\n")[0],
        "evidence": f"screened at {each.screened:.2f}",
        "ablation": "steps matched",
    }
    received = ev.SubmissionReceived(
        researcher=who,
        submission=name,
        method=each.method,
        snapshot=f"{number}{who}0c9a2e51b7d3f4"[:16],
        students=[ev.StudentRef(3, f"students/{name}/code-3"), ev.StudentRef(4, f"students/{name}/code-4")],
        claimed=each.claimed,
        card=card,
        tags=[each.method],
    )
    yield Step(0.4, (received,), f"submitted {name}")
    mean, low, high = each.scored
    scored = ev.SubmissionScored(
        researcher=who,
        submission=name,
        domain="code",
        released=ev.Interval(mean, low, high),
        exact=ev.Interval(sum(each.seeds) / 2, low, high),
        per_seed=list(each.seeds),
        queries_left=12 - count["s"],
    )
    yield Step(1.6, (scored,))
    posted = ev.ForumPosted(
        researcher=who,
        post=post,
        thread=each.thread,
        author=who,
        title=each.title,
        text=keep(each.post),
        tags=[each.method],
        round=number,
    )
    settled = ev.BudgetSettled(researcher=who, turn=turn, active_us=11_000_000)
    yield Step(0.3, (posted, ev.ForumRead(researcher=who, post=post), settled), f"scored {name}")


def _replications(count: _Counter) -> Iterator[Step]:
    """Each researcher's best again, on three fresh seeds and two domains."""
    found = {
        "s4": ("r1", (0.41, 0.33, 0.49), (0.28, 0.17, 0.39)),
        "s5": ("r2", (0.66, 0.58, 0.74), (0.57, 0.47, 0.66)),
        "s6": ("r3", (0.74, 0.67, 0.81), (0.31, 0.12, 0.50)),
    }
    for name, (who, code, math) in found.items():
        seeds = [7_340_112, 91_334, 5_530_017]
        started = ev.ReplicationStarted(researcher=who, submission=name, domains=["code", "math"], seeds=seeds)
        yield Step(0.4, (started,))
        runs = [(count.next("x"), domain, seed) for domain in ("code", "math") for seed in seeds[:2]]
        queued = tuple(
            ev.ExperimentQueued(
                researcher=who,
                experiment=run,
                argv=["job"],
                out="",
                title=f"replicate {name}",
                purpose="replication",
                submission=name,
                domain=domain,
                seed=seed,
            )
            for run, domain, seed in runs
        )
        yield Step(0.1, queued)
        leased = tuple(ev.ExperimentLeased(experiment=run, slot=f"cpu{at}") for at, (run, _, _) in enumerate(runs[:2]))
        yield Step(
            0.2,
            leased,
            f"replicating {name}",
            {f"experiment {runs[0][0]}": {"tail": "step 700 of 1000  loss 0.2903"}},
        )
        for at, (run, _, _) in enumerate(runs):
            done = ev.ExperimentFinished(
                researcher=who,
                experiment=run,
                outcome="done",
                exit_code=0,
                tail=ev.EMPTY,
                device_s=6.1,
                mean_use=0.96,
            )
            later = runs[at + 2] if at + 2 < len(runs) else None
            more = (ev.ExperimentLeased(experiment=later[0], slot=f"cpu{at % 2}"),) if later is not None else ()
            yield Step(3.1, (done, *more))
        result = ev.ReplicationFinished(
            researcher=who,
            submission=name,
            outcome="replicated",
            domains={"code": ev.Interval(*code), "math": ev.Interval(*math)},
            per_seed={"code": [code[0]] * 3, "math": [math[0]] * 3},
        )
        yield Step(0.3, (result,), f"replicated {name}")
