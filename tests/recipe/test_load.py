"""Reading a recipe: what is filled in, what comes back, and that every mistake is named with its line and
fix.
"""

from pathlib import Path

import msgspec
import pytest

from aarctl.recipe import Limits, Recipe, RecipeError, load, loads

ONE = '[[researchers]]\ndirection = "look"\n'


def lines_of(text: str, *overrides: str) -> list[str]:
    """The error lines of a recipe that must be refused."""
    with pytest.raises(RecipeError) as caught:
        loads(text, source="quickstart.toml", overrides=overrides)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return str(caught.value).splitlines()


def only_line_of(text: str, *overrides: str) -> str:
    (line,) = lines_of(text, *overrides)
    return line


def test_one_researcher_is_a_whole_recipe_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "My first.toml"
    path.write_text(ONE)
    recipe = load(path)
    assert recipe.name == "my-first"
    assert [(r.id, r.mind) for r in recipe.researchers] == [("r1", "search")]
    assert recipe.budget.fleet == Limits()


def test_researchers_without_an_id_take_the_first_free_ones() -> None:
    recipe = loads(ONE + '[[researchers]]\nid = "r1"\n' + ONE, source="a.toml")
    assert [r.id for r in recipe.researchers] == ["r2", "r1", "r3"]


def test_the_limits_of_a_researcher_are_its_own_over_the_shared_ones() -> None:
    text = "[budget.researcher]\nturns = 9\nsubmissions = 2\n" + ONE + "budget = { submissions = 0, usd = 1 }\n" + ONE
    recipe = loads(text, source="a.toml")
    assert recipe.limits("r1") == Limits(turns=9, submissions=0, usd=1.0)
    assert recipe.limits("r2") == recipe.limits("r9") == Limits(turns=9, submissions=2)


def test_a_recipe_is_frozen() -> None:
    recipe = loads(ONE, source="a.toml")
    with pytest.raises(AttributeError):
        recipe.seed = 3  # type: ignore[misc]


def test_whole_numbers_do_for_fields_with_fractions_and_come_back_as_floats() -> None:
    memory = loads(ONE + "[sandbox]\nmemory_gb = 2\n", source="a.toml").sandbox.memory_gb
    assert memory == 2.0 and isinstance(memory, float)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (
            "[scorer]\nstudents_max = 12",
            "scorer.students_max = 12, at most 5; lower it: a whole number from 1 to 5",
        ),
        (
            "[replication]\nseeds = 0",
            "replication.seeds = 0, at least 1; raise it: a whole number from 1 to 64",
        ),
        ("[sandbox]\npids = true", "sandbox.pids = true, not a whole number; "),
        ("[sandbox]\npids = 20.0", "sandbox.pids = 20.0, not a whole number; "),
        (
            "[search]\nscreen_fraction = 0",
            "search.screen_fraction = 0, above 0; raise it: a number above 0 and at most 1",
        ),
        ("[sandbox]\ntimeout_s = inf", "sandbox.timeout_s = inf, not finite; "),
        ("[sandbox]\nmemory_gb = nan", "sandbox.memory_gb = nan, not finite; "),
        ("[sandbox]\ncpus = 0", "sandbox.cpus = 0, at least 0.1; raise it: a number from 0.1 to 1,024"),
        ('[sandbox]\ncpus = "all"', 'sandbox.cpus = "all", not a number; '),
        ("[sandbox]\ndisk_gb = 0.01", "sandbox.disk_gb = 0.01, at least 0.1; "),
        ('[sandbox]\nbackend = "dokcer"', 'sandbox.backend = "dokcer", not a known word; did you mean "docker"?'),
        ('[sandbox]\nallow_unsafe = "yes"', 'sandbox.allow_unsafe = "yes", neither true nor false; '),
        (
            '[sandbox]\nbackend = "bubblewarp"',
            'sandbox.backend = "bubblewarp", not a known word; did you mean "bubblewrap"?',
        ),
        ("[sandbox]\nbackend = 1979-05-27", "sandbox.backend = 1979-05-27, not a known word; "),
        (
            '[compute]\nslots = "4"',
            'compute.slots = "4", not a known word; use "auto", or a whole number from 1 to 1,024',
        ),
        ("[compute]\nslots = 0", "compute.slots = 0, at least 1; "),
        ("[task]\nname = 3", 'task.name = 3, not text; write it in quotes: "3"'),
        ('[task]\nheld_out = "math"', 'task.held_out = "math", not an array; write it in brackets: ["math"]'),
        ("[task]\nfeedbck = 1", "task.feedbck, unknown key; did you mean feedback?"),
        (
            "[budget]\nturns = 4",
            "budget.turns, unknown key; it belongs in [budget.fleet] or [budget.researcher]",
        ),
        (
            "[sandbox]\nzzz = 4",
            "sandbox.zzz, unknown key; known here: backend, memory_gb, pids, cpus, disk_gb, timeout_s, allow_unsafe, "
            "egress",
        ),
        ("[claude]\nbase_url = 3", 'claude.base_url = 3, not text; write it in quotes: "3"'),
        ('[claude]\nbase_url = "example.org"', 'claude.base_url = "example.org", not allowed; use an http or https'),
        ("[claude]\neffort = 4", 'claude.effort = 4, not a known word; use "high" or '),
        ('[claude]\nmax_tokens = "x"', 'claude.max_tokens = "x", not a whole number; write a whole number from 1,000'),
        ('[claude]\nmodel = "a b"', 'claude.model = "a b", not allowed; use letters, digits, '),
        ("[claude]\nchapter_tokens = 2_000_000", "claude.chapter_tokens = 2000000, with max_tokens = 32000 above "),
        ("[sandboxes]\npids = 4", "sandboxes, unknown key; did you mean sandbox?"),
    ],
)
def test_a_wrong_field_is_explained_with_its_line_its_value_and_the_fix(table: str, line: str) -> None:
    number = 3 if table.startswith("[sandboxes]") else 4
    assert only_line_of(ONE + table).startswith(f"quickstart.toml:{number}: {line}")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('[compute]\nengine = "ray"', 'the Ray engine is not in this version; use "local"'),
        (
            '[scorer]\nscoring = "predictions"',
            'scoring by predictions is not in this version; use "students"',
        ),
        ('[[researchers]]\nmind = "recorded"', "the recorded mind is not in this version; use "),
    ],
)
def test_a_word_of_a_later_version_is_known_and_refused(table: str, sentence: str) -> None:
    line = only_line_of(ONE + table)
    assert line.startswith("quickstart.toml:4: ") and sentence in line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("seed = 1\n", "quickstart.toml:1: researchers, there are none; add [[researchers]]"),
        ("researchers = []\n", "quickstart.toml:1: researchers = 0 tables, at least 1; add [[researchers]]"),
        ('[researchers]\nmind = "search"\n', "write [[researchers]] with double brackets"),
        (
            "researchers = [3]\n",
            "quickstart.toml:1: researchers.0 = 3, not a table; open it with a line [[researchers]]",
        ),
        ("budget = 3\n" + ONE, "quickstart.toml:1: budget = 3, not a table; open it with a line [budget]"),
        (ONE * 12, "quickstart.toml:1: researchers = 12 tables, at most 9; remove 3"),
        (
            ONE + 'id = "r2"\n' + ONE + 'id = "r2"\n',
            'quickstart.toml:6: researchers.r2.id = "r2", taken already; ',
        ),
        (ONE + 'id = "bob"\n', 'quickstart.toml:3: researchers.bob.id = "bob", not allowed; use r1 to r9'),
        (
            "[schedule]\nrounds = 3\n" + ONE,
            "quickstart.toml:2: schedule.rounds = 3, a free schedule has no rounds; ",
        ),
        (
            "[search]\npromote = 9\n" + ONE,
            "quickstart.toml:2: search.promote = 9, at most the 4 candidates; ",
        ),
        ('[task]\nname = "three-author"\n' + ONE, "no such task; did you mean two-author?"),
        ('[task]\nfeedback = "cod"\nheld_out = []\n' + ONE, "no such domain; did you mean code?"),
        (
            '[task]\nheld_out = [\n  "math",\n  "code",\n]\n' + ONE,
            'quickstart.toml:4: task.held_out.1 = "code", also the feedback',
        ),
        ('[task]\nheld_out = ["math", "math"]\n' + ONE, 'task.held_out.1 = "math", named twice; remove one'),
    ],
)
def test_what_does_not_fit_together_is_explained(text: str, line: str) -> None:
    assert line in only_line_of(text)


