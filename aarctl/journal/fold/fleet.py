"""Folding the run itself, its researchers, their calls and their budgets."""

from __future__ import annotations

from ..events import (
    BudgetChanged,
    BudgetExceeded,
    BudgetSettled,
    ChapterClosing,
    ChapterOpened,
    ModelCancelled,
    ModelCompleted,
    ModelFailed,
    ModelRequested,
    ModelUnknownOutcome,
    NoticeDelivered,
    PauseReached,
    RateLimited,
    ResearcherBlocked,
    ResearcherCreated,
    ResearcherStateChanged,
    RoundOpened,
    RunClosed,
    RunOpened,
    SandboxCreated,
    SandboxLost,
    SandboxRemoved,
    SupervisorStarted,
    TaskReady,
    TaskRequested,
)
from ..state import Minute, Researcher, RunState
from .handlers import count, on, researcher, unblock

KEPT_MINUTES = 61  # of each researcher: the hour behind it, which is what rates are taken from
MINUTE_US = 60_000_000


@on(RunOpened)
def _(state: RunState, event: RunOpened) -> None:
    state.run = event.run
    state.opened_at = state.at


@on(RunClosed)
def _(state: RunState, event: RunClosed) -> None:
    state.status, state.note = event.reason, event.note


@on(SupervisorStarted)
def _(state: RunState, event: SupervisorStarted) -> None:
    state.epoch, state.pid = event.epoch, event.pid
    if state.over:
        state.status, state.note, state.stopping = "running", "", False
    for who in state.researchers.values():
        unblock(state, who)


@on(TaskRequested)
def _(state: RunState, event: TaskRequested) -> None:
    state.task, state.status = event.task, "building"


@on(TaskReady)
def _(state: RunState, event: TaskReady) -> None:
    state.task, state.feedback, state.held_out = event.task, event.feedback, list(event.held_out)
    state.domains, state.status = list(event.domains), "running"


@on(RoundOpened)
def _(state: RunState, event: RoundOpened) -> None:
    state.round, state.round_seq, state.round_post = event.round, state.seq, state.last_post


@on(ResearcherCreated)
def _(state: RunState, event: ResearcherCreated) -> None:
    """What was said of it before, such as a person's pause, stays."""
    count(state, event.researcher)
    who = researcher(state, event.researcher)
    who.mind, who.model, who.direction, who.seed = event.mind, event.model, event.direction, event.seed
    who.since, who.last_seq = state.at, state.seq


@on(ResearcherStateChanged)
def _(state: RunState, event: ResearcherStateChanged) -> None:
    who = researcher(state, event.researcher)
    who.state, who.why, who.since, who.last_seq = event.state, event.why, state.at, state.seq


@on(ChapterOpened)
def _(state: RunState, event: ChapterOpened) -> None:
    who = researcher(state, event.researcher)
    who.chapter, who.chapter_seq, who.chapter_turn = event.chapter, state.seq, who.settled
    who.closing, who.history_tokens, who.stop = 0, 0, ""


@on(ChapterClosing)
def _(state: RunState, event: ChapterClosing) -> None:
    researcher(state, event.researcher).closing = event.turn


@on(NoticeDelivered)
def _(state: RunState, event: NoticeDelivered) -> None:
    who = researcher(state, event.researcher)
    who.news = [each for each in who.news if f"{each.about} {each.what}" not in event.tells]
    if event.about == "loop":
        for call in event.tells:
            if call in who.failing:
                who.failing[call].told = True
    elif event.about in ("cut", "refused"):
        who.stop = ""
    elif event.about == "budget":
        who.changed = [each for each in who.changed if each not in event.tells]


@on(ResearcherBlocked)
def _(state: RunState, event: ResearcherBlocked) -> None:
    who = researcher(state, event.researcher)
    who.state, who.why, who.blocked, who.since, who.last_seq = "blocked", event.why, event.why, state.at, state.seq


@on(ModelRequested)
def _(state: RunState, event: ModelRequested) -> None:
    count(state, event.call)
    who = researcher(state, event.researcher)
    who.turn, who.open_call = event.turn, event.call
    who.open_call_nusd, who.open_call_tokens = event.reserved_nusd, event.reserved_tokens
    who.calls += 1
    _minute(state, who).calls += 1
    who.state, who.why, who.since, who.last_seq = "thinking", "", state.at, state.seq


@on(ModelCompleted)
def _(state: RunState, event: ModelCompleted) -> None:
    who = researcher(state, event.researcher)
    _close_call(who)
    who.last_seq = state.seq
    who.last_line = event.said or who.last_line
    prompt = event.input_tokens + event.cache_read_tokens + event.cache_write_tokens
    who.prompt_tokens += prompt
    who.cached_tokens += event.cache_read_tokens
    who.history_tokens = prompt + event.output_tokens
    who.stop = event.stop
    who.refusals = who.refusals + 1 if event.stop == "refusal" else 0
    who.cuts = who.cuts + 1 if event.stop == "max_tokens" else 0
    if not who.closing:
        who.idle = who.idle + 1 if event.stop == "waiting" and not state.under_way(who.id) else 0
    _charge(state, who, event.cost_nusd, prompt + event.output_tokens)


