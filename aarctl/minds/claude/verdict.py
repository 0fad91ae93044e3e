"""What a failed attempt means: try again, or stop and say why. Pure.

`lost` decides money: an attempt that may have been served is charged at its worst case, one that certainly was not is
free. Error codes are what the service promises to keep; its messages are quoted to people and, in two old cases that
have no code, looked into.
"""

from __future__ import annotations

import email.utils
import random
from collections.abc import Mapping

import msgspec

from .errors import ClaudeError, ContextFull, KeyRefused, Refused, SpendLimit, UnknownModel, Unreachable

AGAIN = frozenset({408, 409, 429})  # and everything from 500 on: 529 is "overloaded"
SPENT = frozenset(
    {"enforced_spend_limit_reached", "contract_spend_limit_reached", "linked_organization_spend_limit_reached"}
)
TOO_LONG = ("prompt is too long", "exceed context limit", "maximum context length")
"""How Anthropic's and other servers say that a history does not fit: there is no code for it."""
STREAMED = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip
"""The status that an error inside a stream stands for, where the status line has already said 200."""

FIRST_S, LONGEST_S = 1.0, 60.0
ASKED_S_MAX = 3_600.0
SAID_CHARS = 200


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt that brought no answer."""

    status: int = 0
    """The HTTP status, or the one that an error in the stream stands for; 0 where the connection failed."""
    kind: str = ""
    """error.type of the service, or what broke."""
    code: str = ""
    """error.details.error_code of the service."""
    said: str = ""
    """Its message, or ours."""
    asked_s: float | None = None
    """How long the service asked us to wait."""
    never: bool = False
    """The service said x-should-retry: false."""
    lost: bool = False
    """It may have been served."""

    @property
    def limited(self) -> bool:
        """Whether the service asked for fewer requests."""
        return self.status == 429

    @property
    def what(self) -> str:
        """One line for the journal: the status, the kind, what was said."""
        status = str(self.status) if self.status else ""
        words = " ".join(part for part in (status, self.kind, self.code) if part)
        said = " ".join(self.said.split())[:SAID_CHARS]
        return f"{words}: {said}" if words and said else words or said


def refusal(failure: Failure, model: str, where: str, another_key: str) -> ClaudeError | None:
    """The error to stop with; None when the same request may well succeed later. `another_key`: how to give one."""
    what = failure.what
    if failure.status == 402 or failure.code in SPENT or "credit balance is too low" in failure.said.lower():
        return SpendLimit(f"the account may spend no more ({what}): raise its limit or add credit, then resume the run")
    if failure.status == 401:
        return KeyRefused(f"{where} refused the API key ({what}): {another_key}")
    if failure.status == 403 or failure.code == "organization_on_hold":
        return KeyRefused(f"{where} forbids this to the API key ({what}): {another_key}")
    if failure.status == 404:
        return UnknownModel(f"{where} knows no model {model!r} ({what}): correct model or base_url in the recipe")
    if failure.status == 413 or failure.kind == "request_too_large" or any(e in failure.said.lower() for e in TOO_LONG):
        return ContextFull(f"the history does not fit into {model} ({what})")
    again = not failure.status or failure.status in AGAIN or failure.status >= 500
    if failure.never or not again:
        return Refused(f"{where} refused the request ({what}): the recipe's model settings may not suit {model!r}")
    return None


def gave_up(failure: Failure, attempts: int, where: str) -> Unreachable:
    """What to say when the last attempt failed too."""
    fix = "check the network, then resume the run" if not failure.status else "resume the run when the service is well"
    return Unreachable(f"{where} gave no answer in {attempts} attempts (last: {failure.what}): {fix}")


def wait_s(failure: Failure, attempt: int, chance: random.Random) -> float:
    """Seconds until the next attempt: at least what the service asked, else doubling, never in step with others."""
    if failure.asked_s is not None:
        return min(max(failure.asked_s, 0.0), ASKED_S_MAX) + chance.uniform(0, FIRST_S)
    return min(LONGEST_S, FIRST_S * 2.0 ** min(attempt - 1, 16)) * chance.uniform(0.5, 1.0)


def asked_to_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that retry-after-ms or retry-after names; `now` is the time of day, for the date form."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return None if date is None else max(email.utils.mktime_tz(date) - now, 0.0)
