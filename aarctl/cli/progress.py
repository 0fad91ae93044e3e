"""Where the progress of something goes: a live line under scrolling lines on a terminal, calm plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from . import plain, speak

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

CALM_S = 15.0  # at least this long between two lines of mere progress in a log


class Display(Protocol):
    """What `follow` writes to; use it as a context manager."""

    def __enter__(self) -> Display: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...
    def line(self, text: str) -> None:
        """Something that stays."""

    def update(self, text: str) -> None:
        """What is true now; the next update replaces it."""

    def beat(self) -> None:
        """Time has passed."""


def display(*, err: bool = False) -> Display:
    """The display that suits where the output goes: stdout, or with `err` stderr."""
    from rich.console import Console

    console = Console(markup=False, highlight=False, emoji=False, stderr=err)
    return Lively(console) if console.is_terminal else Plain(err=err)


class Plain:
    """For pipes and logs."""

    def __init__(self, *, err: bool = False) -> None:
        self._say = speak.warn if err else speak.say
        self._now, self._told, self._at = "", "", time.monotonic()

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    def line(self, text: str) -> None:
        self._say(plain.line(text) if "\n" in text else text)

    def update(self, text: str) -> None:
        self._now = text
        self.beat()

    def beat(self) -> None:
        if self._now != self._told and time.monotonic() - self._at >= CALM_S:
            self._say(f"... {self._now}")
            self._told, self._at = self._now, time.monotonic()


class Lively:
    """For a terminal: Rich redraws one line below those that stay."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Lively:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        words = TextColumn("{task.description}", markup=False)
        self._progress = Progress(
            SpinnerColumn(), TimeElapsedColumn(), words, console=self._console, transient=True, refresh_per_second=8
        )
        self._task = self._progress.add_task("getting ready", total=None)
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def line(self, text: str) -> None:
        from rich.text import Text

        self._console.print(Text(plain.clean(text)))

    def update(self, text: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=plain.line(text))

    def beat(self) -> None:
        """Rich redraws by itself."""
