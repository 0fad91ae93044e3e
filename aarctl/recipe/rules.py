"""What must hold between fields, each rule a few lines: a type alone cannot say these.

Rules see a recipe whose every field is valid by itself. load.py drops a rule's fault where its table already
has one, so nobody is told about the consequence of a mistake beside the mistake.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from .destinations import BadDestination, Destination, parse
from .errors import shown
from .model import TASKS, Price, Recipe
from .read import Fault, nearest

RATES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


def broken(recipe: Recipe) -> Iterator[Fault]:
    """The faults of `recipe` between its fields, in the order of its tables."""
    yield from _task(recipe)
    yield from _researchers(recipe)
    yield from _schedule(recipe)
    yield from _egress(recipe)
    yield from _search(recipe)
    yield from _claude(recipe)
    yield from price_faults(recipe.prices)


def _task(recipe: Recipe) -> Iterator[Fault]:
    task = recipe.task
    if task.name not in TASKS:
        yield Fault(("task", "name"), shown(task.name), "no such task", nearest(task.name, TASKS))
        return
    domains = TASKS[task.name]
    if task.feedback not in domains:
        yield Fault(("task", "feedback"), shown(task.feedback), "no such domain", nearest(task.feedback, domains))
    for position, domain in enumerate(task.held_out):
        path = ("task", "held_out", position)
        if domain not in domains:
            yield Fault(path, shown(domain), "no such domain", nearest(domain, domains))
        elif domain == task.feedback:
            yield Fault(path, shown(domain), "also the feedback domain", "hold out another one: this one is seen")
        elif domain in task.held_out[:position]:
            yield Fault(path, shown(domain), "named twice", "remove one")


def _researchers(recipe: Recipe) -> Iterator[Fault]:
    if not recipe.researchers:
        yield Fault(("researchers",), "", "there are none", 'add [[researchers]] with a direction = "..."')
    seen: set[str] = set()
    for position, researcher in enumerate(recipe.researchers):
        if researcher.id in seen:
            path = ("researchers", position, "id")
            yield Fault(path, shown(researcher.id), "taken already", "give each researcher its own, or leave id out")
        seen.add(researcher.id)


def _schedule(recipe: Recipe) -> Iterator[Fault]:
    schedule = recipe.schedule
    if schedule.kind == "free" and schedule.rounds is not None:
        fix = 'set schedule.kind = "rounds", or limit budget.researcher.turns instead'
        yield Fault(("schedule", "rounds"), str(schedule.rounds), "a free schedule has no rounds", fix)


def _egress(recipe: Recipe) -> Iterator[Fault]:
    seen: set[Destination] = set()
    for position, entry in enumerate(recipe.sandbox.egress):
        path = ("sandbox", "egress", position)
        try:
            destination = parse(entry)
        except BadDestination as error:
            yield Fault(path, shown(entry), error.why, error.fix)
            continue
        if destination in seen:
            yield Fault(path, shown(entry), "named twice", "remove one")
        seen.add(destination)


def _claude(recipe: Recipe) -> Iterator[Fault]:
    claude = recipe.claude
    for position, researcher in enumerate(recipe.researchers):
        if researcher.model is not None and researcher.mind != "claude":
            path = ("researchers", position, "model")
            why = f"a {researcher.mind} mind is no language model"
            yield Fault(path, shown(researcher.model), why, 'set mind = "claude", or leave model out')
    together = claude.chapter_tokens + claude.max_tokens
    if together > claude.context_tokens:
        why = f"with max_tokens = {claude.max_tokens} above context_tokens = {claude.context_tokens}"
        fix = "a chapter and an answer must fit into what the model can read: lower one of them"
        yield Fault(("claude", "chapter_tokens"), str(claude.chapter_tokens), why, fix)
    unsafe = recipe.sandbox.backend == "process" and not recipe.sandbox.allow_unsafe
    if unsafe and not claude.rehearsal and any(one.mind == "claude" for one in recipe.researchers):
        fix = 'take "auto", or set sandbox.allow_unsafe = true if its code may read all that you can'
        yield Fault(
            ("sandbox", "backend"), '"process"', "isolates nothing, and a Claude researcher writes its own code", fix
        )


def _search(recipe: Recipe) -> Iterator[Fault]:
    search = recipe.search
    if search.promote > search.candidates:
        fix = "lower it, or raise search.candidates"
        yield Fault(("search", "promote"), str(search.promote), f"at most the {search.candidates} candidates", fix)


def price_faults(rows: Sequence[Price], days: Sequence[object] = ()) -> Iterator[Fault]:
    """The faults of [[prices]] rows; `days` has the day from which each holds, where they are dated."""
    held = list(days) or [None] * len(rows)
    seen: set[tuple[str, object, int]] = set()
    plain = {(row.model, day) for row, day in zip(rows, held, strict=True) if not row.above}
    for position, (row, day) in enumerate(zip(rows, held, strict=True)):
        path = ("prices", position)
        for key in ("model", "input", "output"):
            if getattr(row, key) in (None, ""):
                yield Fault((*path, key), "", "missing", "add it: a price has a model, an input and an output")
        for key in RATES:
            value = getattr(row, key)
            if value is not None and Decimal(str(value)) % Decimal("0.000001"):
                yield Fault((*path, key), shown(value), "more than six decimals", "round it up")
        if (row.model, day, row.above) in seen:
            yield Fault((*path, "model"), shown(row.model), "priced twice", "remove one, or give it another `above`")
        elif (row.model, day) not in plain:
            fix = "add a row for this model without `above`, for shorter prompts"
            yield Fault((*path, "above"), str(row.above), "the only price of its model", fix)
        seen.add((row.model, day, row.above))
