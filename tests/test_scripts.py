"""The scripts behind the Makefile, as far as they decide anything."""

import re
import subprocess
from pathlib import Path

import pytest

from scripts.free_name import free_name

ROOT = Path(__file__).parents[1]


def test_a_demo_takes_the_first_free_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AARCTL_HOME", str(tmp_path))
    assert free_name("demo") == "demo"
    for taken in ("demo", "demo-2", "demo-4"):
        (tmp_path / "runs" / taken).mkdir(parents=True)
    assert free_name("demo") == "demo-3"


def test_make_alone_lists_every_command_of_the_makefile() -> None:
    listed = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert declared
    assert set(declared.group(1).split()) == set(re.findall(r"^  make (\w+)", listed, re.MULTILINE))


@pytest.mark.parametrize("script", ["scripts/setup", "scripts/test_base", ".ci/run"])
def test_a_shell_script_parses_and_may_be_executed(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
    assert (ROOT / script).stat().st_mode & 0o111
