"""The allow-list of a recipe: what is read, and what is wrong with the rest, in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aarctl.recipe import RecipeError, loads
from aarctl.recipe.destinations import BadDestination, Destination, parse

ONE = '[[researchers]]\ndirection = "look"\n[sandbox]\negress = '


@pytest.mark.parametrize(
    ("entry", "destination"),
    [
        ("pypi.org:443", Destination("pypi.org", 443)),
        ("PyPI.ORG.:443", Destination("pypi.org", 443)),
        ("*.pythonhosted.org:443", Destination("pythonhosted.org", 443, below=True)),
        ("192.0.2.7:8080", Destination("192.0.2.7", 8080)),
        ("[2001:DB8:0::7]:80", Destination("2001:db8::7", 80)),
        ("build-host:1", Destination("build-host", 1)),
        ("xn--bcher-kva.example:65535", Destination("xn--bcher-kva.example", 65_535)),
    ],
)
def test_an_entry_names_a_host_and_a_port(entry: str, destination: Destination) -> None:
    assert parse(entry) == destination


@pytest.mark.parametrize(
    ("entry", "why", "fix"),
    [
        ("pypi.org", "no port", "end it with one, like pypi.org:443"),
        ("", "no port", "end it"),
        ("https://pypi.org", "not a host and a port", "leave scheme and path out"),
        ("pypi.org:443/simple", "not a host and a port", "leave scheme and path out"),
        ("pypi.org:0", "not a port", "from 1 to 65535"),
        ("pypi.org:65536", "not a port", "from 1 to 65535"),
        ("pypi.org:https", "not a port", "from 1 to 65535"),
        ("pypi.org:٣", "not a port", "from 1 to 65535"),
        ("::1:80", "more than a host and a port", "in brackets"),
        ("a:b:80", "more than a host and a port", "in brackets"),
        ("[::1]", "not a port", "from 1 to 65535"),
        ("[fe80::1%eth0]:80", "not a host", "write a name in ASCII"),
        ("bücher.example:443", "not a host", "write a name in ASCII"),
        ("*:443", "not a host", "write a name"),
        ("*.org:443", "too wide", "put a domain"),
        ("*.127.0.0.1:443", "too wide", "put a domain"),
        ("pypi.*.org:443", "not a host", "write a name"),
        ("127.1:80", "not a host", "write a name"),
        ("0x7f000001:80", "not a host", "write a name"),
        ("2130706433:80", "not a host", "write a name"),
        ("user@pypi.org:443", "not a host", "write a name"),
        ("pypi.org :443", "not a host", "write a name"),
        ("a" * 64 + ".org:443", "not a host", "write a name"),
        ("a." * 127 + "b:443", "not a host", "write a name"),
    ],
)
def test_an_entry_that_names_none_says_why_and_what_to_write(entry: str, why: str, fix: str) -> None:
    with pytest.raises(BadDestination) as caught:
        parse(entry)
    assert caught.value.why.startswith(why) and fix in caught.value.fix


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except BadDestination:
        return
    assert parse(str(read)) == read


def test_a_recipe_names_destinations_and_none_by_default() -> None:
    recipe = loads(ONE + '["pypi.org:443", "*.pythonhosted.org:443"]\n', source="a.toml")
    assert recipe.sandbox.egress == ("pypi.org:443", "*.pythonhosted.org:443")
    assert loads('[[researchers]]\ndirection = "x"\n', source="a.toml").sandbox.egress == ()


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ('["pypi.org"]', 'a.toml:4: sandbox.egress.0 = "pypi.org", no port; end it with one, like pypi.org:443'),
        ('["a.org:1", "A.org.:1"]', 'a.toml:4: sandbox.egress.1 = "A.org.:1", named twice; remove one'),
        ('"pypi.org:443"', 'a.toml:4: sandbox.egress = "pypi.org:443", not an array; write it in brackets'),
        ("[443]", "a.toml:4: sandbox.egress.0 = 443, not text; write it in quotes"),
        (str([f"a{n}.org:443" for n in range(65)]), "a.toml:4: sandbox.egress = 65 items, at most 64; remove 1"),
    ],
)
def test_a_mistake_in_the_list_is_placed_and_explained(value: str, line: str) -> None:
    with pytest.raises(RecipeError) as caught:
        loads(ONE + value + "\n", source="a.toml")
    assert str(caught.value).startswith(line)
