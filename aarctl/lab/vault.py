"""The hidden half of a task version, for the builder, the scorer and the baselines only.

    secret                            128 bits in hex
    <domain>/{labelled,validation,test}.jsonl   {"id", "prompt", "first", "second", "label"}
    <domain>/pool_labels.jsonl        {"id", "label"}
    <domain>/correct.npz              weak_<split> bool [N], ceiling_<split> bool [S, N] for test and validation
Folders are 0700 and files 0600. Nothing here is ever mounted into a sandbox; what protects it there is the mount, not
these bits, since a sandbox may run as the same user.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import BadTask
from .task import Labelled, Pair, read_jsonl, write_jsonl

SPLITS = ("labelled", "validation", "test")
_FIELDS: dict[str, type] = {"id": str, "prompt": str, "first": str, "second": str, "label": int}


@dataclass(frozen=True, slots=True)
class Vault:
    """Reads and writes one vault folder."""

    folder: Path

    @classmethod
    def of(cls, task_folder: Path) -> "Vault":
        """The vault of <home>/tasks/NAME@VERSION. Raises BadTask when there is none."""
        folder = task_folder / "vault"
        if not folder.is_dir():
            raise BadTask(f"{folder} is missing; build the task on this machine")
        return cls(folder)

    @property
    def secret(self) -> bytes:
        """16 bytes. Raises BadTask when the file is damaged."""
        try:
            secret = bytes.fromhex((self.folder / "secret").read_text().strip())
        except (OSError, ValueError):
            secret = b""
        if len(secret) != 16:
            raise BadTask(f"{self.folder / 'secret'} does not hold 128 bits in hex; rebuild the task")
        return secret

    def split(self, domain: str, split: str) -> list[Labelled]:
        """The labelled pairs of "labelled", "validation" or "test", in file order. Raises BadTask."""
        path = self.folder / domain / f"{split}.jsonl"
        return [
            Labelled(
                Pair(id=row["id"], prompt=row["prompt"], first=row["first"], second=row["second"]),
                _label(path, n, row["label"]),
            )
            for n, row in read_jsonl(path, _FIELDS)
        ]

    def pool_labels(self, domain: str) -> dict[str, int]:
        """Label of every pair of the pool, by id. Raises BadTask."""
        path = self.folder / domain / "pool_labels.jsonl"
        return {row["id"]: _label(path, n, row["label"]) for n, row in read_jsonl(path, {"id": str, "label": int})}

    def correct(self, domain: str, split: str = "test") -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(weak [N], ceiling [S, N]): which items of "test" or "validation" are right, in the split's order."""
        with np.load(self.folder / domain / "correct.npz", allow_pickle=False) as held:
            return held[f"weak_{split}"], held[f"ceiling_{split}"]

    def create(self, secret: bytes) -> None:
        """Makes the folder and stores the secret; for the builder."""
        self.folder.mkdir(mode=0o700)
        self._private("secret").write_text(secret.hex() + "\n")

    def write_split(self, domain: str, split: str, items: Sequence[Labelled]) -> None:
        """Stores one labelled split; for the builder."""
        write_jsonl(self._private(f"{domain}/{split}.jsonl"), [asdict(i.pair) | {"label": i.label} for i in items])

    def write_pool_labels(self, domain: str, items: Sequence[Labelled]) -> None:
        """Stores the pool's truth; for the builder."""
        rows = [{"id": i.pair.id, "label": i.label} for i in items]
        write_jsonl(self._private(f"{domain}/pool_labels.jsonl"), rows)

    def write_correct(self, domain: str, correct: dict[str, NDArray[np.bool_]]) -> None:
        """Stores what weak and ceiling got right, {"weak_<split>" [N], "ceiling_<split>" [S, N]}; for the builder."""
        with self._private(f"{domain}/correct.npz").open("wb") as f:
            np.savez_compressed(f, allow_pickle=False, **correct)

    def _private(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        return path

    def __repr__(self) -> str:
        return f"Vault({self.folder})"


def _label(path: Path, number: int, value: int) -> int:
    if value not in (0, 1):
        raise BadTask(f"{path.name}:{number}: label = {value}; use 1 when first is right, else 0")
    return value