def test_all_mistakes_are_listed_at_once_in_the_order_of_the_file() -> None:
    text = 'seed = -1\n[sandbox]\npids = 0\nbackend = "chroot"\n[search]\npromote = 9\n' + ONE + "mood = 1\n"
    places = [line.split(": ")[1].split(" ")[0].rstrip(",") for line in lines_of(text)]
    assert places == ["seed", "sandbox.pids", "sandbox.backend", "search.promote", "researchers.r1.mood"]


def test_a_mistake_hides_its_own_consequences() -> None:
    assert "candidates" not in only_line_of("[search]\ncandidates = 0\npromote = 9\n" + ONE).split(" = ")[1]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("seed = 1\nname = \n", "quickstart.toml:2: not TOML: "),
        ('a = 1\n\nb = """', "quickstart.toml:3: not TOML: "),
    ],
)
def test_broken_toml_is_reported_with_its_line(text: str, place: str) -> None:
    assert only_line_of(text).startswith(place)


def test_a_missing_file_a_folder_and_other_bytes_are_sentences(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"name = '\xff'")
    for path, why in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "is a directory"),
        (binary, "not UTF-8"),
    ):
        with pytest.raises(RecipeError, match=why):
            load(path)


def test_a_value_cannot_send_control_codes_to_the_screen() -> None:
    text = 'name = "\\u001b[2J\\u202e"\n"\\u001b]0;x\\u0007" = 1\n' + ONE
    assert all(line.isascii() and line.isprintable() for line in lines_of(text))


def test_msgspec_holds_the_same_ranges_when_a_stored_recipe_is_decoded() -> None:
    plain = msgspec.to_builtins(loads(ONE, source="a.toml"))
    assert msgspec.convert(plain, Recipe, strict=True).researchers[0].direction == "look"
    plain["replication"]["seeds"] = 0
    with pytest.raises(msgspec.ValidationError, match=r"replication\.seeds"):
        msgspec.convert(plain, Recipe)


def test_an_answer_longer_than_the_models_context_and_a_model_for_a_program_are_refused() -> None:
    short = only_line_of(ONE + "[claude]\ncontext_tokens = 16000\nchapter_tokens = 9000")
    assert "claude.chapter_tokens = 9000, with max_tokens = 32000 above context_tokens = 16000; " in short
    assert "a search mind is no language model; " in only_line_of(ONE + 'model = "claude-opus-5-5"')


def test_a_claude_researcher_without_isolation_is_refused_unless_forced() -> None:
    text = '[[researchers]]\nmind = "claude"\n[sandbox]\nbackend = "process"\n'
    assert "sandbox.backend" in only_line_of(text) and "allow_unsafe" in only_line_of(text)
    assert loads(text + "allow_unsafe = true\n", source="a.toml").sandbox.allow_unsafe
    assert loads(text + "[claude]\nrehearsal = true\n", source="a.toml").claude.rehearsal
