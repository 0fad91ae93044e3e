"""The documents say what the commands are, or this fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from aarctl.cli.main import NAMES

from .conftest import Aarctl

ROOT = Path(__file__).parents[2]


def test_the_reference_is_what_the_commands_say() -> None:
    made = subprocess.run([sys.executable, "-m", "aarctl.cli.reference"], capture_output=True, text=True, check=True)
    kept = (ROOT / "docs" / "cli.md").read_text()
    assert made.stdout == kept, "regenerate it: python -m aarctl.cli.reference > docs/cli.md"


@pytest.mark.parametrize("command", NAMES)
def test_every_command_has_help_and_stands_in_the_reference(aarctl: Aarctl, command: str) -> None:
    told = aarctl(command, "--help")
    assert told.exit_code == 0 and len(told.stdout) > 100
    assert f"aarctl {command}" in (ROOT / "docs" / "cli.md").read_text()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_what_the_documents_name_is_there(document: str) -> None:
    text = (ROOT / document).read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?\bmake ([a-z]+)`?", text)) <= targets | {"a"}
    assert set(re.findall(r"aarctl ([a-z]+) [a-zA-Z]", text)) - {"runs", "is", "lacks"} <= set(NAMES)
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link


def test_a_command_that_is_named_first_needs_no_other() -> None:
    code = "import sys; sys.argv = ['aarctl', 'attach', '--help']; from aarctl.cli.main import main; main()"
    check = "import atexit, sys; atexit.register(lambda: print([m for m in sys.modules if m == 'aarctl.cli.board']))"
    told = subprocess.run([sys.executable, "-c", f"{check}; {code}"], capture_output=True, text=True, check=True)
    assert "aarctl attach" in told.stdout and told.stdout.endswith("[]\n")


def test_help_needs_neither_torch_nor_textual() -> None:
    heavy = "('torch', 'textual', 'numpy')"
    made = "import sys; from aarctl.cli.main import application; application()"
    code = f"{made}; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