@on(ModelFailed)
def _(state: RunState, event: ModelFailed) -> None:
    who = researcher(state, event.researcher)
    _close_call(who)
    if event.retry_in_s is not None:
        _rests(state, who, f"retries in {event.retry_in_s:.0f} s: {event.error}")


@on(RateLimited)
def _(state: RunState, event: RateLimited) -> None:
    _rests(state, researcher(state, event.researcher), f"rate limited, waits {event.wait_s:.0f} s")


def _rests(state: RunState, who: Researcher, why: str) -> None:
    """It waits before it asks its model again, and is as safe to pause as between turns."""
    if who.state == "thinking":
        who.state, who.since = "waiting", state.at
    if who.state == "waiting":
        who.why = why


@on(ModelCancelled)
def _(state: RunState, event: ModelCancelled) -> None:
    _lost_call(state, event.researcher, event.cost_nusd, event.tokens)


@on(ModelUnknownOutcome)
def _(state: RunState, event: ModelUnknownOutcome) -> None:
    _lost_call(state, event.researcher, event.cost_nusd, event.tokens)


def _lost_call(state: RunState, name: str, nusd: int, tokens: int) -> None:
    who = researcher(state, name)
    _close_call(who)
    _charge(state, who, nusd, tokens)


def _close_call(who: Researcher) -> None:
    who.open_call, who.open_call_nusd, who.open_call_tokens = "", 0, 0


def _charge(state: RunState, who: Researcher, nusd: int, tokens: int) -> None:
    minute = _minute(state, who)
    minute.nusd += nusd
    minute.tokens += tokens
    who.nusd += nusd
    who.tokens += tokens
    state.nusd += nusd
    state.tokens += tokens


def _work(state: RunState, who: Researcher, active_us: int) -> None:
    """Unpaused wall time that a researcher has had."""
    if not active_us:
        return
    _minute(state, who).active_us += active_us
    who.active_us += active_us
    state.active_us += active_us


def _minute(state: RunState, who: Researcher) -> Minute:
    """The minute that the clock shows now, for this researcher; those too old for a rate are dropped."""
    now = state.at // MINUTE_US
    if not who.minutes or who.minutes[-1].minute != now:
        who.minutes = [each for each in who.minutes if each.minute > now - KEPT_MINUTES]
        who.minutes.append(Minute(now))
    return who.minutes[-1]


@on(BudgetSettled)
def _(state: RunState, event: BudgetSettled) -> None:
    who = researcher(state, event.researcher)
    if event.turn > who.settled:
        who.settled, who.settled_seq = event.turn, state.seq
    if who.state in ("thinking", "acting"):
        who.state, who.why, who.since = "waiting", "", state.at
    _work(state, who, event.active_us)


@on(BudgetChanged)
def _(state: RunState, event: BudgetChanged) -> None:
    state.budgets.setdefault(event.researcher, {})[event.what] = event.limit
    if event.researcher:
        researcher(state, event.researcher).exceeded = ""
    elif not state.over:
        state.note = ""
    what = event.what if event.researcher else f"fleet {event.what}"
    for who in state.researchers.values():
        if event.researcher in ("", who.id) and what not in who.changed:
            who.changed = [*who.changed, what]


@on(BudgetExceeded)
def _(state: RunState, event: BudgetExceeded) -> None:
    if event.researcher:
        researcher(state, event.researcher).exceeded = f"{event.what} {event.used:g} of {event.limit:g}"
    else:
        state.note = f"fleet budget: {event.what} {event.used:g} of {event.limit:g}"


@on(PauseReached)
def _(state: RunState, event: PauseReached) -> None:
    who = researcher(state, event.researcher)
    if not state.runs(who.id):  # a resume may have been quicker
        who.state, who.why, who.since = "paused", "", state.at


@on(SandboxCreated)
def _(state: RunState, event: SandboxCreated) -> None:
    count(state, event.sandbox)
    state.backend = state.backend or event.backend
    if event.researcher and event.purpose == "research":
        who = researcher(state, event.researcher)
        who.sandbox, who.backend, who.isolated = event.sandbox, event.backend, event.isolated
        who.protection, who.image = event.protection, event.image


@on(SandboxLost)
def _(state: RunState, event: SandboxLost) -> None:
    _gone(state, event.researcher, event.sandbox)


@on(SandboxRemoved)
def _(state: RunState, event: SandboxRemoved) -> None:
    _gone(state, event.researcher, event.sandbox)


def _gone(state: RunState, name: str, sandbox: str) -> None:
    who = state.researchers.get(name)
    if who is not None and who.sandbox == sandbox:
        who.sandbox = ""
