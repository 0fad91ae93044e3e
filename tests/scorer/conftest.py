"""The tiny real task version, built once for the room, and students made from its base."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from aarctl.lab.student import save_student
from aarctl.lab.task import Task
from aarctl.scorer.protocol import Score
from aarctl.scorer.vault import Vault
from tests.fakes.tiny_task import TINY, tiny_home

SNAPSHOT = "0123456789abcdef"

MakeStudent = Callable[..., str]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one task version; no test writes into the task."""
    return tiny_home(tmp_path_factory)


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    """A home of the test's own with the same task."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "tasks").symlink_to(built / "tasks")
    return tmp_path / "home"


@pytest.fixture
def name() -> str:
    """NAME@VERSION of the task."""
    return TINY.full_name


@pytest.fixture
def vault(home: Path, name: str) -> Vault:
    """The task's vault."""
    return Vault(home / "tasks" / name)


@pytest.fixture
def task(vault: Vault) -> Task:
    """The public feedback domain."""
    return vault.task(vault.feedback)


@pytest.fixture
def student(task: Task, tmp_path: Path) -> MakeStudent:
    """student(seed, noise=0.02): the base plus seeded noise, saved; returns its folder."""

    def make(seed: int, noise: float = 0.02, where: str = "students") -> str:
        model, _ = task.base()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for p in model.parameters():
                p.add_(noise * torch.randn(p.shape, generator=generator))
        out = tmp_path / where / str(seed)
        save_student(model, out, task=task, seed=seed, card={"claim": "noise does not help"})
        return str(out)

    return make


@pytest.fixture
def ask(student: MakeStudent) -> Callable[..., Score]:
    """ask(submission="s1", seeds=(1, 2), **fields): a feedback request on freshly made students."""

    def make(submission: str = "s1", seeds: tuple[int, ...] = (1, 2), **fields: object) -> Score:
        students = [student(seed) for seed in seeds]
        given = {
            "students": students,
            "method_snapshot": SNAPSHOT,
            "domain": "code",
            "researcher": "r1",
        } | fields
        return Score(submission=submission, **given)  # type: ignore[arg-type]

    return make
