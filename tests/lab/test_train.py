"""The one training loop: bit-equal for one seed, equal steps for every method, and refusals in words."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from aarctl.lab import methods
from aarctl.lab.job import load_method
from aarctl.lab.models import weights_of
from aarctl.lab.task import Task, Training
from aarctl.lab.train import bce, fit, freeze
from tests.fakes.tiny_task import TINY


def trained(task: Task, seed: int = 0, *, steps: int = 3, flip: int | None = None, **more: object) -> dict[str, Tensor]:
    """Weights after a few steps on the weak labels; `flip` turns one label over."""
    targets = task.weak_labels()
    if flip is not None:
        targets[flip] = 1 - targets[flip]
    model, tokenizer = task.base()
    trace = fit(task, model, tokenizer, targets, seed, steps=steps, **more)  # type: ignore[arg-type]
    assert len(trace) == steps
    return weights_of(model)


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    assert a.keys() == b.keys()
    return all(torch.equal(a[name], b[name]) for name in a)


def test_one_seed_gives_the_same_bits_and_another_does_not(tiny_task: Task) -> None:
    first = trained(tiny_task, 7)
    torch.manual_seed(99)  # the global generator has no say
    assert equal(first, trained(tiny_task, 7))
    assert not equal(first, trained(tiny_task, 8))


def test_only_kept_pairs_and_relative_weights_matter(tiny_task: Task) -> None:
    n = TINY.n_pool
    kept = trained(tiny_task, keep=range(8))
    assert equal(kept, trained(tiny_task, keep=range(8), flip=20))
    assert not equal(kept, trained(tiny_task, keep=range(8), flip=2))
    weights = [1.0 + i % 3 for i in range(n)]
    weighted = trained(tiny_task, weights=weights)
    assert equal(weighted, trained(tiny_task, weights=[4 * w for w in weights]))
    assert not equal(weighted, trained(tiny_task))
    assert equal(trained(tiny_task, weights=[2.0] * n), trained(tiny_task))


def test_the_loss_falls_on_labels_that_can_be_learned(tiny_task: Task) -> None:
    model, tokenizer = tiny_task.base()
    trace = fit(tiny_task, model, tokenizer, [float(p > 0.5) for p in tiny_task.weak_labels()], 0, keep=range(16))
    assert len(trace) == tiny_task.steps and trace == tiny_task.trace
    assert sum(trace[-3:]) < 0.8 * sum(trace[:3])
    assert not model.training


@pytest.mark.parametrize("fraction", [1.0, 0.5])
@pytest.mark.parametrize("name", methods.NAMES)
def test_every_method_takes_exactly_the_tasks_steps(
    tiny_folder: Path, tmp_path: Path, name: str, fraction: float
) -> None:
    task = Task.load(tiny_folder / "public", fraction=fraction)
    load_method(methods.path(name)).train(task, 1, tmp_path / "out")
    assert len(task.trace) == task.steps == round(TINY.steps * fraction)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"model.safetensors", "student.json"}


def test_every_file_in_methods_is_a_named_method_or_the_ingredients() -> None:
    found = {p.stem for p in methods.path("vanilla").parent.glob("*.py")} - {"__init__", "ingredients"}
    assert found == set(methods.NAMES)
    with pytest.raises(ValueError, match="method = 'magic'; use one of vanilla"):
        methods.path("magic")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"targets": [1.0]}, "1 targets, 64 weights, 64 pairs"),
        ({"weights": [1.0] * 3}, "64 targets, 3 weights"),
        ({"keep": []}, "keep is empty"),
        ({"steps": 0}, "steps = 0; earlier fits"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(tiny_task: Task, more: dict[str, object], words: str) -> None:
    arguments = {"targets": [1.0] * TINY.n_pool} | more
    model, tokenizer = tiny_task.base()
    with pytest.raises(ValueError, match=words):
        fit(tiny_task, model, tokenizer, seed=0, **arguments)  # type: ignore[arg-type]
    assert tiny_task.trace == []


def test_a_fit_after_the_last_step_is_refused(tiny_task: Task) -> None:
    trained(tiny_task, steps=tiny_task.steps)
    model, tokenizer = tiny_task.base()
    with pytest.raises(ValueError, match="used the task's steps up"):
        fit(tiny_task, model, tokenizer, tiny_task.weak_labels(), 0)


def test_frozen_layers_stay_bit_equal_and_the_others_move(tiny_task: Task) -> None:
    before = weights_of(tiny_task.base()[0])
    tiny_task.training = Training(TINY.steps, TINY.batch, TINY.lr, frozen_layers=1)
    after = trained(tiny_task)
    held = {name for name in before if torch.equal(before[name], after[name])}
    lowest = {name for name in before if name.startswith(("model.embed_tokens.", "model.layers.0."))}
    assert lowest <= held
    assert any(name.startswith("model.layers.1.") for name in before.keys() - held)
    model, _ = tiny_task.base()
    freeze(model, 1)
    freeze(model, 0)
    assert all(p.requires_grad for p in model.parameters())


def test_bce_is_the_negative_log_likelihood_of_the_target() -> None:
    margins, targets = torch.tensor([0.0, 2.0, -3.0]), torch.tensor([1.0, 0.25, 0.0])
    p = torch.sigmoid(margins)
    expected = -(targets * p.log() + (1 - targets) * (1 - p).log())
    assert torch.allclose(bce(margins, targets, 0.0), expected, atol=1e-6)
