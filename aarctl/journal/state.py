"""RunState: all that the events up to one point say, for supervisor, control room and exports alike.

It is built by the fold alone (`fold.apply`) and read everywhere. Finished things are dropped or counted, so
that its size follows the fleet and its submissions, not the length of the history. Times are the rows' own
`at`, in microseconds UTC; money is in nano-dollars.
"""

from __future__ import annotations

import msgspec

from .events import DomainFacts, Interval, StudentRef, Text

REHEARSED = "rehearsal of "
"""How the model of a researcher begins that a script plays."""


class OpenTool(msgspec.Struct):
    """A tool call whose outcome is not known yet."""

    call: str
    turn: int
    tool: str
    args: Text
    seq: int


class Steer(msgspec.Struct):
    """A person's message that its researcher has not been given yet."""

    steer: str
    text: Text
    by: str
    seq: int
    command: str = ""


class Minute(msgspec.Struct):
    """What one researcher used in one minute of the clock."""

    minute: int
    """Whole minutes since 1970, UTC."""
    nusd: int = 0
    tokens: int = 0
    calls: int = 0
    active_us: int = 0


class News(msgspec.Struct):
    """Something of a researcher's that came to its end, and that it has not been told of."""

    about: str
    """An experiment or a submission."""
    what: str
    """Its outcome: done, failed, scored, ..."""


class Failing(msgspec.Struct):
    """A tool call that failed, again and again, in the very same way."""

    tool: str
    output: str
    """Digest of what it answered: a call that fails in another way is another attempt."""
    seqs: list[int]
    """Where it failed, the last few."""
    times: int = 1
    told: bool = False
    """Whether the researcher has been told."""


class Researcher(msgspec.Struct):
    """One researcher, as far as the journal tells."""

    id: str
    mind: str
    model: str
    direction: str
    seed: int = 0
    state: str = "starting"
    why: str = ""
    since: int = 0
    """`at` of the last change of state."""
    paused: bool = False
    """Its own latch; the fleet's is `RunState.paused`. A researcher runs when no latch is closed."""
    frozen: bool = False
    """Its own latch for a freeze; the fleet's is `RunState.frozen`."""
    stopping: bool = False
    """A person ended it: it takes no further turn."""
    retired: bool = False
    """A person ended it for good, and its experiments with it."""
    blocked: str = ""
    """Why it cannot go on, and what to do; resuming it, the fleet or the run lifts this."""
    turn: int = 0
    """The last turn that was begun."""
    settled: int = 0
    """The last turn that is over, its tools included."""
    settled_seq: int = 0
    """Where it settled: after `RunState.round_seq`, the researcher has had its turn of the round."""
    chapter: int = 0
    chapter_seq: int = 0
    chapter_turn: int = 0
    """The last turn of the chapters before."""
    closing: int = 0
    """The turn in which its mind is asked to sum up the open chapter, the last thing in it; else 0."""
    history_tokens: int = 0
    """Of the open chapter, as of the service's last count: prompt and answer."""
    stop: str = ""
    """Why the last answer ended, such as "tool_use"."""
    refusals: int = 0
    """Answers in a row that the model's service refused."""
    cuts: int = 0
    """Answers in a row that were cut at their token limit."""
    idle: int = 0
    """Answers in a row that used no tool, while nothing was under way."""
    failing: dict[str, Failing] = {}
    """The last few calls that failed, by digest of tool and arguments."""
    news: list[News] = []
    changed: list[str] = []
    """Limits that a person changed and that it has not been told of: "usd" is its own, "fleet usd" everybody's."""
    open_call: str = ""
    open_call_nusd: int = 0
    open_call_tokens: int = 0
    open_tools: dict[str, OpenTool] = {}
    steers: list[Steer] = []
    sandbox: str = ""
    backend: str = ""
    isolated: bool = False
    protection: str = ""
    """What its sandbox holds back, in one line; empty in journals of earlier versions."""
    image: str = ""
    """Digest of the image that its sandbox was made from, where the backend has images."""
    last_line: str = ""
    """What it said last, one line: untrusted."""
    last_seq: int = 0
    submissions: int = 0
    experiments: int = 0
    posts: int = 0
    tools: int = 0
    calls: int = 0
    """To its model, attempts that failed and the open one included."""
    tokens: int = 0
    prompt_tokens: int = 0
    """Of all tokens, those sent; `cached_tokens` of these were read from the cache."""
    cached_tokens: int = 0
    nusd: int = 0
    active_us: int = 0
    minutes: list[Minute] = []
    """The last minutes in which it used anything, oldest first."""
    device_s: float = 0.0
    forum_read: str = ""
    exceeded: str = ""
    """The budget that stopped it, such as "turns 24 of 24"."""


