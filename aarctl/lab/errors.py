"""What can go wrong in the lab. Every message names the place, the value and the fix.

LabError
├── BadTask      a task folder or a JSONL line that cannot be read as a task
├── BadModel     a checkpoint that cannot be loaded, or whose hash differs
├── BadSpec      a task spec with an impossible value
├── Exhausted    a domain has fewer distinct problems than a split asks for
└── NoGap        weak and ceiling are too close for a PGR to mean anything
"""


class LabError(Exception):
    """Base of the room's errors."""


class BadTask(LabError):
    """A task folder or a JSONL line that cannot be read as a task."""


class BadModel(LabError):
    """A checkpoint that cannot be loaded, or whose hash differs from the expected one."""


class BadSpec(LabError):
    """A task spec with an impossible value."""


class Exhausted(LabError):
    """A domain has fewer distinct unused problems than were asked for; no problem is ever repeated."""


class NoGap(LabError):
    """The ceiling is less than MIN_GAP above the weak teacher: the ratio would be noise."""
