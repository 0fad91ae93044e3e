"""The host's own servers: TCP and UDP on each of its addresses, a unix socket in the home, one by an abstract name.

They hand their secret to whoever comes, and keep count: for a sandbox without a network, nobody must ever come.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
from pathlib import Path
from typing import Any

import psutil

FAMILIES = (socket.AF_INET, socket.AF_INET6)


class Servers:
    """One thread that answers everybody with `word`."""

    def __init__(self, word: str, path: Path) -> None:
        self._word, self._path = word.encode(), path
        self.abstract = f"aarctl-escape-{secrets.token_hex(4)}"
        self.contacts: list[str] = []
        self._sockets: list[socket.socket] = []
        self._tcp: list[tuple[str, int]] = []
        self._udp: list[tuple[str, int]] = []
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="servers", daemon=True)

    def start(self) -> None:
        """Open all of them and answer."""
        for address in own_addresses():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                tcp = socket.create_server((address, 0), family=family)
                udp = socket.socket(family, socket.SOCK_DGRAM)
                udp.bind((address, 0))
            except OSError:
                continue  # an address that is just going
            self._sockets += [tcp, udp]
            self._tcp.append((address, tcp.getsockname()[1]))
            self._udp.append((address, udp.getsockname()[1]))
        for name in (str(self._path), f"\0{self.abstract}"):
            unix = socket.socket(socket.AF_UNIX)
            unix.bind(name)
            unix.listen()
            self._sockets.append(unix)
        self._thread.start()

    def places(self) -> dict[str, Any]:
        """Where they listen."""
        return {"tcp": self._tcp, "udp": self._udp, "unix": str(self._path), "abstract": self.abstract}

    def close(self) -> None:
        """Stop answering."""
        self._stop.close()
        self._thread.join()
        for each in (*self._sockets, self._stopped):
            each.close()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as ready:
            for each in (*self._sockets, self._stopped):
                ready.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is self._stopped:
                        return
                    assert isinstance(key.fileobj, socket.socket)
                    self._answer(key.fileobj)

    def _answer(self, server: socket.socket) -> None:
        try:
            if server.type == socket.SOCK_DGRAM:
                _, peer = server.recvfrom(4096)
                server.sendto(self._word, peer)
            else:
                guest, peer = server.accept()
                with guest:
                    guest.sendall(self._word)
        except OSError:
            peer = "somebody who left"
        self.contacts.append(f"{server.getsockname()} from {peer}")


def own_addresses() -> list[str]:
    """This machine's addresses, loopback included, link-local left out: those need an interface's name."""
    found = [each.address for rows in psutil.net_if_addrs().values() for each in rows if each.family in FAMILIES]
    return [address for address in found if "%" not in address]