class Experiment(msgspec.Struct):
    """A queued or running experiment; a finished one leaves the state."""

    id: str
    researcher: str
    argv: list[str]
    out: str
    title: str
    purpose: str
    submission: str
    domain: str
    seed: int
    timeout_s: float
    queued_at: int
    seq: int
    slot: str = ""
    """Empty while it waits."""
    attempt: int = 0
    leased_at: int = 0
    cancelled: str = ""
    releasing: bool = False
    """A freeze takes its slot away: it is killed, and queued again."""


class Outcome(msgspec.Struct):
    """What is kept of a finished experiment that its researcher may still ask for."""

    id: str
    outcome: str
    exit_code: int | None
    seq: int
    researcher: str = ""
    """Empty for a replication's, which is nobody's to ask for."""
    title: str = ""


class Submission(msgspec.Struct):
    """One submission on its way from claimed to accepted or disqualified."""

    id: str
    researcher: str
    method: str
    snapshot: str
    students: list[StudentRef]
    claimed: float | None
    tags: list[str]
    card: dict[str, str]
    seq: int
    at: int
    state: str = "claimed"
    """claimed | scored | rejected | withheld"""
    note: str = ""
    domain: str = ""
    released: Interval | None = None
    exact: Interval | None = None
    per_seed: list[float] = []
    scored_seq: int = 0
    scored_at: int = 0
    protected: bool = True
    replication: str = ""
    """"" | running | replicated | failed | unreplicable"""
    replication_seeds: list[int] = []
    replication_domains: list[str] = []
    replication_runs: dict[str, list[str]] = {}
    """Per domain, the replication's experiments as they finish, "<seed>:<outcome>": "7:done"."""
    replicated: dict[str, Interval] = {}
    replicated_per_seed: dict[str, list[float]] = {}
    replicated_seq: int = 0
    replicated_at: int = 0
    verdict: str = ""
    """"" | accept | disqualify"""
    because: str = ""
    flags: list[str] = []

    @property
    def board_state(self) -> str:
        """claimed -> scored -> replicated -> accepted | disqualified, as DESIGN section 9 names them."""
        if self.verdict:
            return {"accept": "accepted", "disqualify": "disqualified"}.get(self.verdict, self.verdict)
        return "replicated" if self.replication == "replicated" else self.state


class Flag(msgspec.Struct):
    """A detector's suspicion."""

    id: str
    detector: str
    researcher: str
    submission: str
    text: Text
    seqs: list[int]
    seq: int
    at: int = 0


class Thread(msgspec.Struct):
    """A forum thread's head; its posts are read from the events."""

    id: str
    title: str
    author: str
    posts: int
    last_at: int
    last_seq: int


class Command(msgspec.Struct):
    """A person's command and how far it has come: requested | acknowledged | effective | refused."""

    id: str
    verb: str
    researcher: str
    args: dict[str, str]
    by: str
    at: int
    state: str = "requested"
    note: str = ""


class Diversity(msgspec.Struct):
    """How many different ideas the fleet was at, at one moment."""

    at: int
    bits: float


