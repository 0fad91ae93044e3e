"""The supervisor's end of a keeper: requests by id, any number at once, each with its own time limit.

A bridge stands on a link. When the link breaks, a backend whose sandboxes outlive their links gives a new one; the
bridge greets the keeper, makes sure that it is the same one, and asks again whatever is unanswered (every request may
be asked twice: an exec by its id, a put by its upload). Else all is lost: every waiting and every later request raises
SandboxLost with the keeper's last words. A cancelled request is forgotten here and answered to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aarctl.sandbox.inside import wire
from aarctl.sandbox.link import Link
from aarctl.sandbox.protocol import BadRequest, Fenced, SandboxError, SandboxLost, TimedOut, error_from

DEFAULT_LIMIT_S = 30.0
HELLO = 0  # the id of the greeting; requests count from 1
SILENT_LINKS = 20  # in a row that broke before the keeper greeted back

Again = Callable[[], Awaitable[Link]]
"""A new link to the same keeper. Raises SandboxError when the sandbox is gone, saying why."""


class _Waiting(NamedTuple):
    frame: bytes
    answer: asyncio.Future[wire.Message]


class Bridge:
    """A keeper at the other end of a link, and the requests under way."""

    def __init__(self, link: Link, label: str, *, epoch: int = 0, again: Again | None = None) -> None:
        self.label = label
        self._link, self._epoch, self._again = link, epoch, again
        self._waiting: dict[int, _Waiting] = {}
        self._next = HELLO
        self._boot = ""
        self._silent = 0
        self._open = asyncio.Event()
        self._lost: SandboxError | None = None
        self._serving = asyncio.create_task(self._guarded(), name=f"bridge {label}")

    def __repr__(self) -> str:
        state = str(self._lost) if self._lost else "open" if self._open.is_set() else "connecting"
        return f"Bridge({self.label}: {len(self._waiting)} requests waiting, {state})"

    async def request(self, op: str, *, limit_s: float = DEFAULT_LIMIT_S, **fields: Any) -> wire.Message:
        """One answer. Raises the keeper's refusal as its error, TimedOut, or SandboxLost."""
        self._next += 1
        number = self._next
        try:
            frame = wire.pack({"v": wire.VERSION, "id": number, "op": op, **fields})
        except wire.Refused as refusal:
            raise BadRequest(f"{self.label}: {refusal}") from None
        try:
            async with asyncio.timeout(limit_s):
                await self.ready()
                waiting = _Waiting(frame, asyncio.get_running_loop().create_future())
                self._waiting[number] = waiting
                await self._send(frame)
                answer = await waiting.answer
        except TimeoutError:
            raise TimedOut(f"{self.label}: no answer to {op} in {limit_s:g} s; ask again or remove it") from None
        finally:
            self._waiting.pop(number, None)
        if not answer["ok"]:
            raise error_from(answer)
        return answer

    async def ready(self) -> None:
        """Once the keeper has greeted back. Raises SandboxLost, or Fenced."""
        await self._open.wait()
        self.check()

    def check(self) -> None:
        """Raises SandboxLost, or Fenced, when it is known that no answer will come."""
        if self._lost is not None:
            raise type(self._lost)(f"{self.label}: {self._lost}")

    async def close(self) -> None:
        """Hang up. Safe to call twice and when the keeper is already gone."""
        self._lose(SandboxLost("the sandbox was removed"))
        self._serving.cancel()
        try:
            await self._link.close()
        finally:
            await asyncio.gather(self._serving, return_exceptions=True)

    def last_words(self) -> str:
        """The end of the keeper's standard error, for a message to a person."""
        return self._link.last_words()

    # the link

    async def _send(self, frame: bytes) -> None:
        try:
            await self._link.send(frame)
        except OSError:
            pass  # the end of the link is the reader's to see: it loses this request, or sends it again

    async def _guarded(self) -> None:
        try:
            await self._serve()
        except Exception as error:  # noqa: BLE001  the task's root: without it every request would wait in vain
            self._lose(SandboxLost(_with_fix(f"its keeper said what cannot be read ({type(error).__name__}: {error})")))

    async def _serve(self) -> None:
        """Greet and read, link after link, until there is no next one."""
        while True:
            hello = {"v": wire.VERSION, "id": HELLO, "op": "hello", "epoch": self._epoch}
            await self._send(wire.pack(hello))
            frames = wire.Frames()
            while data := await self._link.read():
                for answer in frames.feed(data):
                    if isinstance(answer, dict):
                        await self._take(answer)
            self._silent += 1
            if self._lost is not None or self._again is None or self._silent > SILENT_LINKS:
                break
            self._open.clear()
            try:
                broken, self._link = self._link, await self._again()
                await broken.close()
            except SandboxError as error:
                self._lose(SandboxLost(_with_fix(str(error))))
                return
        words = f" ({self.last_words()})" if self.last_words() else ""
        self._lose(SandboxLost(_with_fix(f"its keeper has ended{words}")))

    async def _take(self, answer: wire.Message) -> None:
        if answer.get("id") == HELLO:
            await self._greeted(answer)
            return
        waiting = self._waiting.pop(answer.get("id") or -1, None)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result(answer)

    async def _greeted(self, answer: wire.Message) -> None:
        if not answer["ok"]:
            self._lose(error_from(answer))
        elif self._boot not in ("", answer["boot"]):
            self._lose(SandboxLost(_with_fix("it was restarted, and what ran in it has ended")))
        else:
            self._boot, self._silent = answer["boot"], 0
            self._open.set()
            for waiting in list(self._waiting.values()):
                await self._send(waiting.frame)

    def _lose(self, error: SandboxError) -> None:
        self._lost = self._lost or (error if isinstance(error, Fenced | SandboxLost) else SandboxLost(str(error)))
        self._open.set()
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(type(self._lost)(f"{self.label}: {self._lost}"))


def _with_fix(why: str) -> str:
    return f"{why}; create the sandbox again with the same workspace and spool"
