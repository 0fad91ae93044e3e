"""`aarctl doctor`: an exit code that scripts can trust, and words that a person can act on."""

from __future__ import annotations

import msgspec
import pytest

from aarctl.cli import sandbox_shapes as shapes
from aarctl.cli.doctor import show
from aarctl.home import Home
from aarctl.sandbox.diagnosis import diagnose
from tests.sandbox.facts import BARE, BUBBLEWRAP

from .conftest import Aarctl

NOWHERE = "unix:///nonexistent/engine.sock"


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)


def test_with_nothing_to_isolate_with_it_fails_and_says_what_to_install(
    aarctl: Aarctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    told = aarctl("doctor")
    assert told.exit_code == 1
    assert told.stdout.startswith("UNSAFE: process: NOT ISOLATED")
    assert "install the package bubblewrap" in " ".join(told.stdout.split())


def test_json_has_its_shape_and_the_exit_code_says_whether_sandboxes_isolate(aarctl: Aarctl) -> None:
    told = aarctl("doctor", "--json")
    found = msgspec.json.decode(told.stdout, type=shapes.Doctor)
    assert told.exit_code == (0 if found.isolated else 1)
    assert found.backend in ("bubblewrap", "process") and found.isolated == (found.backend == "bubblewrap")
    engine = next(each for each in found.findings if each.part == "engine")
    assert engine.state == "missing" and NOWHERE in engine.next


def test_looking_does_not_make_a_home(aarctl: Aarctl, home: Home) -> None:
    aarctl("doctor")
    assert not home.root.exists()


def test_every_finding_stands_in_the_table_with_its_step(capsys: pytest.CaptureFixture[str]) -> None:
    found = diagnose(msgspec.structs.replace(BARE, bubblewrap=BUBBLEWRAP))
    show(found)
    said = " ".join(capsys.readouterr().out.split())
    for each in found.findings:
        assert each.part in said and each.here.split()[0] in said
    assert found.protection in said and found.why in said