class Ideas(msgspec.Struct):
    """What the fleet has tried of late, by method tag, and how varied that was over time; see fold.ideas."""

    window: list[list[str]] = []
    """The tags of each of the last tagged experiments, posts and submissions, oldest first."""
    history: list[Diversity] = []
    every: int = 1
    """A point of the history stands for so many tagged things: doubled each time that it is thinned."""
    seen: int = 0
    """Tagged things so far."""


class Told(msgspec.Struct):
    """What a researcher wants the person to know."""

    researcher: str
    text: str
    """Its beginning: untrusted."""
    seq: int
    at: int


class RunState(msgspec.Struct):
    """Everything that is true at one seq."""

    seq: int = 0
    at: int = 0
    run: str = ""
    opened_at: int = 0
    status: str = "new"
    """new | building | running | finished | stopped | failed"""
    note: str = ""
    epoch: int = 0
    pid: int = 0
    task: str = ""
    feedback: str = ""
    held_out: list[str] = []
    domains: list[DomainFacts] = []
    backend: str = ""
    """What made the run's first sandbox, and so where its workspaces are."""
    round: int = 0
    round_seq: int = 0
    round_post: str = ""
    """The last post that stood when the round opened; minds on the rounds schedule see no later one."""
    paused: bool = False
    """The fleet's latch."""
    frozen: bool = False
    """The fleet's latch for a freeze: it also holds the replications."""
    stopping: bool = False
    budgets: dict[str, dict[str, float | None]] = {}
    """Limits that a person changed, by researcher ("": the fleet) and key of a budget; None: no limit any more."""
    researchers: dict[str, Researcher] = {}
    experiments: dict[str, Experiment] = {}
    """Those that are open, in the order of the queue."""
    outcomes: dict[str, Outcome] = {}
    submissions: dict[str, Submission] = {}
    flags: dict[str, Flag] = {}
    threads: dict[str, Thread] = {}
    commands: dict[str, Command] = {}
    """The open ones, and the last few that are over."""
    inbox: int = 0
    """The last inbox row that was copied."""
    counters: dict[str, int] = {}
    """The last number given out per letter of an id: x experiment, s submission, p post, t thread, ..."""
    last_post: str = ""
    experiments_finished: int = 0
    device_s: float = 0.0
    nusd: int = 0
    tokens: int = 0
    active_us: int = 0
    ideas: Ideas = msgspec.field(default_factory=Ideas)
    told: list[Told] = []
    """The last few things that researchers told the person."""

    @property
    def over(self) -> bool:
        """Whether the run is closed."""
        return self.status in ("finished", "stopped", "failed")

    @property
    def rehearsal(self) -> bool:
        """Whether a script plays a model here, so that dollars are play money."""
        return any(who.model.startswith(REHEARSED) for who in self.researchers.values())

    def runs(self, researcher: str) -> bool:
        """Whether no latch holds this researcher: neither a pause nor a freeze, its own or the fleet's."""
        return not self.paused and not self.researchers[researcher].paused and not self.is_frozen(researcher)

    def is_frozen(self, researcher: str) -> bool:
        """Whether a freeze holds this researcher, in the middle of whatever it does."""
        who = self.researchers.get(researcher)
        return self.frozen or (who is not None and who.frozen)

    def under_way(self, researcher: str) -> list[str]:
        """The experiments and unscored submissions that a researcher waits for."""
        mine = [one for one in self.experiments.values() if one.researcher == researcher]
        claimed = [one for one in self.submissions.values() if one.researcher == researcher and one.state == "claimed"]
        return [*(one.id for one in mine if one.purpose == "research"), *(one.id for one in claimed)]

    def facts(self, domain: str) -> DomainFacts | None:
        """The fixed accuracies of `domain`, once the task stands."""
        return next((facts for facts in self.domains if facts.domain == domain), None)
