"""A Messages API on the loopback: streams over server-sent events to the real SDK, and keeps books of its own.

    async with MessagesApi(rule, faults=at_random(0.1)) as api:
        client = AsyncAnthropic(api_key=api.key, base_url=api.url)

`rule` answers each call (`asked`, `replies`). It refuses what the real service refuses (`rules`), signs thinking and
takes it back only where it stood, and checks of every call that its history begins with all bytes of the last one
(`lines`). `account` is exact in tokens and dollars, delivered and lost answers apart. It listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

import h11
import msgspec

from .account import RATES, Account
from .asked import Asked, Rule
from .cache import Cache, History, Lines, Request
from .faults import Break, Cut, Drip, Fault, FaultOf, Garble, Stall, Status, Vanish, in_order
from .limits import Limits
from .replies import events
from .rules import fault_of


class MessagesApi:
    """The server. Everything it knows is in its attributes."""

    def __init__(
        self, rule: Rule, faults: FaultOf | None = None, *, limits: Limits | None = None, key: str = "",
        models: Collection[str] | None = tuple(RATES), cache_minimum: int = 0, delay_s: float = 0.0, keep: int = 64,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`models`: those it knows, None for any. `delay_s`: before each delta. `keep`: calls that `seen` remembers."""
        self._rule, self._faults, self.limits, self._models = rule, faults or in_order(), limits, models
        self._delay_s = delay_s
        self.key = key or f"sk-ant-rehearsal-{secrets.token_urlsafe(18)}"
        self._life = hashlib.sha256(self.key.encode()).hexdigest()[:8]
        """Part of every id given out: a server with another key gives none of them again."""
        self.url = ""
        self.calls = 0
        self.answered = 0
        self.seen: deque[Asked] = deque(maxlen=keep)
        """The last few calls."""
        self.refused: list[str] = []
        """Why requests were refused with 400, none when the client does it right."""
        self.under_way = 0
        self.most_at_once = 0
        self.stalled = asyncio.Event()
        """Set once an answer has stopped coming."""
        self.account, self.lines, self._cache = Account(), Lines(), Cache(now, cache_minimum)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"MessagesApi({self.url}, {self.calls} calls, {self.answered} answered)"

    async def __aenter__(self) -> MessagesApi:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    # connections -----------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=2**20)
        try:
            while await self._exchange(http, reader, writer):
                http.start_next_cycle()
        except (ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _exchange(self, http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection can have another."""
        head: h11.Request | None = None
        body: list[bytes] = []
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(2**16))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert head is not None
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            headers = {name.decode(): value.decode() for name, value in head.headers}
            return await self._answer(http, writer, head.target.decode(), headers, b"".join(body))
        finally:
            self.under_way -= 1

    async def _answer(
        self, http: h11.Connection, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], body: bytes
    ) -> bool:
        self.calls += 1
        number, fault = self.calls, self._faults(self.calls)
        request, history, wrong = self._read(path, headers, body)
        if isinstance(fault, Status):
            wrong = fault
        if wrong is None:
            wrong = self.limits.refusal() if self.limits else None
        if wrong is not None:
            return await self._send_error(http, writer, wrong)
        assert request is not None and history is not None
        asked = Asked(number, self.answered, request, headers)
        self.seen.append(asked)
        reply = self._rule(asked)
        usage = self._cache.usage(history)
        if self.limits:
            self.limits.count(usage["input_tokens"] + usage["cache_creation_input_tokens"], reply.output_tokens)
        whole = fault is None or (isinstance(fault, Drip) and not fault.forever)
        self.answered += whole  # before the last byte is out: who has the whole answer finds the books in order
        self.lines.take(number, history, whole)
        self.account.bill(number, request.model, usage, reply.output_tokens, whole)
        if isinstance(fault, Vanish):
            return False
        await self._send(http, writer, h11.Response(status_code=200, headers=self._headers("text/event-stream")))
        message_id = f"msg_{self._life}{number:08}"
        stream = events(reply, message_id, request.model, usage, lambda text: sign(history.chain[-1], text))
        async for data in _written(list(stream), fault, self.stalled, self._delay_s):
            await self._send(http, writer, h11.Data(data=data))
        if isinstance(fault, Cut | Drip | Stall) and not whole and not (isinstance(fault, Cut) and fault.politely):
            return False
        await self._send(http, writer, h11.EndOfMessage())
        return http.our_state is h11.DONE and http.their_state is h11.DONE

    # requests --------------------------------------------------------------------------------------------

    def _read(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[Request | None, History | None, Status | None]:
        """The request, or what is wrong with it."""
        if self.key not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
            return None, None, Status(401, "authentication_error", "invalid API key")
        if path.partition("?")[0] != "/v1/messages" or "anthropic-version" not in headers:
            return None, None, Status(404, "not_found_error", "Not found")
        try:
            request = msgspec.json.decode(body, type=Request)
            history = History.of(request)
            if self._models is not None and request.model not in self._models:
                return None, None, Status(404, "not_found_error", f"model: {request.model}")
            wrong = fault_of(request, history, sign)
        except (msgspec.MsgspecError, KeyError, TypeError, AttributeError) as error:
            wrong = str(error)
        if wrong:
            self.refused.append(wrong)
            return None, None, Status(400, "invalid_request_error", wrong)
        return request, history, None

    # responses -------------------------------------------------------------------------------------------

    def _headers(self, content_type: str) -> list[tuple[str, str]]:
        own = self.limits.headers() if self.limits else []
        return [("content-type", content_type), ("request-id", f"req_{self.calls:08}"), *own]

    async def _send_error(self, http: h11.Connection, writer: asyncio.StreamWriter, wrong: Status) -> bool:
        body = json.dumps(wrong.body).encode()
        headers = [*self._headers("application/json"), *wrong.headers.items(), ("content-length", str(len(body)))]
        await self._send(http, writer, h11.Response(status_code=wrong.status, headers=headers))
        await self._send(http, writer, h11.Data(data=body))
        await self._send(http, writer, h11.EndOfMessage())
        return http.our_state is h11.DONE and http.their_state is h11.DONE

    async def _send(self, http: h11.Connection, writer: asyncio.StreamWriter, event: Any) -> None:
        writer.write(http.send(event) or b"")
        await writer.drain()


def sign(before: bytes, thinking: str) -> str:
    """What the service signs: these thoughts, at this place in this history."""
    return hashlib.sha256(b"secret" + before + thinking.encode()).hexdigest()


async def _written(
    stream: list[tuple[str, dict[str, Any]]], fault: Fault | None, stalled: asyncio.Event, delay_s: float
) -> AsyncIterator[bytes]:
    """The bytes of a stream, with its fault."""
    for number, (name, event) in enumerate(stream):
        if delay_s and name == "content_block_delta":
            await asyncio.sleep(delay_s)
        match fault:
            case Cut(after) if number >= after:
                return
            case Stall(after) if number >= after:
                stalled.set()
                await asyncio.Event().wait()
            case Break(after, kind, message, code) if number >= after:
                details = {"details": {"error_code": code}} if code else {}
                yield _event("error", {"type": "error", "error": {"type": kind, "message": message, **details}})
                return
            case Garble(at, wrong, text) if number == at:
                yield f"event: {wrong}\ndata: {text}\n\n".encode()
                continue
            case Drip(size, forever):
                data = _event(name, event)
                for at in range(0, len(data), size):
                    yield data[at : at + size]
                while forever and name == "ping":
                    yield data
                    await asyncio.sleep(0.005)
                continue
        yield _event(name, event)


def _event(name: str, event: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(event)}\n\n".encode()
