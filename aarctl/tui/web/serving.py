"""The server of `aarctl serve`: textual-serve, with a page of our own that loads nothing from elsewhere, and a guard.

Whoever may open the page may stop the run, so an address alone opens nothing: the key in it does. It becomes a cookie
that other sites' pages cannot send, and a socket is opened only for a page of this server.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PAGE = Path(__file__).parent / "page"
STOP_S = 3.0  # that open pages have to end when the server does
REFUSED = "Open the whole address that `aarctl serve` printed: it ends with a key.\n"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def command(home: Path, run: str, *, readonly: bool) -> str:
    """What is started for each page, as a shell reads it; without a run, the list of runs."""
    words = [sys.executable, "-m", "aarctl.tui.web", "--home", str(home)]
    words += ["--run", run] if run else []
    return shlex.join([*words, "--readonly"] if readonly else words)


class RoomServer(Server):
    """Serves the rooms of one home, or of one run. Raises OSError from `serve` when the port is taken."""

    def __init__(
        self, home: Path, run: str = "", *, host: str = "127.0.0.1", port: int = 8000, readonly: bool = False
    ) -> None:
        started = command(home, run, readonly=readonly)
        super().__init__(started, host, port, title=f"aarctl {run}".strip(), templates_path=PAGE)
        self.key = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """What a person opens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?key={self.key}"

    async def make(self) -> web.Application:
        """The application with its guard."""
        app = await self._make_app()

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guarded(request, handler)

        app.middlewares.append(guard)
        return app

    def serve(self, debug: bool = False) -> None:
        """Until it is interrupted."""
        web.run_app(
            self.make(), host=self.host, port=self.port, print=None, access_log=None, shutdown_timeout=STOP_S,
        )  # fmt: skip

    async def on_startup(self, app: web.Application) -> None:
        """Quietly: the command says where the page is."""

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only with the key, and for a socket only from a page of ours."""
        name = f"aarctl-{self.port}"
        asked = request.query.get("key", "")
        given = asked or request.cookies.get(name, "")
        if not hmac.compare_digest(given.encode(), self.key.encode()):
            return web.Response(status=403, text=REFUSED)
        origin = request.headers.get("Origin", "")
        if origin and urlsplit(origin).netloc != request.host:
            return web.Response(status=403, text=f"{origin} is not this server\n")
        response = await handler(request)
        if asked and not response.prepared:
            response.set_cookie(name, self.key, httponly=True, samesite="Strict")
            response.headers["Referrer-Policy"] = "no-referrer"
        return response
