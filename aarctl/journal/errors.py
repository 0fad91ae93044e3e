"""What can go wrong with a journal.

JournalError
|- NoJournal         there is no such run
|- RunExists         a new run would overwrite a journal
|- RunIsHeld         another supervisor writes this run
|- JournalBroken     a commit failed, or the journal is closed; nothing more is written
|- JournalDamaged    the chain, a sequence number or a blob does not fit
|- BlobMissing       a row names a blob that is not there
|- BlobTooLarge      a text is longer than a blob may be
|- BadEvent          an event that could not be read back: refused before it is queued
`- UnknownEvent      a row's body is none of the known kinds
"""

from __future__ import annotations


class JournalError(Exception):
    """Base of all: the message is one sentence with the next step."""


class NoJournal(JournalError):
    """There is no journal at this path."""


class RunExists(JournalError):
    """There is a journal at this path already, and it is never overwritten."""


class RunIsHeld(JournalError):
    """A supervisor holds the run's lock."""


class JournalBroken(JournalError):
    """A commit failed (disk full, disk gone): the supervisor must stop, nothing that was durable is lost."""


class JournalDamaged(JournalError):
    """A row is not what was written."""


class BlobMissing(JournalError):
    """A blob that a row names is absent or altered."""


class BlobTooLarge(JournalError, ValueError):
    """More than a reader would be ready to inflate."""


class BadEvent(JournalError, ValueError):
    """An event whose row no reader could decode, such as one with NaN for a number."""


class UnknownEvent(JournalError, ValueError):
    """A row's body is none of the known kinds: written by a newer aarctl, or damaged."""
