"""`run`'s making of a run, `validate --json`, and the shapes of `task build` and `baselines`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from aarctl import recipe
from aarctl.cli import baselines, recipe_shapes, shapes
from aarctl.cli import run as running
from aarctl.cli.task import domains
from aarctl.home import Home, TaskPaths
from aarctl.journal.verify import verify
from aarctl.supervisor.task import spec_of

from .conftest import QUICKSTART, Aarctl


def test_a_new_run_is_complete_and_takes_the_next_free_name(home: Home) -> None:
    read = recipe.load(QUICKSTART)
    first, second, third = (running.create(home, read, None) for _ in range(3))
    assert [each.name for each in (first, second, third)] == ["quickstart", "quickstart-2", "quickstart-3"]
    assert recipe.load(second.recipe) == read
    assert verify(second.root).events == 0


def test_a_valid_recipe_is_said_to_be_so(aarctl: Aarctl) -> None:
    done = aarctl("validate", str(QUICKSTART), "--json")
    found = msgspec.json.decode(done.stdout, type=recipe_shapes.Validation)
    assert (found.valid, found.name, found.researchers, found.problems) == (True, "quickstart", ["r1", "r2", "r3"], [])


def test_every_mistake_of_a_recipe_stands_in_the_json_and_on_stderr(aarctl: Aarctl, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[task]\nname = "two-auhtor"\n[[researchers]]\nmind = "serch"\n')
    done = aarctl("validate", str(bad), "--json")
    assert done.exit_code == 1
    found = msgspec.json.decode(done.stdout, type=recipe_shapes.Validation)
    assert not found.valid
    assert [each.place for each in found.problems] == [f"{bad}:2", f"{bad}:4"]
    assert len(done.stderr.splitlines()) == 2


ROW = {
    "domain": "code", "method": "vanilla", "seeds": [0, 1], "accuracy": [0.8, 0.82],
    "pgr": {"per_seed": [0.2, 0.3], "mean": 0.25, "interval": [0.1, 0.4]}, "versus_vanilla": None, "cpu_s": 2.5,
}  # fmt: skip
BETTER = {
    **ROW, "method": "cross_fit", "versus_vanilla": {"mean": 0.1, "interval": [0.05, 0.15]},
}  # fmt: skip


def test_baselines_have_their_documented_shape() -> None:
    facts = [shapes.DomainRow(domain="code", weak=0.75, ceiling=0.99, test_items=1500)]
    found = baselines.shape("two-author@0123abcd", facts, [ROW, BETTER])
    read = msgspec.json.decode(json.dumps(msgspec.to_builtins(found)), type=shapes.Baselines)
    assert read == found
    assert (read.seeds, read.domains["code"].weak) == ([0, 1], 0.75)
    assert read.domains["code"].methods["vanilla"].versus_vanilla is None
    assert read.domains["code"].methods["cross_fit"].pgr.per_seed == [0.2, 0.3]


def test_the_fixed_accuracies_of_a_task_are_read_from_its_summary(tmp_path: Path) -> None:
    entry = {"n_test": 1500, "weak": {"accuracy": 0.75}, "ceiling": {"accuracy": 0.99}}
    (tmp_path / "task.json").write_text(json.dumps({"domains": {"code": entry}}))
    (row,) = domains(TaskPaths(tmp_path))
    assert row == shapes.DomainRow(domain="code", weak=0.75, ceiling=0.99, test_items=1500)


def test_a_task_that_the_home_has_is_found_and_not_built_again(aarctl: Aarctl, home: Home) -> None:
    there = home.task(spec_of(recipe.load(QUICKSTART)).full_name)
    there.root.mkdir(parents=True)
    entry = {"n_test": 1500, "weak": {"accuracy": 0.75}, "ceiling": {"accuracy": 0.99}}
    there.summary.write_text(json.dumps({"domains": {"code": entry, "math": entry}}))
    done = aarctl("task", "build", str(QUICKSTART), "--json")
    assert done.exit_code == 0, done.stderr
    found = msgspec.json.decode(done.stdout, type=shapes.TaskBuilt)
    assert (found.task, found.built, [each.domain for each in found.domains]) == (there.name, False, ["code", "math"])
