"""One call to the rehearsal's Messages API, and what answers it.

A rule sees the whole request (system, tools, messages) and nothing else, so it can answer the same way after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .cache import Request
from .replies import Reply


@dataclass(frozen=True)
class Asked:
    """One call, as a rule sees it."""

    number: int
    """From 1, over the life of the server; calls that got an error are counted."""
    answered: int
    """Calls that have been given an answer before this one."""
    request: Request
    headers: dict[str, str]

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """The history, decoded."""
        return [{"role": one.role, "content": json.loads(bytes(one.content))} for one in self.request.messages]

    @cached_property
    def system(self) -> str:
        """The system prompt's words."""
        found = json.loads(bytes(self.request.system))
        return found if isinstance(found, str) else "\n".join(block["text"] for block in found)

    @cached_property
    def tools(self) -> frozenset[str]:
        """The names of the tools that are offered."""
        return frozenset(json.loads(bytes(tool)).get("name", "") for tool in self.request.tools)


Rule = Callable[[Asked], Reply]
