"""Faults are real: processes are killed with SIGKILL, at moments drawn from a seed that is printed."""

from __future__ import annotations

import os

TRIALS = int(os.environ.get("AARCTL_FAULT_TRIALS", "2"))
SEED = int(os.environ.get("AARCTL_FAULT_SEED", "1"))
