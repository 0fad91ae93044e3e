"""A vault as the scorer's process holds it: the secret, and hidden items with their labels.

lab/vault.py owns the files' format; in a run, only this process opens them. What is read here lives in its memory
and crosses to no other, and nothing of it is put into an error message.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aarctl.lab.errors import BadTask, NoGap
from aarctl.lab.pgr import check_gap
from aarctl.lab.task import Pair, Task
from aarctl.lab.vault import Vault as Store
from aarctl.scorer.errors import BadVault

FIX = "rebuild the task version with `aarctl task build`"


@dataclass(frozen=True, slots=True)
class Hidden:
    """The hidden test of one domain; N items in one order."""

    pairs: list[Pair]
    labels: NDArray[np.int64] = field(repr=False)
    """1 when `first` is right, else 0; [N]."""
    weak: NDArray[np.bool_] = field(repr=False)
    """Which items the weak teacher decides rightly; [N]."""
    ceiling: NDArray[np.bool_] = field(repr=False)
    """The same of each ceiling student; [S, N]."""

    @property
    def gap(self) -> float:
        """Ceiling minus weak accuracy."""
        return float(self.ceiling.mean() - self.weak.mean())


class Vault:
    """One task version's vault, opened by the scorer; domains are read when they are first asked for."""

    def __init__(self, root: Path) -> None:
        """root: <home>/tasks/<name>@<version>. Raises BadVault."""
        self.root = root
        try:
            card = json.loads((root / "task.json").read_bytes())
            self.feedback = str(card["feedback"])
            self.held_out = [str(name) for name in card["held_out"]]
            self._store = Store.of(root)
            self.secret = self._store.secret
        except (OSError, ValueError, KeyError, TypeError, BadTask) as e:
            raise BadVault(f"{root}: task.json or vault/secret is unreadable ({type(e).__name__}); {FIX}") from None
        self._hidden: dict[str, Hidden] = {}

    def __repr__(self) -> str:
        return f"Vault({self.root.name}, {', '.join(self.domains)})"

    @property
    def domains(self) -> list[str]:
        """The feedback domain, then those held out."""
        return [self.feedback, *self.held_out]

    def task(self, domain: str) -> Task:
        """The public side of a domain: format, base and its hash. Raises BadVault."""
        public = self.root / "public" if domain == self.feedback else self.root / "held_out" / domain / "public"
        try:
            return Task.load(public)
        except BadTask as e:
            raise BadVault(f"{self.root.name}/{domain}: {e}") from None

    def hidden(self, domain: str) -> Hidden:
        """The hidden test of `domain`. Raises BadVault, also when weak and ceiling are too close to score."""
        if domain not in self._hidden:
            self._hidden[domain] = _read(self._store, domain)
        return self._hidden[domain]


def _read(store: Store, domain: str) -> Hidden:
    try:
        items = store.split(domain, "test")
        weak, ceiling = store.correct(domain)
    except (OSError, ValueError, KeyError, BadTask) as e:
        # The class only: a message of the reader may quote the line, and with it a label.
        raise BadVault(f"vault of {domain} is unreadable ({type(e).__name__}); {FIX}") from None
    labels = np.array([item.label for item in items])
    weak, ceiling = weak.astype(bool), np.atleast_2d(ceiling.astype(bool))
    if len(items) < 2 or weak.shape != labels.shape or ceiling.shape[1:] != labels.shape:
        shapes = f"{len(items)} items, weak {weak.shape}, ceiling {ceiling.shape}"
        raise BadVault(f"vault of {domain}: {shapes} do not fit; {FIX}")
    try:
        check_gap(float(weak.mean()), float(ceiling.mean()), domain)
    except NoGap as e:
        raise BadVault(str(e)) from None
    return Hidden([item.pair for item in items], labels, weak, ceiling)
