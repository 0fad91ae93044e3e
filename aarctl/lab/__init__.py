"""The weak-to-strong science: tasks, models, training, evaluation, methods.

Imported by sandboxes, the scorer and the task builder; imports nothing else of aarctl. Names are resolved on first
use, so that `import aarctl.lab` costs neither torch nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .build import build as build
    from .errors import BadModel as BadModel
    from .errors import BadSpec as BadSpec
    from .errors import BadTask as BadTask
    from .errors import LabError as LabError
    from .errors import NoGap as NoGap
    from .evaluate import accuracy as accuracy
    from .evaluate import margins as margins
    from .pgr import MIN_GAP as MIN_GAP
    from .pgr import Interval as Interval
    from .pgr import difference as difference
    from .pgr import interval as interval
    from .pgr import pgr as pgr
    from .spec import TaskSpec as TaskSpec
    from .student import BadStudent as BadStudent
    from .student import check_student as check_student
    from .student import load_student as load_student
    from .student import save_student as save_student
    from .task import Format as Format
    from .task import Labelled as Labelled
    from .task import Pair as Pair
    from .task import Task as Task
    from .train import bce as bce
    from .train import fit as fit
    from .vault import Vault as Vault

_HOME = {
    "build": ("build",),
    "errors": ("BadModel", "BadSpec", "BadTask", "LabError", "NoGap"),
    "evaluate": ("accuracy", "margins"),
    "pgr": ("MIN_GAP", "Interval", "difference", "interval", "pgr"),
    "spec": ("TaskSpec",),
    "student": ("BadStudent", "check_student", "load_student", "save_student"),
    "task": ("Format", "Labelled", "Pair", "Task"),
    "train": ("bce", "fit"),
    "vault": ("Vault",),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"aarctl.lab has no {name!r}; it offers {', '.join(__all__)}")
    value = getattr(import_module(f".{_MODULE[name]}", __name__), name)
    globals()[name] = value  # a submodule of the same name (build, pgr) must not shadow it on the next look
    return value
