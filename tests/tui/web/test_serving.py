"""The room in a browser: it answers on loopback, to whoever has the key and to no other site's page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiohttp.test_utils import TestClient, TestServer

from aarctl.tui.web.serving import PAGE, RoomServer, is_loopback
from tests.tui.pilot import Tell


@pytest.fixture
def home(told: Tell, tmp_path: Path) -> Path:
    """A home with one run."""
    folder = tmp_path / "home"
    (folder / "runs").mkdir(parents=True)
    told("scored s5", alive=False).run.rename(folder / "runs" / "demo")
    return folder


@asynccontextmanager
async def served(server: RoomServer) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    before = set(psutil.Process().children())
    async with TestClient(TestServer(await server.make(), host="127.0.0.1"), cookie_jar=aiohttp.DummyCookieJar()) as it:
        yield it
    async with asyncio.timeout(30):
        while set(psutil.Process().children()) - before:  # each page's process has ended with its page
            await asyncio.sleep(0.02)
    await asyncio.sleep(0)


async def test_without_the_key_there_is_nothing(home: Path) -> None:
    async with served(RoomServer(home, "demo")) as client:
        for path in ("/", "/ws", "/static/js/textual.js", "/?key=wrong", "/download/x"):
            assert (await client.get(path)).status == 403, path


async def test_the_key_opens_a_page_that_loads_nothing_from_elsewhere(home: Path) -> None:
    server = RoomServer(home, "demo", port=8123)
    async with served(server) as client:
        answer = await client.get(f"/?key={server.key}")
        page = await answer.text()
        assert answer.status == 200 and "aarctl demo" in page and not re.search(r"(src|href)=\"(https?:)?//", page)
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        for path in re.findall(r'(?:src|href)="(/static[^"]+)"', page):
            assert (await client.get(path, headers={"Cookie": cookie.split(";")[0]})).status == 200


async def test_another_sites_page_opens_no_socket(home: Path) -> None:
    server = RoomServer(home, "demo")
    async with served(server) as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(f"/ws?key={server.key}", origin="http://evil.example")
        assert refused.value.status == 403


async def screen(client: TestClient, path: str, wanted: str, keys: str = "") -> str:  # type: ignore[type-arg]
    """What the page is sent until `wanted` is on the screen; `keys` are pressed first."""
    got = ""
    async with asyncio.timeout(40), client.ws_connect(path, origin=f"http://{client.host}:{client.port}") as socket:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            got += message.data.decode("utf-8", "replace")
            if keys and "which run" in got:
                await socket.send_json(["stdin", keys])
                keys = ""
            if wanted in got:
                break
    return got


async def test_the_same_room_answers_on_loopback(home: Path) -> None:
    server = RoomServer(home, "demo", readonly=True)
    async with served(server) as client:
        assert "supervisor dead" in await screen(client, f"/ws?key={server.key}&width=100&height=30", "supervisor dead")


async def test_without_a_run_the_page_begins_with_the_list(home: Path) -> None:
    server = RoomServer(home)
    async with served(server) as client:
        path = f"/ws?key={server.key}&width=100&height=30"
        assert "restart it: " in await screen(client, path, "restart it: ", keys="\r")


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.0.4", False), ("example.org", False)],
)  # fmt: skip
def test_which_addresses_are_of_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_the_page_travels_with_the_package() -> None:
    assert (PAGE / "app_index.html").is_file()
