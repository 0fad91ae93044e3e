"""What a whole run leaves where researchers can look: no label, hidden input or secret of the vault."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from aarctl.home import Home, RunPaths
from aarctl.journal.reader import JournalReader

pytestmark = pytest.mark.xdist_group("whole-run")  # one worker makes the run that all of these look at


def hidden(vault: Path) -> dict[str, bytes]:
    """Strings that must be nowhere: the secret, and every hidden item's prompt with its two candidates."""
    found = {"secret": (vault / "secret").read_text().strip().encode()}
    for path in sorted(vault.glob("*/*.jsonl")):
        if path.name == "pool_labels.jsonl":
            continue  # names pool items, which are public; its labels are looked for below
        for line in path.read_text().splitlines():
            row = json.loads(line)
            found[f"{path.parent.name}/{path.stem}/{row['id']}"] = str(row["prompt"]).encode()
    return found


def leaked(secrets: dict[str, bytes], data: bytes, *, prompts: bool = True) -> list[str]:
    """Names of the secrets that `data` holds. "12 + 7" is no leak inside "112 + 7"."""
    found = []
    for name, secret in secrets.items():
        if not prompts and name != "secret":
            continue
        at = data.find(secret)
        while at >= 0 and data[at - 1 : at].isdigit():
            at = data.find(secret, at + 1)
        if at >= 0:
            found.append(name)
    return found


def visible(home: Home, run: RunPaths, task: str) -> list[Path]:
    """Every file that a sandbox of this run could see of the home."""
    paths = home.task(task)
    roots = [run.work, paths.public, *(paths.root / "held_out").glob("*/public")]
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def test_no_hidden_item_and_no_secret_is_in_any_file_that_a_sandbox_can_see(home: Home, finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        task = reader.state().task
    secrets = hidden(home.task(task).vault)
    assert len(secrets) > 1_000
    for path in visible(home, finished, task):
        # Weights hold no text: there only the secret is looked for.
        assert leaked(secrets, path.read_bytes(), prompts=path.suffix != ".safetensors") == [], path


def test_nothing_that_a_mind_was_told_holds_a_hidden_item(home: Home, finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        secrets = hidden(home.task(reader.state().task).vault)
        told = [
            reader.text(text)
            for record in reader.records(kinds=("chapter.opened", "tool.completed", "forum.posted"))
            for field in record.event.__struct_fields__
            if hasattr(text := getattr(record.event, field), "blob")
        ]
    assert len(told) > 50
    assert leaked(secrets, "\n".join(told).encode()) == []


def test_a_leak_would_be_found(home: Home, finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        secrets = hidden(home.task(reader.state().task).vault)
    planted = next(name for name in secrets if "/test/" in name)
    assert leaked(secrets, b"1 2 3 " + secrets[planted] + b" 4") == [planted]


def test_the_pools_labels_are_in_the_vault_alone(home: Home, finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        paths = home.task(reader.state().task)
    labels = {
        (row := json.loads(line))["id"]: row["label"]
        for line in (paths.vault / "code" / "pool_labels.jsonl").read_text().splitlines()
    }
    public = [json.loads(line) for line in (paths.public / "pool.jsonl").read_text().splitlines()]
    assert {row["id"] for row in public} == set(labels)
    assert all(set(row) == {"id", "prompt", "first", "second"} for row in public)
    # Neither the order of the file nor of the ids tells which candidate is right.
    for order in (public, sorted(public, key=lambda row: str(row["id"]))):
        answers = [labels[row["id"]] for row in order]
        share = sum(a == b for a, b in itertools.pairwise(answers)) / (len(answers) - 1)
        assert 0.35 < share < 0.65
