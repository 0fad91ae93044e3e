"""Destinations that sandboxes may be let out to: how a recipe writes them, and nothing about who may connect.

    "pypi.org:443"    "*.pythonhosted.org:443" (all names below, not itself)    "192.0.2.7:8080"    "[2001:db8::7]:80"

A port is never implied, and a name is written as the network spells it: ASCII, so that none looks like another.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

Address = IPv4Address | IPv6Address

NAME_CHARACTERS = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")


class BadDestination(ValueError):
    """An entry that names no destination: the value is wrong because of `why`, and `fix` makes it right."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(f"{why}; {fix}")
        self.why, self.fix = why, fix


class Destination(Struct, frozen=True):
    """One entry of an allow-list. `str()` writes it as `parse` reads it."""

    host: str
    """A name in lower case, or an address in its shortest spelling, without brackets."""
    port: int
    below: bool = False
    """Every name below `host` instead of `host` itself."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'*.' if self.below else ''}{host}:{self.port}"

    @property
    def address(self) -> Address | None:
        """The address that it names literally; None for a name."""
        return address_of(self.host)

    def covers(self, host: str, port: int) -> bool:
        """Whether a normal host (see `normal`) and a port are this destination."""
        return port == self.port and (host.endswith(f".{self.host}") if self.below else host == self.host)


def parse(entry: str) -> Destination:
    """The destination of one entry. Raises BadDestination."""
    host, colon, port = entry.rpartition(":")
    if "/" in entry:
        raise BadDestination("not a host and a port", "leave scheme and path out, like pypi.org:443")
    if not colon:
        raise BadDestination("no port", "end it with one, like pypi.org:443")
    if ":" in host and not host.startswith("["):
        raise BadDestination("more than a host and a port", "write an IPv6 address in brackets, like [2001:db8::7]:443")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise BadDestination("not a port", "end it with a port from 1 to 65535, like pypi.org:443")
    below = host.startswith("*.")
    name = normal(host[2:] if below else host)
    if name is None:
        raise BadDestination("not a host", "write a name in ASCII, like pypi.org:443, or an address, like [::1]:80")
    if below and (address_of(name) is not None or "." not in name):
        raise BadDestination("too wide", "put a domain with a dot behind the star, like *.pythonhosted.org:443")
    return Destination(name, int(port), below)


def normal(host: str) -> str | None:
    """A host as a name in lower case or an address in its shortest spelling; None where it is neither.

    What some resolvers take for an address ("127.1", "0x7f.1", "2130706433") is neither.
    """
    if host.startswith("[") and host.endswith("]"):
        inner = address_of(host[1:-1])
        return str(inner) if isinstance(inner, IPv6Address) else None
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if not host.isascii() or len(name) > NAME_CHARACTERS or not all(map(_LABEL.fullmatch, labels)):
        return None
    if _NUMBER.fullmatch(labels[-1]):
        return str(found) if isinstance(found := address_of(name), IPv4Address) else None
    return name


def address_of(text: str) -> Address | None:
    """The address that `text` spells, without a zone; None where it spells none."""
    try:
        return ip_address(text) if "%" not in text else None
    except ValueError:
        return None
