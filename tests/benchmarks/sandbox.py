"""What sandboxes cost, on each backend that works here: commands, starts, freezes, ends, floods. Asserts nothing.

python -m tests.benchmarks.sandbox [--backend docker] [--trees 200] [--floods 10]

Containers are made from the small image, which is all that any of this depends on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from aarctl.sandbox.docker.backend import DockerBackend
from aarctl.sandbox.docker.container import container_name
from aarctl.sandbox.protocol import Backend, Limits, Sandbox, SandboxError, SandboxSpec
from tests.sandbox.make import backend_named
from tests.sandbox.watch import living, marker, read_until

if TYPE_CHECKING:
    from docker import DockerClient

NAMES = ("docker", "bubblewrap", "process")
FLEET = 9
HOME = "bench"
LIMIT_S = 2.0  # from a command's time limit to the end of its tree
PARTS = (
    "(setsid sleep {0} &)", "sleep {0} &", "setsid sh -c 'trap \"\" TERM; sleep {0}' &", "trap '' TERM",
    "(setsid sh -c '(setsid sleep {0} &)' &)", "(while :; do sleep 0.0{0} & sleep .001; done) &",
)  # fmt: skip
"""What random trees are made of: daemons, sessions of their own, deafness to TERM, endless forking."""


def spec(folder: str, name: str) -> SandboxSpec:
    """A sandbox of the run `bench`."""
    limits = Limits(memory_bytes=1 << 30, pids=1000)
    return SandboxSpec("bench", name, Path(folder, name), Path(folder, f"{name}-spool"), home=HOME, limits=limits)


@contextlib.asynccontextmanager
async def fleet(backend: Backend, count: int) -> AsyncIterator[tuple[list[Sandbox], float]]:
    """`count` sandboxes made at once, and how long that took in seconds; nothing of them stays."""
    with tempfile.TemporaryDirectory(prefix="aarctl-bench-") as folder:
        specs = [spec(folder, f"r{number}") for number in range(1, count + 1)]
        began = time.perf_counter()
        made = await asyncio.gather(*(backend.create(one) for one in specs))
        took = time.perf_counter() - began
        try:
            yield list(made), took
        finally:
            await asyncio.gather(*(one.remove() for one in made))
            await asyncio.gather(*(backend.wipe(one) for one in specs))


async def commands(backend: Backend, count: int = 200) -> None:
    """`true` through the keeper, and on Docker through what there is without one."""
    async with fleet(backend, 1) as ((sandbox,), _):
        keeper = []
        for number in range(count):
            began = time.perf_counter()
            await (await sandbox.exec(f"c{number}", ["true"], timeout_s=10)).wait()
            keeper.append(time.perf_counter() - began)
        say(backend, "a command (`true`)", f"p50 {ms(keeper, 50)}, p95 {ms(keeper, 95)}")
        if not isinstance(backend, DockerBackend):
            return
        container = container_name(HOME, "bench", "r1")
        for what, slow in (("docker exec", by_command), ("the engine's API", by_api)):
            theirs = []
            for _ in range(count // 2):
                began = time.perf_counter()
                await slow(backend, container)
                theirs.append(time.perf_counter() - began)
            ratio = statistics.median(theirs) / statistics.median(keeper)
            say(backend, f"the same by {what}", f"p50 {ms(theirs, 50)}: the keeper is {ratio:.0f} times faster")


async def by_command(_: DockerBackend, container: str) -> None:
    """A command as a person would run it."""
    await (await asyncio.create_subprocess_exec("docker", "exec", container, "true")).wait()


async def by_api(backend: DockerBackend, container: str) -> None:
    """A command by the engine's own interface, with its exit code."""

    def work(client: DockerClient) -> None:
        made = client.api.exec_create(container, ["true"], user="1000")["Id"]
        client.api.exec_start(made)
        client.api.exec_inspect(made)

    await backend.engine.call(work)


