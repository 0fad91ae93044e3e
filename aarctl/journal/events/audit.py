"""Suspicions of detectors, and decisions of people."""

from __future__ import annotations

from .base import Event, Text


class FlagRaised(Event, frozen=True, kw_only=True, tag="flag.raised"):
    """A detector saw something; a flag decides nothing by itself."""

    flag: str
    detector: str
    text: Text
    submission: str = ""
    seqs: list[int] = []
    """The events that are its evidence."""


class VerdictGiven(Event, frozen=True, kw_only=True, tag="verdict.given"):
    """A person's decision on a submission; `reinstate` takes the last one back."""

    submission: str
    verdict: str
    """accept | disqualify | reinstate"""
    because: str
    by: str
