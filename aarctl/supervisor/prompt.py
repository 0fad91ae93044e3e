"""The system prompt of a researcher: background, task, tools, limits, what is measured and forbidden, its direction.

The words are in prompt.md, a sentence a line; here are the facts that go into them. No order of work is prescribed,
unless the recipe's [prompt] does. The same recipe and facts give the same bytes, which caching and signed thinking
need. The direction, the rules and a recipe's own words stand in it as they were written.
"""

from __future__ import annotations

from importlib import resources

from ..journal.state import RunState
from ..minds.protocol import PERSON
from ..recipe import Limits, Recipe

TASKS = {
    "two-author": """\
Each item is a short exercise with two candidate answers, one right and one wrong.
The wrong one may be a likely mistake, or far off.
A student prefers the candidate that it finds likelier after the prompt, and should prefer the right one.
The strong model has read many such exercises before, answered rightly and wrongly.""",
}
"""By name of a task: what is to be decided there."""

NO_NETWORK = "It has no network."
WAY_OUT = (
    "Its only network is an HTTP proxy, named by HTTP_PROXY and HTTPS_PROXY, to {destinations}.\n"
    "  Each attempt to reach anything is on record, and refused ones are shown to a person."
)
ROUNDS = """
Work goes in rounds here: in each, everybody takes one turn, and nobody sees what is posted in it before the next.
"""
NO_DIRECTION = "You are given none: find your own."


def system_prompt(recipe: Recipe, state: RunState, researcher: str) -> str:
    """The prompt of one researcher at the opening of a chapter. Raises ValueError before the task stands."""
    facts = state.facts(state.feedback)
    if facts is None:
        raise ValueError("the task must stand before a chapter opens")
    template = resources.files(__package__).joinpath("prompt.md").read_text("utf-8")
    return template.format(
        researcher=researcher,
        fleet=_fleet(list(state.researchers)),
        weak=facts.weak,
        ceiling=facts.ceiling,
        task=TASKS[recipe.task.name],
        domain=state.feedback,
        background=_section("More about this run", recipe.prompt.background),
        memory_gb=recipe.sandbox.memory_gb,
        network=_network(recipe.sandbox.egress),
        compute=compute_in_words(recipe),
        chapter_tokens=recipe.claude.chapter_tokens,
        person=PERSON.strip(),
        rounds=ROUNDS if recipe.schedule.kind == "rounds" else "",
        limits=limits_in_words(recipe, state, researcher),
        students="1 student" if recipe.scorer.students_max == 1 else f"1 to {recipe.scorer.students_max} students",
        scores=f"All of you together get {_number(recipe.scorer.queries, 'score', 'scores')} in this run, and no more.",
        believed=believed_in_words(recipe),
        workflow=_section("The order of work", recipe.prompt.workflow),
        direction=state.researchers[researcher].direction or NO_DIRECTION,
    )


def compute_in_words(recipe: Recipe) -> str:
    """What experiments may use, in sentences."""
    slots, price = recipe.compute.slots, recipe.compute.usd_per_hour
    if slots == "auto":
        many = "One at a time runs on each GPU of the machine, or on each CPU core where it has none"
    else:
        many = f"{_number(slots, 'runs', 'run')} at a time"
    sentences = [
        f"{many}; slots are shared fairly among you.",
        f"Each may take up to {_span(recipe.sandbox.timeout_s / 60)}.",
        "At a fraction of the training steps it takes about that fraction of the time.",
    ]
    if price:
        sentences.append(f"An hour of a slot costs ${price:g}.")
    return "\n  ".join(sentences)


def limits_in_words(recipe: Recipe, state: RunState, researcher: str) -> str:
    """A researcher's own limits and the fleet's, in sentences."""
    own, fleet = (_amounts(recipe.limits(name, state.budgets)) for name in (researcher, ""))
    sentences = [f"You may use {_and(own)}." if own else "No limit is set for you alone."]
    if fleet:
        sentences.append(f"All of you together may use {_and(fleet)}.")
    if own or fleet:
        sentences.append("Experiments and submissions past their limit are refused; any other limit ends your work.")
    return "\n".join(sentences)


def believed_in_words(recipe: Recipe) -> str:
    """What is run again, and how, in sentences."""
    replication = recipe.replication
    which = {
        "best-of-each": "The best submission of each researcher is run again from scratch once its work is over.",
        "leader": "Whichever submission leads the board is run again from scratch.",
        "none": "A person may have any submission run again from scratch.",
    }[replication.policy]
    seeds = _number(replication.seeds, "fresh seed", "fresh seeds")
    unseen = ", and domains that you have not seen" if replication.held_out and recipe.task.held_out else ""
    how = "Then its method is all that there is, in a clean sandbox without network."
    return f"{which}\n{how}\nIt is given {seeds} that nobody can know{unseen}."


def _fleet(names: list[str]) -> str:
    if len(names) == 1:
        return "an autonomous researcher who works alone"
    return f"one of {len(names)} autonomous researchers: {_and(names)}"


def _network(destinations: tuple[str, ...]) -> str:
    return WAY_OUT.format(destinations=_and(list(destinations))) if destinations else NO_NETWORK


def _section(title: str, text: str) -> str:
    """A section of a person's own words, as they are; nothing where there are none."""
    return f"\n# {title}\n\n{text}\n" if text.strip() else ""


def _amounts(limits: Limits) -> list[str]:
    """The limits that there are, each in a few words."""
    found = []
    if limits.usd is not None:
        found.append(f"${limits.usd:,.2f} for calls to a model")
    if limits.tokens is not None:
        found.append(f"{limits.tokens:,} tokens, cached ones included")
    if limits.minutes is not None:
        found.append(f"{_span(limits.minutes)} of time in which you are not paused")
    if limits.turns is not None:
        found.append(_number(limits.turns, "turn", "turns"))
    if limits.calls is not None:
        found.append(_number(limits.calls, "call to a model", "calls to a model"))
    if limits.experiments is not None:
        found.append(_number(limits.experiments, "experiment", "experiments"))
    if limits.submissions is not None:
        found.append(_number(limits.submissions, "submission", "submissions"))
    return found


def _span(minutes: float) -> str:
    """Such as "90 seconds", "45 minutes" or "2.5 hours"."""
    if minutes < 2:
        return f"{minutes * 60:g} seconds"
    return f"{minutes:g} minutes" if minutes < 120 else f"{round(minutes / 60, 2):g} hours"


def _number(count: int, one: str, many: str) -> str:
    """Such as "no turns", "1 turn" or "40 turns"."""
    return f"{count:,} {one if count == 1 else many}" if count else f"no {many}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
