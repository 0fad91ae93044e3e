"""`aarctl serve`: the control room in a browser, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from . import find, speak
from .errors import Failed


def serve(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Without it, a page begins with the list.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens.")] = 8000,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Another address of this machine.")] = "127.0.0.1",
    expose: Annotated[bool, typer.Option("--expose", help="Allow an address that others can reach.")] = False,
    readonly: Annotated[bool, typer.Option("--readonly", help="Look, but send no command.")] = False,
) -> None:
    """Show the control room in a browser.

    It prints an address with a key in it; whoever has that may do all that you may do in a terminal. Only this machine
    can reach it unless --host and --expose say otherwise; then nothing is encrypted, so put it behind SSH or TLS.
    """
    from ..home import Home
    from ..tui.web.serving import RoomServer, is_loopback

    if run is not None:
        find.reader(find.run(run).name).close()  # a journal that cannot be read is said here, not in the browser
    if not is_loopback(host) and not expose:
        raise Failed(f"{host} is not of this machine alone: others could act on your runs; add --expose to allow it")
    server = RoomServer(Home.default().root, run or "", host=host, port=port, readonly=readonly)
    speak.say(f"open {server.address}   (ctrl+c ends it; runs go on)")
    try:
        server.serve()
    except OSError as error:
        raise Failed(f"{host}:{port} cannot be listened on ({error.strerror}); choose another --port") from None
