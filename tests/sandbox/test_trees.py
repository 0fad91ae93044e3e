"""Ending a tree: what no look at /proc shows is ended too."""

from __future__ import annotations

import subprocess
import sys

UNSEEN = """
import os, signal
from aarctl.sandbox.inside import trees
trees.prctl(trees.PR_SET_CHILD_SUBREAPER, 1)
parent = os.fork()
if parent == 0:
    if os.fork():
        signal.pause()
    signal.pause()
looks = [{}, {}]
trees.end_all_of_ours(lambda: looks.pop() if looks else trees.table())
print(sorted(trees.below({os.getpid()}, trees.table())), len(looks))
"""
"""A look that misses a process, as one does that is forked behind it; here it misses all of them, twice."""


def test_a_tree_is_ended_whole_though_a_look_finds_nobody() -> None:
    done = subprocess.run([sys.executable, "-c", UNSEEN], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[] 0\n", "")
