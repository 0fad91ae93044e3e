"""The shell: commands in the researcher's sandbox, one after the other in one session."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import msgspec

from ..sandbox.protocol import ExecResult, Output, SandboxError, SandboxLost
from . import session
from .tool import OUTPUT_CHARS, Context, Tool, ToolError, ToolResult, plain, shorten

OUTPUT_MB = 1
OUTPUT_CAP = OUTPUT_MB << 20  # bytes the keeper spools of one command; what lies between head and tail is counted
COMMAND_CHARS = 100_000
TIMEOUT_S, MAX_TIMEOUT_S = 120.0, 600.0


class ShellArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to run."""

    command: Annotated[
        str, msgspec.Meta(max_length=COMMAND_CHARS, description="One or more lines of bash. May be empty with restart.")
    ] = ""
    timeout_s: Annotated[
        float,
        msgspec.Meta(gt=0, le=MAX_TIMEOUT_S, description="Seconds until it is killed, with all that it started."),
    ] = TIMEOUT_S
    restart: Annotated[
        bool, msgspec.Meta(description="Begin a new session first: workspace folder, no variables, no functions.")
    ] = False


async def run(context: Context, args: ShellArgs) -> ToolResult:
    """Run in the session, wait, and show head and tail of what it printed. The call's id makes a repeat harmless."""
    if not args.command.strip() and not args.restart:
        raise ToolError("command is empty; give a command, or restart=true for a new session")
    execution = await context.sandbox.exec(
        context.call, session.argv(context.call, fresh=args.restart), timeout_s=args.timeout_s, output_cap=OUTPUT_CAP,
        stdin=args.command.encode(),
    )  # fmt: skip
    result = await execution.wait()
    output = await execution.output()
    left = await session.left(context.sandbox)
    said = [_ending(args, result), _place(left, context.call)]
    if result.out_of_memory:
        said.append(f"the memory limit of {context.recipe.sandbox.memory_gb:g} GB ended a process")
    printed = plain(output.text())
    if len(printed) > OUTPUT_CHARS or output.dropped_bytes:
        said.append(await _kept(context, output))
    text = f"{shorten(printed).rstrip()}\n" if printed.strip() else ""
    data = {"exit_code": result.exit_code, "timed_out": result.timed_out}
    return ToolResult(f"{text}[{'; '.join(word for word in said if word)}]", data, result.exit_code == 0)


def _ending(args: ShellArgs, result: ExecResult) -> str:
    """How it ended, in words."""
    if result.timed_out:
        return f"killed after {args.timeout_s:g} s: run long work as an experiment"
    if result.signal is not None:
        return f"ended by signal {result.signal}"
    if result.exit_code is None:
        return f"its exit code is not known: {result.error}"
    if args.restart and not args.command.strip():
        return "new session"
    return f"exit code {result.exit_code}"


def _place(left: session.Left, call: str) -> str:
    """Where the session stands, when that is not plain."""
    if left.call != call:
        return "this command left no session: the next one finds folder and variables as they were before it"
    return "" if left.folder == "." else f"now in {left.folder}"


async def _kept(context: Context, output: Output) -> str:
    """Put an output that is not shown whole in the workspace; a sentence that says where."""
    whole = output.head + output.tail
    if output.dropped_bytes:
        whole = output.text().encode()
    path = f"{session.OUTPUTS}/{sha256(whole).hexdigest()[:12]}.txt"
    try:
        await context.sandbox.put(path, whole)
    except SandboxLost:
        raise
    except SandboxError as error:
        return f"the output is longer than shown, and could not be kept: {error}"
    return f"the whole output is in {path}"


SHELL = Tool(
    "shell",
    f"""\
Runs bash in your sandbox and waits for it. All calls share one session: the working folder, variables, exports,
functions, aliases and shell options stay from call to call, even when aarctl restarts. Each call is a process of its
own: background jobs, traps and open files end with it. It begins in /workspace, your own folder, which is also the
only place that lasts. Standard input is empty: nothing can be typed. Stdout and stderr come back together, with the
exit code; of more than {OUTPUT_CHARS:,} characters you see head and tail, and the whole (of more than {OUTPUT_MB} MB,
half from each end) is put in a file whose path is named, to grep or to view; the newest {session.KEPT_OUTPUTS} such
files are kept. A call ends after timeout_s, at most {MAX_TIMEOUT_S:g} s. Use experiments for anything longer and for
training: that runs on a compute slot while you go on. Example: {{"command": "cd study && python look.py | tee
look.txt"}}""",
    ShellArgs,
    run,
)
