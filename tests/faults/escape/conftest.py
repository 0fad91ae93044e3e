"""Arenas shared by all attempts on a backend, and the table of outcomes at the end of the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from aarctl.sandbox.docker.engine import Engine
from aarctl.sandbox.protocol import Backend, CannotStart

from . import backends
from .arena import Arena
from .host import Host
from .table import TABLE

OUTCOME = "escape"


@pytest.fixture(scope="module", params=backends.NAMES)
def engine(request: pytest.FixtureRequest) -> Engine | None:
    """Docker's engine when it is its turn; None stands for bubblewrap, which has none."""
    return request.getfixturevalue("docker_engine") if request.param == "docker" else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend(engine: Engine | None) -> AsyncIterator[Backend]:
    """Each backend that isolates, in turn."""
    yield backends.bubblewrap() if engine is None else await backends.docker(engine)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A planted host."""
    planted = Host(tmp_path_factory.mktemp("host")).plant()
    yield planted
    planted.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def arena(backend: Backend, host: Host) -> AsyncIterator[Arena]:
    """Two sandboxes of the backend, one beside the other; skipped, loudly, where it cannot start any."""
    made = Arena(backend, host)
    try:
        await made.open()
    except CannotStart as error:
        pytest.skip(f"{backend.name.upper()} DOES NOT RUN HERE, ITS WALLS ARE UNTESTED: {str(error)[-300:]}")
    yield made
    await made.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each backend's attempts stay in one worker, where they share two sandboxes."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("escapes"):
            backend = item.callspec.params.get("engine", "unhindered") if hasattr(item, "callspec") else "unhindered"
            item.add_marker(pytest.mark.xdist_group(f"escapes-{backend}"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Families against backends: blocked of tried; then each known difference, with its reason."""
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    notes: set[str] = set()
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        for name, value in getattr(report, "user_properties", ()):
            if name == OUTCOME and getattr(report, "when", "") == "call":
                family, backend, how, note = value
                outcomes.setdefault((family, backend), Counter())[how if report.passed else "ESCAPED"] += 1
                notes |= {note} - {""}
    if not outcomes:
        return
    names = sorted({backend for _, backend in outcomes})
    terminalreporter.section("escapes")
    terminalreporter.write_line(f"{'blocked of tried':<24}" + "".join(f"{name:>16}" for name in names))
    for family in (*TABLE, "all"):
        line = f"{family:<24}"
        for name in names:
            rows = [count for (one, at), count in outcomes.items() if at == name and family in ("all", one)]
            count = sum(rows, Counter())
            share = f"{count['blocked']}/{count.total()}"
            line += f"{share:>16}"
        terminalreporter.write_line(line)
    for note in sorted(notes):
        terminalreporter.write_line(f"  {note}")
