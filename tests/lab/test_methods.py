"""Every method trains on a real task, takes the same steps, and is deterministic given its seed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from aarctl.lab.compose import all_ingredients
from aarctl.lab.job import load_method
from aarctl.lab.task import Task

METHODS = Path(__file__).parents[2] / "aarctl" / "lab" / "methods"
NAMES = ("vanilla", "soft_labels", "confident_only", "prior_agreement", "cross_fit", "self_training")


@pytest.fixture
def public(tiny_folder: Path) -> Path:
    """The public folder of a tiny real task."""
    return tiny_folder / "public"


def weights(public: Path, method: str, seed: int, out: Path, fraction: float = 1.0) -> tuple[str, int]:
    """(sha256 of the student's weights, training steps taken)."""
    task = Task.load(public, fraction=fraction)
    load_method(METHODS / f"{method}.py").train(task, seed, out)
    return hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest(), len(task.trace)


@pytest.mark.parametrize("method", NAMES)
def test_every_method_trains_and_takes_no_more_than_the_tasks_steps(public: Path, tmp_path: Path, method: str) -> None:
    steps = Task.load(public).steps
    _, taken = weights(public, method, 1, tmp_path)
    # cross-fitting relabels with two students of a quarter of the steps each, inside or on top of its own; see its file
    assert taken == steps or (method == "cross_fit" and taken <= 1.5 * steps + 2)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(public: Path, tmp_path: Path) -> None:
    one, _ = weights(public, "vanilla", 1, tmp_path / "a")
    again, _ = weights(public, "vanilla", 1, tmp_path / "b")
    other, _ = weights(public, "vanilla", 2, tmp_path / "c")
    assert one == again != other


def test_a_screening_takes_its_share_of_the_steps(public: Path, tmp_path: Path) -> None:
    full = Task.load(public).steps
    _, taken = weights(public, "vanilla", 1, tmp_path, fraction=0.25)
    assert taken == max(1, round(0.25 * full)) or abs(taken - 0.25 * full) <= 1


def test_every_combination_of_ingredients_is_a_method_file_that_compiles() -> None:
    for method in all_ingredients():
        compile(method.source(), method.name, "exec")
