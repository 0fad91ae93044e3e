"""What a recipe says, as frozen structs: one class per TOML table, one attribute per key.

Ranges live in the annotations and nowhere else: the reader (`read.py`) explains them to a person, msgspec
enforces them again when a stored recipe is decoded. A key that is absent takes the default written here;
where the default is None there is no limit. Words that are known but belong to a later version are in
`LATER`, so that a recipe naming one gets a sentence, not a typo hint.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

RESEARCHERS_MAX = 9
"""Researchers a recipe may start with; also the highest number in an id."""

QUERIES_MAX = 180
"""Scores a whole run may release: past this, noise no longer hides the test labels from someone who adapts to
the scores.
"""

TASKS: dict[str, tuple[str, ...]] = {"two-author": ("code", "math")}
"""The tasks of this version, each with its domains."""

LATER: dict[str, dict[str, str]] = {
    "mind": {
        "recorded": "the recorded mind is not in this version",
    },
    "engine": {"ray": "the Ray engine is not in this version"},
    "scoring": {"predictions": "scoring by predictions is not in this version"},
}
"""By field: words that are spelled right and do not run yet, each with the sentence to say."""

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Positive = Annotated[int, Meta(ge=1, le=1_000_000)]
Items = Annotated[int, Meta(ge=32, le=100_000)]
Name = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}\Z", description="lower-case letters, digits, - and _, at most 40"),
]
ModelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}\Z",
        description="letters, digits, . _ : / @ + and -, at most 120",
    ),
]
UsdPerMillion = Annotated[float, Meta(ge=0, le=100_000)]
ResearcherId = Annotated[str, Meta(pattern=r"^r[1-9]\Z", description="r1 to r9")]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ground of every recipe table: frozen, and no key that is not declared."""


class TaskChoice(Table, frozen=True):
    """[task]: which weak-to-strong problem, and how large."""

    name: str = "two-author"
    """The task; a key of TASKS."""

    feedback: str = "code"
    """The domain whose scores the researchers see."""

    held_out: tuple[str, ...] = ("math",)
    """Domains that only replications are measured on; none may be the feedback domain."""

    n_labelled: Items | None = None
    """Truly labelled items the weak teacher learns from; 32 to 100,000, the task's own number when absent."""

    n_pool: Items | None = None
    """Items the weak teacher labels for the students; 32 to 100,000, the task's own number when absent."""

    n_test: Items | None = None
    """Hidden items a student is scored on; 32 to 100,000, the task's own number when absent."""


class Limits(Table, frozen=True):
    """A budget: reaching any of these pauses, it does not kill. None = no limit."""

    minutes: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    """Unpaused wall-clock minutes; above 0."""

    turns: Positive | None = None
    """Actions a mind may choose; at least 1."""

    submissions: Count | None = None
    """Submissions sent to the scorer; 0 or more."""

    experiments: Count | None = None
    """Experiments queued for a compute slot; 0 or more. Replications are not counted."""

    usd: Annotated[float, Meta(ge=0, le=1_000_000)] | None = None
    """US dollars for model calls; 0 or more. The search mind spends none."""

    tokens: Annotated[int, Meta(ge=1, le=1_000_000_000_000)] | None = None
    """Tokens sent and received in model calls, cached ones included; at least 1."""

    calls: Positive | None = None
    """Calls to a model, attempts that failed included; at least 1."""


FRACTIONS = ("minutes", "usd")
"""The keys of a budget that need not be whole numbers."""


class Budget(Table, frozen=True):
    """[budget]: what the run may use, for everybody together and for each researcher."""

    fleet: Limits = Limits()
    """[budget.fleet]: all researchers together."""

    researcher: Limits = Limits()
    """[budget.researcher]: each researcher alone, unless its own `budget` says otherwise."""


class Researcher(Table, frozen=True):
    """[[researchers]]: one agent with a mind, a sandbox and a direction."""

    id: ResearcherId = "r1"
    """r1 to r9, unique; the first free one when absent."""

    mind: Literal["search", "scripted", "claude", "recorded"] = "search"
    """What chooses the next action: claude is a language model, search a program; scripted is for tests."""

    model: ModelName | None = None
    """Another model than [claude].model, for this researcher alone; only with mind = "claude"."""

    direction: Annotated[str, Meta(max_length=4000)] = ""
    """Where to look first, in plain words; at most 4,000 characters. Different directions keep a fleet from
    converging.
    """

    budget: Limits = Limits()
    """Limits of this researcher alone; each key present here replaces the one in [budget.researcher]."""


