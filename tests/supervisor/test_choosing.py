"""A run says which sandboxes it got and why; one that can get none closes with the next step, not with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from aarctl.home import Home, RunPaths
from aarctl.journal.events import RunClosed, SandboxChosen, SandboxCreated
from aarctl.journal.reader import JournalReader
from tests.fakes.small_run import make_run, small_recipe, supervise_in_process_of_its_own


def test_a_run_whose_backend_does_not_work_here_closes_as_failed_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
    paths = make_run(Home(tmp_path), "none", small_recipe("sandbox.backend=docker"))
    done = supervise_in_process_of_its_own(Home(tmp_path), "none")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    with JournalReader(paths.root) as reader:
        (closed,) = [record.event for record in reader.records(0, kinds=("run.closed",))]
        assert reader.state().status == "failed"
    assert isinstance(closed, RunClosed)
    assert "no sandbox can be made" in closed.note and "start that engine, or unset it" in closed.note


@pytest.mark.xdist_group("whole-run")
def test_a_run_journals_its_backend_with_the_reason_before_its_first_sandbox(finished: RunPaths) -> None:
    with JournalReader(finished.root) as reader:
        chosen, made = (next(reader.records(0, kinds=(kind,))) for kind in ("sandbox.chosen", "sandbox.created"))
    assert isinstance(chosen.event, SandboxChosen) and isinstance(made.event, SandboxCreated)
    assert chosen.seq < made.seq and chosen.event.why.startswith(chosen.event.backend)
    assert (chosen.event.backend, chosen.event.isolated) == (made.event.backend, made.event.isolated)
