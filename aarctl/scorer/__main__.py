"""`python -m aarctl.scorer --home H --run RUN --task NAME@VERSION [--queries N] [--per-day N]`: see serve.py."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Serve on stdin and stdout; exit code 1 with a sentence when vault or ledger cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m aarctl.scorer", description="Score students on hidden items.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--task", required=True, metavar="NAME@VERSION")
    parser.add_argument("--queries", type=int, default=180, help="feedback answers for the whole fleet")
    parser.add_argument("--per-day", type=int, default=None, help="feedback answers for one researcher in 24 hours")
    options = parser.parse_args(argv)
    _die_with_parent()
    os.umask(0o077)
    # Frames own the real stdout; whatever a library prints goes to stderr.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    import torch

    from aarctl.home import Home
    from aarctl.scorer.errors import ScorerError
    from aarctl.scorer.ledger import Ledger
    from aarctl.scorer.serve import Server, loop
    from aarctl.scorer.vault import Vault

    torch.set_num_threads(1)
    home = Home(options.home)
    try:
        vault = Vault(home.task(options.task).root)
        ledger = Ledger(home.ledger(options.run), queries=options.queries, per_day=options.per_day)
    except ScorerError as e:
        print(f"scorer: {type(e).__name__}: {e}", file=sys.stderr)
        return 1
    loop(Server(options.run, options.task, os.getpid(), vault, ledger), sys.stdin.buffer, answers)
    return 0


def _die_with_parent() -> None:
    """Ask Linux to kill this process when the supervisor dies; elsewhere the end of stdin does, between requests."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
