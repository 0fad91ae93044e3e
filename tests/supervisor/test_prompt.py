"""What a researcher is told: everything it needs, word for word where that matters, and the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from aarctl.journal.events import DomainFacts
from aarctl.journal.state import Researcher, RunState
from aarctl.lab import task as lab_task
from aarctl.minds.protocol import ToolSpec
from aarctl.recipe import Recipe, load, loads, resolve
from aarctl.recipe.model import TASKS
from aarctl.supervisor import prompt
from aarctl.supervisor.prompt import system_prompt
from aarctl.tools import TOOLS

RECIPES = Path(__file__).parents[2] / "recipes"
PUBLISHED = RECIPES / "paper-directions.toml"
RULES = (prompt.resources.files(prompt.__package__) / "prompt.md").read_text().split("# What is forbidden")[1]
RULES = RULES.split("{workflow}")[0]


def state_of(recipe: Recipe) -> RunState:
    """A run of this recipe whose task stands and whose researchers were just created."""
    state = RunState(feedback="code", domains=[DomainFacts(domain="code", weak=0.7215, ceiling=0.995, test_items=9)])
    for one in recipe.researchers:
        state.researchers[one.id] = Researcher(id=one.id, mind=one.mind, model="m", direction=one.direction)
    return state


def told(settings: Sequence[str] = (), who: str = "r1", recipe: Path = PUBLISHED) -> str:
    """The prompt of a researcher of a shipped recipe."""
    read = load(recipe, settings)
    return system_prompt(read, state_of(read), who)


def test_the_same_recipe_and_facts_give_the_same_bytes() -> None:
    recipe = load(PUBLISHED)
    again = loads(resolve(recipe), source="again")
    state = state_of(recipe)
    first = system_prompt(recipe, state, "r3")
    state.at, state.seq, state.nusd, state.researchers["r3"].turn = 9, 9, 9, 9  # a later chapter of the same run
    assert system_prompt(again, state, "r3").encode() == first.encode()


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_direction_and_rules_stand_in_every_prompt_word_for_word(recipe: Path) -> None:
    read = load(recipe)
    for one in read.researchers:
        text = system_prompt(read, state_of(read), one.id)
        assert RULES in text
        assert text.endswith(f"# Your direction\n\n{one.direction or prompt.NO_DIRECTION}\n")
        assert text.startswith(f"You are {one.id}, ")


@pytest.mark.parametrize("odd", ["{weak} of {researcher}", "two\n\n# Rules\n\nlines", "a \\ and a % and a \u00fc"])
def test_a_persons_words_are_never_read_as_anything_else(odd: str) -> None:
    recipe = load(PUBLISHED)
    state = state_of(recipe)
    state.researchers["r1"].direction = odd
    assert system_prompt(recipe, state, "r1").endswith(f"\n{odd}\n")


def test_no_order_of_work_is_prescribed_unless_the_recipe_does() -> None:
    assert "order of work" not in told()
    words = load(RECIPES / "ablation-workflow.toml").prompt.workflow
    prescribed = told(recipe=RECIPES / "ablation-workflow.toml")
    assert f"\n# The order of work\n\n{words}\n" in prescribed
    assert prescribed.replace(f"\n# The order of work\n\n{words}\n", "") == told(), "nothing else differs"


def test_background_words_of_the_recipe_are_added_verbatim() -> None:
    text = told(["prompt.background=Students are small. {They} learn fast."])
    assert "# More about this run\n\nStudents are small. {They} learn fast.\n" in text


def test_every_tool_is_named_and_no_tool_that_there_is_not() -> None:
    listed = re.search(r"each of them says precisely what it does\.\n\n(.*?)\n\n", told(), re.S)
    assert listed is not None
    heads = [line.split(":")[0] for line in listed.group(1).splitlines() if line.startswith("- ")]
    assert {name for head in heads for name in re.findall(r"`(\w+)`", head)} == set(TOOLS)
    assert all(isinstance(tool.spec, ToolSpec) for tool in TOOLS.values())


def test_the_files_of_a_task_are_named_as_they_are() -> None:
    text = told()
    for name in (lab_task.POOL, lab_task.WEAK_LABELS, lab_task.CARD):
        assert f"`{name}`" in text
    assert set(prompt.TASKS) == set(TASKS)


def test_the_facts_are_those_of_the_task_and_the_recipe() -> None:
    text = told(["claude.chapter_tokens=90000", "scorer.queries=17", "compute.slots=3", "sandbox.timeout_s=7200"])
    for words in ("0.722 here", "0.995 here", "about 90,000 tokens", "get 17 scores", "3 run at a time",
                  "up to 2 hours", "It has no network."):  # fmt: skip
        assert words in text, words


def test_held_out_domains_are_announced_and_not_named() -> None:
    assert "domains that you have not seen" in told() and "math" not in told()
    assert "domains that you have not seen" not in told(["replication.held_out=false"])


@pytest.mark.parametrize(
    ("policy", "words"),
    [("best-of-each", "best submission of each"), ("leader", "leads the board"), ("none", "A person may have any")],
)
def test_what_is_run_again_is_said_as_the_recipe_has_it(policy: str, words: str) -> None:
    assert words in told([f"replication.policy={policy}", "replication.seeds=1"])
    assert "1 fresh seed that" in told([f"replication.policy={policy}", "replication.seeds=1"])


def test_limits_are_said_in_words_the_researchers_own_and_the_fleets() -> None:
    own = ["budget.researcher.usd=12.5", "budget.researcher.minutes=90", "budget.researcher.turns=1",
           "budget.researcher.submissions=0", "budget.fleet.usd=1234", "budget.fleet.minutes=1440"]  # fmt: skip
    quick = RECIPES / "quickstart.toml"
    assert (
        "You may use $12.50 for calls to a model, 90 minutes of time in which you are not paused, 1 turn, "
        "24 experiments and no submissions.\n"
        "All of you together may use $1,234.00 for calls to a model and 24 hours of time in which you are not paused.\n"
    ) in told(own, recipe=quick)
    bare = loads('[[researchers]]\nmind = "search"\n', source="bare")
    text = system_prompt(bare, state_of(bare), "r1")
    assert "No limit is set for you alone.\n\n# What is measured" in text
    assert "r1, an autonomous researcher who works alone." in text and prompt.NO_DIRECTION in text


def test_a_way_out_of_the_sandbox_and_rounds_are_told_where_they_are() -> None:
    text = told(['sandbox.egress=["pypi.org:443", "*.hub.org:443"]', "schedule.kind=rounds"])
    assert "proxy, named by HTTP_PROXY and HTTPS_PROXY, to pypi.org:443 and *.hub.org:443." in text
    assert "It has no network" not in text and "goes in rounds" in text
    assert "goes in rounds" not in told()


def test_no_chapter_opens_before_the_task_stands() -> None:
    with pytest.raises(ValueError, match="task must stand"):
        system_prompt(load(PUBLISHED), RunState(), "r1")