class Claude(Table, frozen=True):
    """[claude]: the language model behind researchers with mind = "claude", and how it is asked."""

    model: ModelName = "claude-opus-5-5"
    """The model's name, as it is sent to the service. What it costs must be known: see [[prices]]."""

    max_tokens: Annotated[int, Meta(ge=1_000, le=1_000_000)] = 32_000
    """Tokens of one answer, thinking included; 1,000 to 1,000,000."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    """How hard it thinks; the model's own default when absent."""

    thinking: Literal["summarized", "omitted", "none"] = "summarized"
    """How its thoughts come back: for people to read, or not at all. none: ask for no thinking, for servers without."""

    cache_ttl: Literal["5m", "1h"] = "1h"
    """How long the service keeps a history it has read. An hour costs more to write and outlives an experiment."""

    base_url: (
        Annotated[str, Meta(pattern=r"^https?://[!-~]{1,200}\Z", description="an http or https address")] | None
    ) = None
    """Another server that speaks the Messages API; Anthropic's when absent, or what ANTHROPIC_BASE_URL says."""

    context_tokens: Annotated[int, Meta(ge=8_000, le=100_000_000)] = 1_000_000
    """What the model can read at most; 8,000 or more. A bound for what a call may cost."""

    chapter_tokens: Annotated[int, Meta(ge=8_000, le=100_000_000)] = 200_000
    """Length of a history at which a new chapter opens; 8,000 or more. Shorter is cheaper, and forgets. With an
    answer of `max_tokens` it must fit into `context_tokens`.
    """

    attempts: Annotated[int, Meta(ge=1, le=100)] = 12
    """How often one answer is asked for before the researcher stops and says why; 1 to 100."""

    requests_per_minute: Positive | None = None
    """For the whole fleet; what the service says when absent."""

    input_tokens_per_minute: Annotated[int, Meta(ge=1_000, le=1_000_000_000)] | None = None
    """For the whole fleet, tokens that are not read from the cache; what the service says when absent."""

    output_tokens_per_minute: Annotated[int, Meta(ge=1_000, le=1_000_000_000)] | None = None
    """For the whole fleet; what the service says when absent."""

    rehearsal: bool = False
    """Ask no model: a script on this machine answers, and dollars are play money. Needs neither key nor network."""


class Prompt(Table, frozen=True):
    """[prompt]: words of yours in every researcher's prompt."""

    background: Annotated[str, Meta(max_length=8000)] = ""
    """What else they should know; at most 8,000 characters."""

    workflow: Annotated[str, Meta(max_length=8000)] = ""
    """A prescribed order of work; at most 8,000 characters. In the published run this made results worse."""


class Schedule(Table, frozen=True):
    """[schedule]: whether researchers wait for each other."""

    kind: Literal["free", "rounds"] = "free"
    """free: everyone at their own pace. rounds: a barrier per round, the forum visible up to the previous
    one; repeatable.
    """

    rounds: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Rounds until the run ends, 1 to 10,000; only with kind = "rounds". Absent: budgets end the run."""


class SandboxChoice(Table, frozen=True):
    """[sandbox]: where researchers' commands run, and their limits there."""

    backend: Literal["auto", "bubblewrap", "process", "docker"] = "auto"
    """auto: docker where an engine answers and its image is built, else bubblewrap where it works, else process,
    which isolates nothing and is marked unsafe. A backend asked for by name is used or refused, never replaced.
    """

    memory_gb: Annotated[float, Meta(ge=0.25, le=4096)] = 4.0
    """Memory of one sandbox in GiB; .25 to 4,096."""

    pids: Annotated[int, Meta(ge=16, le=100_000)] = 256
    """Processes and threads alive at once in one sandbox; 16 to 100,000."""

    cpus: Annotated[float, Meta(ge=0.1, le=1024)] | None = None
    """Cores' worth of CPU time for one sandbox, where its backend has cgroups; .1 to 1,024. Absent: all there are."""

    disk_gb: Annotated[float, Meta(ge=0.1, le=65_536)] = 20.0
    """Size of one researcher's workspace in GiB; .1 to 65,536. Enforced where the disk has quotas, else watched."""

    timeout_s: Annotated[float, Meta(ge=1, le=604_800)] = 600.0
    """Seconds one command or experiment may take; 1 to 604,800 (a week)."""

    allow_unsafe: bool = False
    """Let a mind that writes its own code run in a sandbox without isolation."""

    egress: Annotated[tuple[str, ...], Meta(max_length=64)] = ()
    """Where researchers' commands may connect to, as "host:port" or "*.host:port" (see destinations.py): HTTP and HTTPS
    through a proxy, each attempt on record. Empty: no network at all. Replications never have any.
    """


