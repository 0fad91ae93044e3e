"""The shell: one command in the researcher's workspace."""

from __future__ import annotations

from typing import Annotated

import msgspec

from .tool import Context, Tool, ToolResult, shorten

OUTPUT_CAP = 1 << 20  # bytes the keeper spools of one command; what lies between head and tail is counted


class ShellArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to run."""

    command: Annotated[str, msgspec.Meta(min_length=1, description="a bash command; it starts in /workspace")]
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600, description="seconds until it is killed")] = 120.0


async def run(context: Context, args: ShellArgs) -> ToolResult:
    """Run, wait, and show head and tail of what it printed."""
    execution = await context.sandbox.exec(
        context.call, ["bash", "-c", args.command], timeout_s=args.timeout_s, output_cap=OUTPUT_CAP
    )
    result = await execution.wait()
    printed = (await execution.output()).text()
    if result.timed_out:
        ending = f"killed after {args.timeout_s:g} s; run long work as an experiment"
    elif result.signal is not None:
        ending = f"ended by signal {result.signal}"
    elif result.exit_code is None:
        ending = f"its exit code is not known: {result.error}"
    else:
        ending = f"exit code {result.exit_code}"
    text = f"{shorten(printed)}\n[{ending}]" if printed else f"[{ending}]"
    return ToolResult(text, {"exit_code": result.exit_code, "timed_out": result.timed_out}, result.exit_code == 0)


SHELL = Tool(
    "shell",
    "Run a bash command in your sandbox. It starts in /workspace and has no network. For anything longer than a "
    "few minutes, or that needs a compute slot, queue an experiment instead.",
    ShellArgs,
    run,
)
