"""Splits are drawn from a secret alone: no problem twice; nothing public leads back to a label or a hidden input."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aarctl.lab.build import build
from aarctl.lab.errors import BadTask
from aarctl.lab.pgr import MIN_GAP, check_gap, interval, pgr
from aarctl.lab.task import Task
from aarctl.lab.two_author.problems import DOMAINS
from aarctl.lab.two_author.splits import draw_split
from tests.fakes.tiny_task import SECRET, TINY, build_tiny_task

SPLITS = ("labelled", "validation", "pool", "test")


@settings(max_examples=10)
@given(st.binary(min_size=16, max_size=16), st.sampled_from(sorted(DOMAINS)))
def test_no_problem_stands_in_two_splits_and_labels_are_balanced(secret: bytes, name: str) -> None:
    used: set[str] = set()
    drawn = {split: draw_split(DOMAINS[name], secret, split, 200, 0.6, used) for split in SPLITS}
    prompts = [item.pair.prompt for items in drawn.values() for item in items]
    assert len(set(prompts)) == len(prompts) == len(used)
    for items in drawn.values():
        assert sum(item.label for item in items) == 100
        assert all(item.pair.first != item.pair.second for item in items)


@pytest.mark.parametrize("name", sorted(DOMAINS))
def test_the_same_secret_draws_the_same_and_another_draws_others(name: str) -> None:
    def draw(secret: bytes) -> list[str]:
        return [item.pair.prompt for item in draw_split(DOMAINS[name], secret, "test", 50, 0.6, set())]

    assert draw(SECRET) == draw(SECRET)
    assert len(set(draw(SECRET)) & set(draw(bytes(16)))) < 10


def test_hidden_inputs_cannot_be_regenerated_from_anything_public(tiny_folder: Path) -> None:
    """Every guess of the secret that public files suggest, and a rebuilt Mersenne Twister, give another test split."""
    vault = tiny_folder / "vault"
    hidden = {json.loads(line)["prompt"] for line in (vault / "code" / "test.jsonl").read_text().splitlines()}
    public = b"".join(path.read_bytes() for path in sorted((tiny_folder / "public").glob("*.json*")))
    card = json.loads((tiny_folder / "public" / "task.json").read_text())
    guesses = [
        b"", bytes(16), tiny_folder.name.encode(), card["version"].encode(), card["base_sha256"].encode(),
        bytes.fromhex(card["base_sha256"])[:16], hashlib.sha256(public).digest(),
        (tiny_folder / "task.json").read_bytes(),
        *(str(seed).encode() for seed in range(50)),
    ]  # fmt: skip
    for guess in guesses:
        used: set[str] = set()
        for split, count in (("labelled", TINY.n_labelled), ("pool", TINY.n_pool), ("test", TINY.n_test)):
            guessed = draw_split(DOMAINS["code"], guess, split, count, TINY.near, used)
        assert len({item.pair.prompt for item in guessed} & hidden) < TINY.n_test / 10
    for seed in range(20):
        twister, domain = random.Random(seed), DOMAINS["code"]
        assert len({f"{domain.draw(twister).question} =" for _ in range(500)} & hidden) < TINY.n_test / 4


def test_a_built_task_is_found_again_and_its_secret_is_its_own(tiny_folder: Path, tmp_path: Path) -> None:
    before = (tiny_folder / "vault" / "secret").read_text()
    assert build_tiny_task(tiny_folder.parents[1]) == tiny_folder
    assert (tiny_folder / "vault" / "secret").read_text() == before
    assert (tiny_folder / "vault").stat().st_mode & 0o077 == 0
    other = build(TINY, tmp_path, run="tests")
    assert (other / "vault" / "secret").read_text() != before


@pytest.mark.parametrize("field", ["label", "truth", "answer"])
def test_a_public_file_with_a_field_too_many_is_refused_with_its_line(
    tiny_folder: Path, tmp_path: Path, field: str
) -> None:
    import shutil

    copy = tmp_path / "public"
    shutil.copytree(tiny_folder / "public", copy)
    pool = copy / "pool.jsonl"
    rows = [json.loads(line) for line in pool.read_text().splitlines()]
    rows[2][field] = 1
    pool.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(BadTask, match=rf"pool\.jsonl:3.*{field}"):
        Task.load(copy).pool()


def test_a_gap_that_is_noise_is_refused_with_its_figure() -> None:
    with pytest.raises(Exception, match=r"0\.100"):
        check_gap(0.8, 0.9)
    assert pgr(0.8, 0.6, 1.0) == pytest.approx(0.5)
    assert MIN_GAP == 0.15


@given(st.integers(1, 5), st.integers(0, 1000))
def test_an_interval_holds_its_mean_and_narrows_with_items(students: int, seed: int) -> None:
    import numpy as np

    draw = np.random.default_rng(seed)
    for items in (50, 5_000):
        weak, ceiling = draw.random(items) < 0.6, draw.random((2, items)) < 0.98
        found = interval(draw.random((students, items)) < 0.8, weak, ceiling)
        assert found.lo <= found.mean <= found.hi
