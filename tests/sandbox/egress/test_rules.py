"""Who may be reached: for any request and any answer of a name server, only what the recipe names."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.recipe.destinations import Destination, normal, parse
from aarctl.sandbox.egress.rules import SHOWN_CHARACTERS, decide, public, shown

LISTED = [parse("pypi.org:443"), parse("*.hosted.org:443"), parse("10.0.0.5:443"), parse("[fd00::7]:443")]
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join) | st.sampled_from(
    ["pypi.org", "hosted.org", "a.hosted.org", "evilhosted.org", "hosted.org.evil.com", "xpypi.org", "pypi.org.evil"]
)
ADDRESSES = (st.ip_addresses(v=4) | st.ip_addresses(v=6) | st.ip_addresses(network="10.0.0.0/29")).map(str)

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.0.2.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1",
    "2001::1", "2001:db8::1", "100::1", "fec0::1", "4000::1", "3fff::1", "192.88.99.1", "192.0.0.9", "2001:4:112::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_off_the_public_internet_is_reached_by_a_name(address: str) -> None:
    assert not public(ipaddress.ip_address(address))
    decision = decide(LISTED, "pypi.org", 443, [address])
    assert not decision.allowed and decision.addresses == () and "public internet" in decision.reason


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.0.223", "1.1.1.1", "2a04:4e42::223", "2606:4700::1111"])
def test_addresses_of_the_public_internet_are_reached(address: str) -> None:
    assert decide(LISTED, "pypi.org", 443, [address]) == decide(LISTED, "pypi.org", 443, [address, "127.0.0.1"])
    assert decide(LISTED, "pypi.org", 443, [address]).addresses == (address,)
    assert not decide(LISTED, "pypi.org", 443, [address], own=[address]).allowed


def test_an_address_that_the_recipe_names_is_reached_on_its_port_alone() -> None:
    assert decide(LISTED, "10.0.0.5", 443, ["10.0.0.5"]).addresses == ("10.0.0.5",)
    assert decide(LISTED, "[FD00:0::7]", 443, ["fd00::7"], own=["fd00::7"]).addresses == ("fd00::7",)
    assert decide(LISTED, "pypi.org", 443, ["10.0.0.5", "10.0.0.6"]).addresses == ("10.0.0.5",)
    assert not decide([*LISTED, parse("pypi.org:80")], "pypi.org", 80, ["10.0.0.5"]).allowed
    assert not decide(LISTED, "10.0.0.5", 444).allowed and not decide(LISTED, "10.0.0.6", 443).allowed


@pytest.mark.parametrize(
    "host", ["a.hosted.org", "A.B.Hosted.ORG", "a.hosted.org.", "PyPI.org", "pypi.org."]
)  # fmt: skip
def test_names_are_the_same_in_any_case_and_a_star_covers_all_below(host: str) -> None:
    assert decide(LISTED, host, 443).allowed


@given(NAMES, st.sampled_from([443, 80, 8443]), st.none() | st.lists(ADDRESSES, max_size=3))
def test_nothing_is_allowed_but_what_is_listed_and_nothing_reached_but_what_is_public_or_listed(
    host: str, port: int, addresses: list[str] | None
) -> None:
    decision = decide(LISTED, host, port, addresses)
    if decision.allowed:
        assert port == 443 and (host == "pypi.org" or host.endswith(".hosted.org"))
    for address in decision.addresses:
        assert address in (addresses or ())
        assert ipaddress.ip_address(address).is_global or address in ("10.0.0.5", "fd00::7")


@given(st.text(max_size=300), st.integers(0, 70_000))
def test_any_text_for_a_host_is_decided_and_an_empty_list_lets_nothing_out(host: str, port: int) -> None:
    assert not decide([], host, port).allowed
    assert isinstance(decide(LISTED, host, port).reason, str)


@given(st.builds(Destination, NAMES.filter(lambda name: normal(name) == name), st.integers(1, 65_535)))
def test_a_destination_is_written_as_it_is_read(destination: Destination) -> None:
    assert parse(str(destination)) == destination


@given(ADDRESSES, st.integers(1, 65_535))
def test_an_address_is_written_as_it_is_read(address: str, port: int) -> None:
    entry = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    assert parse(str(parse(entry))) == parse(entry)
    assert parse(entry).address == ipaddress.ip_address(address)


@given(st.text(max_size=300))
def test_untrusted_text_is_shown_printable_on_one_line_and_short(text: str) -> None:
    assert len(shown(text)) <= SHOWN_CHARACTERS
    assert shown(text).isascii() and (shown(text) == "" or shown(text).isprintable())
