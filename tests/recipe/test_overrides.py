"""`--set k=v`: typed by the field, after the file, with its own place in messages."""

import pytest

from aarctl.recipe import Recipe, RecipeError, loads

TEXT = """\
name = "base"
[budget.fleet]
minutes = 5
[[researchers]]
direction = "one"
[[researchers]]
direction = "two"
"""


def with_set(*overrides: str) -> Recipe:
    return loads(TEXT, source="base.toml", overrides=overrides)


def refused(*overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        with_set(*overrides)
    return str(caught.value).splitlines()


def test_words_need_no_quotes_and_may_have_them() -> None:
    recipe = with_set("schedule.kind=rounds", 'sandbox.backend="process"', "compute.slots=auto")
    assert (recipe.schedule.kind, recipe.sandbox.backend, recipe.compute.slots) == (
        "rounds",
        "process",
        "auto",
    )


def test_text_that_looks_like_a_number_stays_text() -> None:
    assert with_set("name=123", "researchers.r1.direction=2.5").researchers[0].direction == "2.5"
    assert with_set("name=123").name == "123"


def test_text_may_hold_an_equals_sign_and_quotes() -> None:
    assert with_set('researchers.r2.direction=say "a=b" twice').researchers[1].direction == 'say "a=b" twice'


def test_numbers_truth_values_and_arrays_are_written_as_in_toml() -> None:
    recipe = with_set(
        "seed=7", "compute.slots=2", "replication.held_out=false", "task.held_out=[]", "sandbox.memory_gb=1"
    )
    assert (recipe.seed, recipe.compute.slots, recipe.replication.held_out) == (7, 2, False)
    assert (recipe.task.held_out, recipe.sandbox.memory_gb) == ((), 1.0)


def test_a_researcher_is_named_by_its_id() -> None:
    recipe = with_set("researchers.r2.mind=scripted", "researchers.r2.budget.turns=3")
    assert [r.mind for r in recipe.researchers] == ["search", "scripted"]
    assert recipe.limits("r2").turns == 3 and recipe.limits("r1").turns is None


def test_none_takes_a_limit_away_but_is_a_word_where_words_are_meant() -> None:
    recipe = with_set("budget.fleet.minutes=none", "replication.policy=none")
    assert recipe.budget.fleet.minutes is None and recipe.replication.policy == "none"


def test_the_last_of_several_wins() -> None:
    assert with_set("seed=1", "seed=2").seed == 2


def test_a_table_can_be_set_whole() -> None:
    assert with_set("budget.researcher={turns = 4}").budget.researcher.turns == 4


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("seed", '--set: "seed" is not KEY=VALUE; write it like search.candidates=3'),
        ("=3", '--set: "=3" is not KEY=VALUE; '),
        ("search.candidate=3", "--set: search.candidate, unknown key; did you mean candidates?"),
        ("seed.x=3", "--set: seed.x, unknown key; seed has no fields of its own"),
        ("search.candidates=99", "--set: search.candidates = 99, at most 64; "),
        ("budget.fleet.turns=many", '--set: budget.fleet.turns = "many", not a whole number; '),
        ("budget.fleet.turns=none.", '--set: budget.fleet.turns = "none.", not a whole number; '),
        ("seed=none", '--set: seed = "none", not a whole number; '),
        (
            "researchers.r3.mind=search",
            '--set: researchers.r3.mind, no researcher "r3"; the recipe has r1, r2',
        ),
        ("researchers.r1={}", "--set: researchers.r1, a whole researcher cannot be set; "),
        ("search.promote=8", "--set: search.promote = 8, at most the 4 candidates; "),
        ("name=\x1b[2J", '--set: "name", has control characters; '),
    ],
)
def test_a_wrong_override_names_set_and_the_fix(override: str, line: str) -> None:
    (told,) = refused(override)
    assert told.startswith(line) and told.isprintable()


def test_an_override_replaces_a_mistake_of_the_file() -> None:
    assert loads("seed = -1\n" + TEXT, source="a.toml", overrides=["seed=3"]).seed == 3


def test_mistakes_of_the_file_come_before_those_of_the_command_line() -> None:
    with pytest.raises(RecipeError) as caught:
        loads("seed = -1\n" + TEXT, source="a.toml", overrides=["search.promote=0", "x"])
    assert [p.place for p in caught.value.problems] == ["a.toml:1", "--set", "--set"]


def test_an_override_below_something_that_is_no_table_is_refused() -> None:
    with pytest.raises(RecipeError) as caught:
        loads("search = 3\n" + TEXT, source="a.toml", overrides=["search.promote=1"])
    assert [p.place for p in caught.value.problems] == ["a.toml:1", "--set"]
