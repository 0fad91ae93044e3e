"""Writes a readable method.py from ingredients: which labels x which pairs x which loss.

For the `search` researcher, and for people who want a starting point. Pure text: importing this loads neither torch nor
numpy, and the legal values are read from the source of methods/ingredients.py, so that they cannot drift.
"""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from .errors import LabError

SHARES = (0.25, 0.5, 0.75)
SHARED = ("weak_confident", "prior_confident", "confident_agreement")
"""The selections that use `share`."""
_SOURCE = Path(__file__).parent / "methods" / "ingredients.py"
_TABLES = {"LABELS": "labels", "KEEP": "keep", "LOSSES": "loss"}


class BadIngredient(LabError):
    """An ingredient that does not exist."""


@cache
def menu() -> dict[str, dict[str, str]]:
    """{"labels" | "keep" | "loss": {value: one-line description}}, in the order of ingredients.py."""
    module = ast.parse(_SOURCE.read_text())
    words = {
        function.name: said.splitlines()[0]
        for function in module.body
        if isinstance(function, ast.FunctionDef) and (said := ast.get_docstring(function))
    }
    found: dict[str, dict[str, str]] = {}
    for node in module.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in _TABLES:
            assert isinstance(node.value, ast.DictComp)
            names = node.value.generators[0].iter
            assert isinstance(names, ast.Tuple)
            found[_TABLES[node.target.id]] = {n.id: words[n.id] for n in names.elts if isinstance(n, ast.Name)}
    return found


@dataclass(frozen=True, slots=True)
class Ingredients:
    """One method in four words. `share` matters only for the selections in SHARED. Raises BadIngredient."""

    labels: str = "weak_hard"
    keep: str = "everything"
    loss: str = "plain"
    share: float = 0.5

    def __post_init__(self) -> None:
        for name, values in menu().items():
            if getattr(self, name) not in values:
                raise BadIngredient(f"{name} = {getattr(self, name)!r}; use one of {', '.join(values)}")
        if not 0 < self.share <= 1:
            raise BadIngredient(f"share = {self.share}; use a number in (0, 1]")

    @property
    def name(self) -> str:
        """A short name that tells the method, "prior_hard+prior_confident(0.5)+plain"."""
        share = f"({self.share:g})" if self.keep in SHARED else ""
        return f"{self.labels}+{self.keep}{share}+{self.loss}"

    def source(self) -> str:
        """The text of a method.py."""
        share = f"\nSHARE = {self.share:g}\n" if self.keep in SHARED else ""
        argument = "SHARE" if self.keep in SHARED else "1.0"
        told = menu()
        return _TEMPLATE.format(
            **asdict(self) | {"share": share, "argument": argument, "name": self.name},
            labels_told=told["labels"][self.labels],
            keep_told=told["keep"][self.keep],
            loss_told=told["loss"][self.loss],
        )


def all_ingredients() -> Iterator[Ingredients]:
    """Every combination, in a fixed order; shares only where they matter."""
    tables = menu()
    for labels, keep, loss in itertools.product(tables["labels"], tables["keep"], tables["loss"]):
        plain = Ingredients(labels, keep, loss)
        yield from (replace(plain, share=s) for s in SHARES) if keep in SHARED else [plain]


_TEMPLATE = '''\
"""{name}

Teaches {labels_told};
on {keep_told};
by {loss_told}.
Composed from aarctl.lab.methods.ingredients, where each part is a few lines and names its source.
"""

from pathlib import Path

from aarctl.lab import Task, fit, save_student
from aarctl.lab.methods import ingredients as use
{share}

def train(task: Task, seed: int, out: Path) -> None:
    view = use.View(task, seed)
    targets = use.{labels}(view)
    keep = use.{keep}(view, {argument})
    model, tokenizer = task.base()
    fit(task, model, tokenizer, targets.tolist(), seed, keep=keep, loss=use.{loss})
    save_student(
        model,
        out,
        task=task,
        seed=seed,
        card={{
            "claim": "{name} recovers more of the gap than vanilla.",
            "mechanism": "Labels: {labels_told}. Pairs: {keep_told}. Loss: {loss_told}.",
            "evidence": "Screening in this workspace; scores and replications on the board.",
            "ablation": "Change one of the three parts back to vanilla's.",
        }},
    )
'''
