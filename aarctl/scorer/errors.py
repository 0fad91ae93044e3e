"""What can go wrong with the scorer itself. A bad student is no error: it is an answer, `Rejected`.

ScorerError             every message ends with what to do
├── ScorerLost          the process died, and died again when started anew
├── ScorerTimeout       no answer within the time limit; the process was ended
├── BadFrame            bytes that are not a frame of this protocol
├── BadVault            the task version's vault is missing, damaged or of another shape
└── BadLedger           the ledger of the run cannot be read or written
"""


class ScorerError(Exception):
    """Base of the room's errors."""


class ScorerLost(ScorerError):
    """The scorer's process died, and died again when started anew."""


class ScorerTimeout(ScorerError):
    """No answer within the time limit: the process was ended, or should have; a later request starts a new one."""


class BadFrame(ScorerError):
    """Bytes that are not a frame of this protocol."""


class BadVault(ScorerError):
    """The task version's vault is missing, damaged or of another shape."""


class BadLedger(ScorerError):
    """The ledger of the run cannot be read or written."""
