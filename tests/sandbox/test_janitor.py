"""The janitor removes what is ours and ownerless, says what it keeps and why, and touches nothing else."""

from __future__ import annotations

from itertools import product

import pytest

from aarctl.sandbox.census import Kind, Owner, Trace
from aarctl.sandbox.janitor import YOUNG_S, plan

NOW = 1_000_000.0
OWNERS: tuple[Owner, ...] = ("supervisor", "interrupted", "over", "gone", "nobody")
KINDS: tuple[Kind, ...] = ("process", "container", "volume")


def trace(kind: Kind, run: str = "demo", name: str = "r1", age_s: float = 3600.0) -> Trace:
    return Trace(run, name, kind, f"{kind}-1", "docker", "running", NOW - age_s)


def goes(one: Trace, owner: Owner, **options: bool) -> bool:
    found = plan([one], {one.run: owner}, NOW, **options)
    assert len(found.remove) + len(found.keep) == 1
    return bool(found.remove)


@pytest.mark.parametrize(
    ("owner", "kind", "plain", "all_runs", "volumes", "both"),
    [
        ("supervisor", "process", 0, 0, 0, 0),
        ("supervisor", "container", 0, 0, 0, 0),
        ("supervisor", "volume", 0, 0, 0, 0),
        ("interrupted", "process", 1, 1, 1, 1),
        ("interrupted", "container", 0, 1, 0, 1),
        ("interrupted", "volume", 0, 0, 0, 1),
        ("over", "process", 1, 1, 1, 1),
        ("over", "container", 1, 1, 1, 1),
        ("over", "volume", 0, 0, 1, 1),
        ("gone", "process", 1, 1, 1, 1),
        ("gone", "container", 1, 1, 1, 1),
        ("gone", "volume", 0, 0, 1, 1),
        ("nobody", "process", 1, 1, 1, 1),
        ("nobody", "container", 1, 1, 1, 1),
        ("nobody", "volume", 1, 1, 1, 1),
    ],
)
def test_what_goes_depends_on_who_answers_for_it_and_on_what_was_asked(
    owner: Owner, kind: Kind, plain: int, all_runs: int, volumes: int, both: int
) -> None:
    one = trace(kind)
    asked = [{}, {"all_runs": True}, {"volumes": True}, {"all_runs": True, "volumes": True}]
    assert [goes(one, owner, **options) for options in asked] == [bool(x) for x in (plain, all_runs, volumes, both)]


def test_whatever_is_asked_nothing_of_a_living_supervisor_goes_and_each_thing_kept_has_a_reason() -> None:
    for kind, all_runs, volumes in product(KINDS, (False, True), (False, True)):
        found = plan([trace(kind)], {"demo": "supervisor"}, NOW, all_runs=all_runs, volumes=volumes)
        assert not found.remove and "alive" in found.keep[0].why


def test_what_an_interrupted_run_could_go_on_with_names_the_command_that_does() -> None:
    assert "`aarctl run --resume demo`" in plan([trace("container")], {"demo": "interrupted"}, NOW).keep[0].why


def test_a_probe_that_may_be_running_is_left_alone() -> None:
    assert not goes(trace("container", age_s=YOUNG_S / 2), "nobody", all_runs=True)


def test_task_data_that_sandboxes_share_goes_only_when_volumes_are_asked_for() -> None:
    shared = trace("volume", run="", name="")
    assert not goes(shared, "nobody") and goes(shared, "nobody", volumes=True)
