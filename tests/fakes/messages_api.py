"""A Messages API on the loopback: streams over server-sent events to the real SDK, and keeps books of its own.

    async with MessagesApi(rule, faults=at_random(0.1)) as api:
        client = AsyncAnthropic(api_key=api.key, base_url=api.url)

`rule` answers each call; see `api_replies`. Faults come from `api_faults`. It refuses what the real service refuses
(`api_rules`), signs thinking and takes it back only where it stood, and checks of every call that its history begins
with all bytes of the last one (`lines`). `account` is exact in tokens and dollars, delivered and lost answers apart.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import h11
import msgspec

from .api_account import RATES, Account
from .api_cache import Cache, History, Lines, Request
from .api_faults import Break, Cut, Drip, Fault, FaultOf, Garble, Stall, Status, Vanish, in_order
from .api_limits import Limits
from .api_replies import Reply, events
from .api_rules import fault_of

KEY = "sk-ant-fake-0123456789abcdef"


@dataclass(frozen=True)
class Asked:
    """One call, as a rule sees it."""

    number: int
    """From 1, over the life of the server; calls that got an error are counted."""
    answered: int
    """Calls that have been given an answer before this one."""
    request: Request
    headers: dict[str, str]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The history, decoded."""
        return [{"role": one.role, "content": json.loads(bytes(one.content))} for one in self.request.messages]

    @property
    def system(self) -> str:
        """The system prompt's words."""
        found = json.loads(bytes(self.request.system))
        return found if isinstance(found, str) else "\n".join(block["text"] for block in found)


Rule = Callable[[Asked], Reply]


def script(replies: Sequence[Reply]) -> Rule:
    """Each answer in turn, the last one for ever."""
    return lambda asked: replies[min(asked.answered, len(replies) - 1)]


class MessagesApi:
    """The server. Everything it knows is in its attributes."""

    def __init__(
        self, rule: Rule, faults: FaultOf | None = None, *, limits: Limits | None = None, key: str = KEY,
        models: Sequence[str] = tuple(RATES), cache_minimum: int = 0, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._rule, self._faults, self.limits, self._models = rule, faults or in_order(), limits, tuple(models)
        self.key = key
        self.url = ""
        self.calls = 0
        self.answered = 0
        self.seen: list[Asked] = []
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
        self.seen = [*self.seen[-63:], asked]
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
        stream = events(reply, f"msg_{number:08}", request.model, usage, lambda text: sign(history.chain[-1], text))
        async for data in _written(list(stream), fault, self.stalled):
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
            if request.model not in self._models:
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
    stream: list[tuple[str, dict[str, Any]]], fault: Fault | None, stalled: asyncio.Event
) -> AsyncIterator[bytes]:
    """The bytes of a stream, with its fault."""
    for number, (name, event) in enumerate(stream):
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
