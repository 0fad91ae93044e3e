"""Hypothesis strategies: any event of any kind, and sequences of events that touch the same few things."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from aarctl.journal.events import KINDS, Event, Text, head_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip

NAMED = {
    "researcher": ["", "r1", "r2"],
    "submission": ["s1", "s2", ""],
    "experiment": ["x1", "x2", "x3"],
    "command": ["c1", "c2"],
    "call": ["m1", "m2", "odd"],
    "post": ["p1", "p2"],
    "thread": ["t1", "t2"],
    "steer": ["g1", "g2"],
    "flag": ["f1"],
    "sandbox": ["b1", "b2"],
    "verb": ["pause", "freeze", "resume", "stop", "retire", "steer", "unknown"],
    "before": ["x1", "x2", ""],
    "what": ["turns", "usd"],
    "reason": ["finished", "stopped", "failed"],
    "verdict": ["accept", "disqualify", "reinstate"],
    "purpose": ["research", "replication"],
    "outcome": ["done", "failed", "replicated"],
}
"""Small pools, so that events of one sequence meet: ids that are queued, leased, finished in any order."""

WORDS = st.text(max_size=12) | st.sampled_from(["s²", "x" + "9" * 40, "r1", "é" * 3, "\x1b[31m", "a\nb"])


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's declared type."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is str:
        return WORDS
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(0, 2**40)
    if kind is float:
        return st.floats(-1e9, 1e9)
    if kind is object:
        return JSON
    if kind is type(None):
        return st.none()
    if kind is Text:
        return st.text(max_size=40).map(head_of)
    if origin is list:
        return st.lists(values(inner[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if origin in (Union, types.UnionType):
        return st.one_of([values(each) for each in inner])
    return structs(kind)


def structs(kind: type[Any], *, meeting: bool = False) -> st.SearchStrategy[Any]:
    """Any struct of type `kind`; when `meeting`, its names come from the small pools."""
    fields = {}
    for field in msgspec.structs.fields(kind):
        pool = NAMED.get(field.name) if meeting else None
        fields[field.name] = st.sampled_from(pool) if pool else values(field.type)
    return st.builds(kind, **fields)


def events(*, meeting: bool = False) -> st.SearchStrategy[Event]:
    """Any event of any kind."""
    return st.one_of([structs(kind, meeting=meeting) for kind in KINDS.values()])
