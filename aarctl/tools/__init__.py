"""What a researcher can do: one tool a file, described once, offered to every mind.

Tools run in the supervisor, so the caller's identity is inherent. A tool whose effect is an event returns that
event: it is committed in the same transaction as the outcome, so a crash can neither lose nor repeat it.
"""

from __future__ import annotations

from .board import BOARD
from .experiments import EXPERIMENTS
from .files import FILES
from .forum import FORUM
from .notebook import NOTEBOOK
from .shell import SHELL
from .snapshots import SNAPSHOTS
from .submit import SUBMIT
from .tell_person import TELL_PERSON
from .tool import Context, Tool, ToolError, ToolResult

TOOLS: dict[str, Tool] = {
    tool.name: tool for tool in (SHELL, FILES, NOTEBOOK, EXPERIMENTS, FORUM, SNAPSHOTS, SUBMIT, BOARD, TELL_PERSON)
}

__all__ = ["TOOLS", "Context", "Tool", "ToolError", "ToolResult"]
