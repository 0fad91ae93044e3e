"""Who may be reached from a sandbox: pure. A list of destinations, a request, and what its name resolves to.

A name is decided before it is looked up, so that a look-up tells nobody anything; what it resolves to is decided again,
and only those addresses may be connected to, so that a name cannot change its mind in between (DNS rebinding).
Invariant: an address that is not plainly of the public internet is reached only if the list names it literally.
Not protected here: what an allowed destination does with what it is sent, nor other sites behind the same address.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import ip_network

import msgspec

from aarctl.recipe.destinations import Address, Destination, address_of, normal

# IANA's special addresses, spelt out: what Python calls global differs between its releases.
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",  # the last one: Azure's metadata
            "::/3", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "4000::/2", "8000::/1",
        ),
    )
)  # fmt: skip

SHOWN_CHARACTERS = 120


class Decision(msgspec.Struct, frozen=True):
    """Whether a request may go out, and why."""

    allowed: bool
    reason: str
    """The entry that allows it, or in words why it is refused."""
    addresses: tuple[str, ...] = ()
    """What may be connected to, in the resolver's order; empty before the name is looked up."""


def decide(
    listed: Sequence[Destination],
    host: str,
    port: int,
    addresses: Sequence[str] | None = None,
    own: Collection[str] = (),
) -> Decision:
    """Whether `host`:`port` may be reached; `addresses` is what it resolves to, None before it is looked up.

    `own` are the addresses of this machine, which count as private. An address in `host` resolves to itself.
    """
    name = normal(host)
    entry = next((one for one in listed if name is not None and one.covers(name, port)), None)
    if name is None:
        return Decision(False, "not a host name or an address")
    if entry is None:
        return Decision(False, "not in the recipe's sandbox.egress")
    if addresses is None:
        return Decision(True, str(entry))
    literal = {one.address for one in listed if one.port == port} - {None}
    mine = {address_of(text) for text in own}
    good = tuple(
        text for text in addresses
        if (found := address_of(text)) is not None and (found in literal or (public(found) and found not in mine))
    )  # fmt: skip
    if good or not addresses:
        return Decision(True, str(entry), good)
    return Decision(False, f"resolves to {shown(addresses[0])}, not on the public internet and not in the list")


def public(address: Address) -> bool:
    """Whether an address is plainly one of the public internet: not private, local, shared, reserved, multicast."""
    return not any(address in network for network in NOT_PUBLIC)


def shown(text: str) -> str:
    """Untrusted text as journal and screen may hold it: printable ASCII, one line, at most SHOWN_CHARACTERS."""
    safe = "".join(letter if " " <= letter <= "~" else "?" for letter in text[: SHOWN_CHARACTERS + 1])
    return safe if len(safe) <= SHOWN_CHARACTERS else f"{safe[: SHOWN_CHARACTERS - 3]}..."
