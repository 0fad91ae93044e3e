"""The choice of a backend is tried, not assumed, and says why in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from aarctl.sandbox.choose import pick
from aarctl.sandbox.protocol import BadRequest, CannotStart


async def test_auto_takes_bubblewrap_only_where_a_probe_works() -> None:
    choice = await pick("auto")
    assert choice.backend.name == ("bubblewrap" if "probe sandbox started" in choice.why else "process")
    assert choice.backend.capabilities.isolated == (choice.backend.name == "bubblewrap")


async def test_without_bubblewrap_auto_takes_process_and_says_what_that_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    choice = await pick("auto")
    assert choice.backend.name == "process"
    assert "no bwrap in PATH" in choice.why and "not isolated" in choice.why


async def test_a_bwrap_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises((CannotStart, BadRequest), match="uid map: Permission denied"):
        await pick("bubblewrap")


async def test_process_on_request_says_that_it_is_not_isolated() -> None:
    choice = await pick("process")
    assert choice.backend.name == "process" and "not isolated" in choice.why


async def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadRequest, match="auto, bubblewrap, process"):
        await pick("docker?")
