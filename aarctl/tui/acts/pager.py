"""Showing a text in the person's own pager. The text goes through a pipe: no file is left behind, nor can be read.

The text must have been cleaned: a pager may pass control codes on.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping

DEFAULTS = ("less", "more")


def pager_of(environ: Mapping[str, str]) -> list[str]:
    """The command that $PAGER names; less or more where it names none. Raises ValueError with a sentence."""
    named = environ.get("PAGER", "").strip()
    try:
        command = shlex.split(named)
    except ValueError as error:
        raise ValueError(f"PAGER = {named!r} cannot be read ({error}); write it as in a shell: less -S") from None
    if not command:
        command = [name for name in DEFAULTS if shutil.which(name)][:1]
    if not command:
        raise ValueError("there is no less and no more here; set PAGER to a program that shows what it is piped")
    return command


def page(text: str, environ: Mapping[str, str]) -> str:
    """Show `text` until the person leaves the pager. Gives back why it could not be shown; empty when it was."""
    try:
        command = pager_of(environ)
        subprocess.run(command, input=text.encode("utf-8", "replace") + b"\n", env=dict(environ), check=False)
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"PAGER = {command[0]!r} cannot be started: {error.strerror}; set PAGER to a program that can"
    return ""