async def starts(backend: Backend) -> None:
    """One sandbox, and nine at once."""
    one = []
    for _ in range(5):
        async with fleet(backend, 1) as (_, took):
            one.append(took)
    nine = []
    for _ in range(3):
        async with fleet(backend, FLEET) as (_, took):
            nine.append(took)
    say(backend, "one sandbox ready", f"p50 {ms(one, 50)}")
    bound = 2 * statistics.median(one) + 1
    say(backend, "nine ready", f"{spread(nine)} s; twice one's time and a second is {bound:.2f} s")


async def freezes(backend: Backend, count: int = 30) -> None:
    """All of nine frozen while each is busy."""
    async with fleet(backend, FLEET) as (made, _):
        for one in made:
            busy = await one.exec("busy", ["sh", "-c", "echo up; while :; do sh -c :; done"], timeout_s=600)
            await read_until(busy, b"up\n")
        took = []
        for _ in range(count):
            began = time.perf_counter()
            await asyncio.gather(*(one.freeze() for one in made))
            took.append(time.perf_counter() - began)
            await asyncio.gather(*(one.thaw() for one in made))
            await asyncio.sleep(0.02)
        await asyncio.gather(*(one.kill_all(0.0) for one in made))
    say(backend, "nine busy ones frozen", f"p50 {ms(took, 50)}, p95 {ms(took, 95)}")


async def ends(backend: Backend, trees: int) -> None:
    """Random process trees that run into their time limit, and what is left of them."""
    dice, late, survivors = random.Random(7), [], 0
    async with fleet(backend, 1) as ((sandbox,), _):
        for number in range(trees):
            mark, limit_s = marker(), dice.uniform(0.0, 0.1)
            script = "\n".join(dice.choices(PARTS, k=4)) + "\nsleep {0}"
            began = time.perf_counter()
            one = await sandbox.exec(f"t{number}", ["sh", "-c", script.format(mark)], timeout_s=limit_s)
            await one.wait()
            late.append(time.perf_counter() - began - limit_s)
            survivors += len(living(mark))
    within = sum(one <= LIMIT_S for one in late)
    slow = f"p50 {ms(late, 50)}, slowest {max(late):.2f} s, {within} within {LIMIT_S:g} s"
    say(backend, f"{trees} random trees at their time limit", f"{slow}, {survivors} survivors")


async def floods(backend: Backend, count: int) -> None:
    """Memory of this process while commands print a gigabyte each."""
    me = psutil.Process()
    async with fleet(backend, 1) as ((sandbox,), _):
        rss = [me.memory_info().rss]
        took = []
        for number in range(count):
            began = time.perf_counter()
            one = await sandbox.exec(f"f{number}", ["head", "-c", str(1 << 30), "/dev/zero"], timeout_s=600)
            async for _ in one.stream():
                rss.append(me.memory_info().rss)
            took.append(time.perf_counter() - began)
    say(backend, f"{count} floods of 1 GiB",
        f"{spread(took)} s each; resident memory {rss[0] >> 20} MiB before, {max(rss) >> 20} MiB at most")  # fmt: skip


def say(backend: Backend, what: str, text: str) -> None:
    """One line of the report."""
    print(f"{backend.name:10}  {what:34}  {text}", flush=True)


def ms(seconds: Sequence[float], percent: int) -> str:
    """A percentile in milliseconds."""
    return f"{statistics.quantiles(seconds, n=100, method='inclusive')[percent - 1] * 1e3:.1f} ms"


def spread(values: Sequence[float]) -> str:
    """Median, with the lowest and the highest."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


async def main(names: Sequence[str], trees: int, count: int) -> None:
    """Every measurement on every backend."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in names:
        try:
            backend = await backend_named(name, HOME)
        except SandboxError as error:
            print(f"{name:10}  NOT MEASURED: {error}")
            continue
        await commands(backend)
        await starts(backend)
        await freezes(backend)
        await ends(backend, trees)
        await floods(backend, count)
        await backend.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=NAMES, action="append")
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--floods", type=int, default=10)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.backend or NAMES, chosen.trees, chosen.floods))
