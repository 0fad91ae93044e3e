"""Folding what researchers do: tools, experiments, posts."""

from __future__ import annotations

from ..events import (
    ExperimentCancelled,
    ExperimentFinished,
    ExperimentLeased,
    ExperimentMoved,
    ExperimentQueued,
    ExperimentReleased,
    ForumPosted,
    ForumRead,
    ToolCompleted,
    ToolRequested,
)
from ..state import Experiment, Failing, OpenTool, Outcome, Researcher, RunState, Thread
from .handlers import count, digest, news, on, researcher

KEPT_FAILING = 8  # calls of a researcher that failed, to see it go round in circles
KEPT_SEQS = 8
KEPT_OUTCOMES = 256  # finished experiments a researcher can still ask about without a look into the events


@on(ToolRequested)
def _(state: RunState, event: ToolRequested) -> None:
    count(state, event.call)
    who = researcher(state, event.researcher)
    who.open_tools[event.call] = OpenTool(event.call, event.turn, event.tool, event.args, state.seq)
    who.tools += 1
    who.state, who.why, who.since, who.last_seq = "acting", event.tool, state.at, state.seq


@on(ToolCompleted)
def _(state: RunState, event: ToolCompleted) -> None:
    who = researcher(state, event.researcher)
    opened = who.open_tools.pop(event.call, None)
    who.last_seq = state.seq
    if opened is not None:
        _failing(who, opened, event, state.seq)


def _failing(who: Researcher, opened: OpenTool, event: ToolCompleted, seq: int) -> None:
    """Count a call that fails again with the same answer; success, or another answer, ends the count."""
    call, output = digest(opened.tool, opened.args), digest(event.output)
    before = who.failing.pop(call, None)
    if event.ok:
        return
    if before is not None and before.output == output:
        before.times, before.seqs = before.times + 1, [*before.seqs, seq][-KEPT_SEQS:]
        who.failing[call] = before
        return
    who.failing[call] = Failing(event.tool, output, [seq])
    if len(who.failing) > KEPT_FAILING:
        del who.failing[next(iter(who.failing))]


@on(ExperimentQueued)
def _(state: RunState, event: ExperimentQueued) -> None:
    count(state, event.experiment)
    state.experiments[event.experiment] = Experiment(
        id=event.experiment, researcher=event.researcher, argv=event.argv, out=event.out, title=event.title,
        purpose=event.purpose, submission=event.submission, domain=event.domain, seed=event.seed,
        timeout_s=event.timeout_s, queued_at=state.at, seq=state.seq,
    )  # fmt: skip
    if event.researcher and event.purpose == "research":
        researcher(state, event.researcher).experiments += 1


@on(ExperimentLeased)
def _(state: RunState, event: ExperimentLeased) -> None:
    experiment = state.experiments.get(event.experiment)
    if experiment is not None:
        experiment.slot, experiment.attempt, experiment.leased_at = event.slot, event.attempt, state.at
        experiment.releasing = False


@on(ExperimentReleased)
def _(state: RunState, event: ExperimentReleased) -> None:
    experiment = state.experiments.get(event.experiment)
    if experiment is not None:
        experiment.slot, experiment.releasing = "", False


@on(ExperimentMoved)
def _(state: RunState, event: ExperimentMoved) -> None:
    moved = state.experiments.pop(event.experiment, None)
    if moved is None:
        return
    queue = list(state.experiments.values())
    at = next((place for place, one in enumerate(queue) if one.id == event.before), 0 if not event.before else None)
    queue.insert(len(queue) if at is None else at, moved)
    state.experiments = {one.id: one for one in queue}


@on(ExperimentCancelled)
def _(state: RunState, event: ExperimentCancelled) -> None:
    experiment = state.experiments.get(event.experiment)
    if experiment is not None:
        experiment.cancelled = event.by


@on(ExperimentFinished)
def _(state: RunState, event: ExperimentFinished) -> None:
    experiment = state.experiments.pop(event.experiment, None)
    state.experiments_finished += 1
    state.device_s += event.device_s
    own = experiment is not None and experiment.purpose == "research"
    state.outcomes[event.experiment] = Outcome(
        event.experiment, event.outcome, event.exit_code, state.seq,
        researcher=experiment.researcher if experiment is not None and own else "",
        title=experiment.title if experiment is not None else "",
    )  # fmt: skip
    if len(state.outcomes) > KEPT_OUTCOMES:
        del state.outcomes[next(iter(state.outcomes))]
    if experiment is None:
        return
    if experiment.researcher in state.researchers:
        state.researchers[experiment.researcher].device_s += event.device_s
        if experiment.purpose == "research":
            news(state, experiment.researcher, experiment.id, event.outcome)
    submission = state.submissions.get(experiment.submission)
    if experiment.purpose == "replication" and submission is not None:
        done = submission.replication_runs.setdefault(experiment.domain, [])
        done.append(f"{experiment.seed}:{event.outcome}")


@on(ForumPosted)
def _(state: RunState, event: ForumPosted) -> None:
    count(state, event.post)
    count(state, event.thread)
    thread = state.threads.get(event.thread)
    if thread is None:
        thread = state.threads[event.thread] = Thread(event.thread, event.title, event.author, 0, 0, 0)
    thread.posts += 1
    thread.last_at, thread.last_seq = state.at, state.seq
    state.last_post = event.post
    if event.researcher:
        researcher(state, event.researcher).posts += 1


@on(ForumRead)
def _(state: RunState, event: ForumRead) -> None:
    researcher(state, event.researcher).forum_read = event.post
