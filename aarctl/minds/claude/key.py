"""The API key: from ANTHROPIC_API_KEY, else from <home>/key, which only its owner may read.

It is read anew at every turn, so a key replaced while a run is paused is the one that a resumed run uses. Nothing but
`reveal` gives it away: its repr says where it came from, and `scrub` takes it out of whatever others say.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import NoKey

VARIABLE = "ANTHROPIC_API_KEY"
FILE = "key"
LONGEST = 4096


class Key:
    """A key that does not show itself."""

    __slots__ = ("_secret", "source")

    def __init__(self, secret: str, source: str) -> None:
        self._secret, self.source = secret, source

    def __repr__(self) -> str:
        return f"Key(from {self.source})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._secret == self._secret

    def __hash__(self) -> int:
        return hash(self._secret)

    def __reduce__(self) -> tuple[str, ...]:
        raise TypeError("a key is not written anywhere")

    def reveal(self) -> str:
        """The key itself, for the request's header and nothing else."""
        return self._secret

    def scrub(self, text: str) -> str:
        """`text` without the key."""
        return text.replace(self._secret, "[key]")


def read_key(home: Path, environment: Mapping[str, str] = os.environ) -> Key:
    """The key of this moment. Raises NoKey, which says what to do."""
    secret = environment.get(VARIABLE, "").strip()
    if secret:
        return _checked(secret, VARIABLE)
    file = home / FILE
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NoKey(f"there is no API key: set {VARIABLE}, or `aarctl key set`, then resume the run") from None
    except OSError as error:
        raise NoKey(f"{file}: {error.strerror}; make it a plain file of yours with mode 0600") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            raise NoKey(f"{file} is not a plain file of yours: replace it with `aarctl key set`")
        if facts.st_mode & 0o077:
            raise NoKey(f"{file} has mode {stat.S_IMODE(facts.st_mode):04o}, so others may read it: chmod 600 {file}")
        secret = os.read(handle, LONGEST).decode("utf-8", "replace").strip()
    finally:
        os.close(handle)
    if not secret:
        raise NoKey(f"{file} is empty: set {VARIABLE}, or `aarctl key set`, then resume the run")
    return _checked(secret, str(file))


def write_key(home: Path, secret: str) -> Path:
    """Put a key in <home>/key, readable by its owner alone from its first moment. Raises NoKey."""
    secret = _checked(secret.strip(), "the key given").reveal()
    home.mkdir(parents=True, exist_ok=True)
    file = home / FILE
    handle, draft = tempfile.mkstemp(prefix=".key-", dir=home)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w") as opened:
            opened.write(secret + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(draft, file)  # the rename makes it appear whole or not at all
    except BaseException:
        os.unlink(draft)
        raise
    return file


def _checked(secret: str, source: str) -> Key:
    """A key that fits into one header line; what is wrong with it is said without quoting it."""
    if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
        raise NoKey(f"{source} holds no API key: one line of visible ASCII is needed; `aarctl key set` replaces it")
    return Key(secret, source)