class Compute(Table, frozen=True):
    """[compute]: where experiments run."""

    slots: Literal["auto"] | Annotated[int, Meta(ge=1, le=1024)] = "auto"
    """Experiments at once, 1 to 1,024; auto: one per GPU, or one per CPU core where there is none."""

    engine: Literal["local", "ray"] = "local"
    """What runs them; this version: this machine."""

    usd_per_hour: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    """US dollars that an hour of one slot costs you; 0 to 10,000. Shown beside what the models cost, never limited."""


class Price(Table, frozen=True):
    """[[prices]]: what a model costs, in US dollars per million tokens; in place of the price aarctl knows."""

    model: ModelName = ""
    """The model's name as it is sent to the service; needed."""

    above: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    """This row is for calls whose prompt is longer than so many tokens; 0, for all that no other row takes."""

    input: UsdPerMillion | None = None
    """Tokens sent; needed, 0 where they cost nothing. At most six decimals, as in every price."""

    output: UsdPerMillion | None = None
    """Tokens received, thinking included; needed."""

    cache_read: UsdPerMillion | None = None
    """Tokens read from the cache; the price of input when absent."""

    cache_write_5m: UsdPerMillion | None = None
    """Tokens written to the cache for five minutes; 1.25 times the price of input when absent."""

    cache_write_1h: UsdPerMillion | None = None
    """Tokens written to the cache for an hour; twice the price of input when absent."""


class ScorerChoice(Table, frozen=True):
    """[scorer]: how much the hidden labels may answer."""

    queries: Annotated[int, Meta(ge=1, le=QUERIES_MAX)] = QUERIES_MAX
    """Scores released to the whole fleet in a run; 1 to 180. Replications are not counted."""

    students_max: Annotated[int, Meta(ge=1, le=5)] = 5
    """Students of distinct seeds in one submission; 1 to 5."""

    scoring: Literal["students", "predictions"] = "students"
    """What is scored; students are models, which cannot be tuned to the test items one prediction at a time.
    """


class Replication(Table, frozen=True):
    """[replication]: which submissions are run again from scratch before they are believed."""

    seeds: Annotated[int, Meta(ge=1, le=64)] = 3
    """Fresh runs per domain, with seeds the scorer draws; 1 to 64."""

    policy: Literal["best-of-each", "leader", "none"] = "best-of-each"
    """The best submission of each researcher, the board's leader alone, or none unless a person asks."""

    held_out: bool = True
    """Replicate on the held-out domains too."""


class Search(Table, frozen=True):
    """[search]: successive halving by the search mind. Each round it screens candidates cheaply and trains
    the best in full.
    """

    candidates: Annotated[int, Meta(ge=1, le=64)] = 4
    """Methods screened per round; 1 to 64."""

    screen_fraction: Annotated[float, Meta(gt=0, le=1)] = 0.25
    """Share of the training steps a screening takes; above 0, at most 1."""

    promote: Annotated[int, Meta(ge=1, le=64)] = 1
    """Screened methods trained in full and submitted per round; 1 to `candidates`."""


class Recipe(Table, frozen=True):
    """A whole recipe. Two recipes are equal when every field is; `resolve` writes one so that `load` returns
    its equal.
    """

    name: Name = "recipe"
    """What the experiment is called; the file's own name when absent."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    """Seed of every choice the run draws, 0 to 2^63 - 1; hidden splits and replications have their own
    secret.
    """

    task: TaskChoice = TaskChoice()
    researchers: Annotated[tuple[Researcher, ...], Meta(min_length=1, max_length=RESEARCHERS_MAX)] = ()
    schedule: Schedule = Schedule()
    budget: Budget = Budget()
    sandbox: SandboxChoice = SandboxChoice()
    compute: Compute = Compute()
    scorer: ScorerChoice = ScorerChoice()
    replication: Replication = Replication()
    search: Search = Search()
    claude: Claude = Claude()
    prompt: Prompt = Prompt()
    prices: Annotated[tuple[Price, ...], Meta(max_length=64)] = ()

    def limits(self, researcher: str, changed: Mapping[str, Mapping[str, float | None]] | None = None) -> Limits:
        """What `researcher` may use, or, where none is named, the fleet: the one place that knows.

        A researcher's own budget stands over [budget.researcher], key by key; unknown ids get the latter. Over both
        stands what a person has `changed` since, by researcher ("": the fleet) and key; there None means no limit.
        """
        own = next((r.budget for r in self.researchers if r.id == researcher), Limits())
        shared = self.budget.researcher if researcher else self.budget.fleet
        chosen = {
            key: mine if (mine := getattr(own, key)) is not None else getattr(shared, key)
            for key in Limits.__struct_fields__
        }
        for key, since in (changed or {}).get(researcher, {}).items():
            chosen[key] = since if since is None or key in FRACTIONS else int(since)
        return Limits(**chosen)
