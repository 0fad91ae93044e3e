"""Looking up and connecting: only what was judged is connected to, and a slow name server delays nobody else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import psutil
import pytest

from aarctl.recipe.destinations import parse
from aarctl.sandbox.egress.dial import Dialer
from aarctl.sandbox.egress.rules import Decision


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"here")
    writer.close()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield int(server.sockets[0].getsockname()[1])


async def test_an_allowed_name_with_a_private_address_is_refused_unless_that_is_listed_too(port: int) -> None:
    alone = await Dialer([parse(f"localhost:{port}")]).judge("localhost", port)
    assert not alone.allowed and "public internet" in alone.reason
    both = Dialer([parse(f"localhost:{port}"), parse(f"127.0.0.1:{port}")])
    decision = await both.judge("LocalHost.", port)
    assert decision == Decision(True, f"localhost:{port}", ("127.0.0.1",))
    outside = await both.connect(decision, port)
    assert await outside.read() == b"here" and outside.down_bytes == 4
    await outside.close()


async def test_the_first_address_that_answers_is_taken_and_the_last_failure_told(port: int) -> None:
    dialer = Dialer([])
    outside = await dialer.connect(Decision(True, "", ("127.0.0.2", "127.0.0.1")), port)
    assert await outside.read() == b"here"
    await outside.close()
    with pytest.raises(OSError, match=r"127\.0\.0\.3: .*refused"):
        await dialer.connect(Decision(True, "", ("127.0.0.2", "127.0.0.3")), port)
    with pytest.raises(OSError, match="could not be looked up"):
        await dialer.connect(Decision(True, ""), port)


async def test_this_machines_own_addresses_are_private_whatever_they_are() -> None:
    entries = [entry for each in psutil.net_if_addrs().values() for entry in each if entry.family == socket.AF_INET]
    for entry in entries:
        name = Dialer([parse("*.own.example:80")])
        assert not (await name.judge(entry.address, 80)).allowed
        literal = Dialer([parse(f"{entry.address}:80")])
        assert (await literal.judge(entry.address, 80)).addresses == (entry.address,)


async def test_a_name_that_is_not_listed_is_not_looked_up() -> None:
    dialer = Dialer([parse("a.example:80")])
    dialer.close()  # a look-up would need its threads
    assert not (await dialer.judge("secret-data.b.example", 80)).allowed
    with pytest.raises(RuntimeError):
        await dialer.judge("a.example", 80)


async def test_a_name_that_is_nowhere_is_allowed_and_has_no_address() -> None:
    decision = await Dialer([parse("no-such-name.invalid:80")]).judge("no-such-name.invalid", 80)
    assert decision == Decision(True, "no-such-name.invalid:80")
