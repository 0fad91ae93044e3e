"""The Messages API through the real SDK: one client for the whole fleet, one attempt a call.

The SDK builds the request, speaks HTTP and reads server-sent events; retrying is left to the mind, because every
attempt must be journaled. The body is ours, byte for byte. The SDK is imported when first needed: it
is 74 MB. An error leaves here as a Failure, without the SDK's request in its chain, for that holds the key.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from .key import VARIABLE, Key
from .settings import Settings
from .stream import Malformed, read_object
from .verdict import STREAMED, Failure, asked_to_wait

if TYPE_CHECKING:
    import anthropic

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Headers = Callable[[dict[str, str]], None]


class Failed(Exception):
    """An attempt failed; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure


class Service:
    """The service that answers. `key` is asked by `ready`, before every attempt: a replaced key is used at once."""

    def __init__(self, settings: Settings, key: Callable[[], Key]) -> None:
        self._settings, self._key = settings, key
        self._client: anthropic.AsyncAnthropic | None = None
        self._client_key: Key | None = None
        self._retired: list[anthropic.AsyncAnthropic] = []
        """Clients of replaced keys: somebody may still be listening to one."""

    def __repr__(self) -> str:
        return f"Service({self.where})"

    @property
    def where(self) -> str:
        """What to call the service in an error."""
        return self._settings.base_url or "the Claude API"

    @property
    def another_key(self) -> str:
        """How a person gives it another key than the one that was refused."""
        if self._client_key is None or self._client_key.source != VARIABLE:
            return "`aarctl key set` a valid one, then resume the run"
        return f"stop the run, set another {VARIABLE} (or unset it and `aarctl key set`), then `aarctl run --resume` it"

    def ready(self) -> None:
        """Have a client with the key of this moment. Raises NoKey."""
        key = self._key()
        if self._client is None or key != self._client_key:
            if self._client is not None:
                self._retired.append(self._client)
            self._client, self._client_key = self._connect(key), key

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        clients = [*self._retired, *([self._client] if self._client else [])]
        self._retired, self._client = [], None
        for client in clients:
            await client.close()

    async def stream(self, body: bytes, headers: Headers) -> AsyncGenerator[tuple[str, str], None]:
        """The (name, data) of each event of one answer; `headers` is told the response's. Raises Failed."""
        import aiohttp
        import anthropic
        import httpx2

        response: httpx2.Response | None = None
        try:
            opened = await self._open().post(
                "/v1/messages", content=body, options={"headers": {"Content-Type": "application/json"}},
                cast_to=anthropic.types.Message, stream=True, stream_cls=anthropic.AsyncStream[Any],
            )  # fmt: skip
            response = opened.response
            headers(dict(response.headers))
            told = response.headers.get("content-type", "")
            if not told.startswith("text/event-stream"):  # a proxy's page, or another kind of server
                said = self._clean(f"the answer is {told or 'untyped'}")
                raise Failed(Failure(kind="no event stream", said=said, lost=True))
            async for event in anthropic.AsyncStream.raw_events(response):
                if event.event == "error":
                    raise Failed(self._streamed(event.data))
                yield event.event or "", event.data
        except anthropic.APIStatusError as error:
            headers(dict(error.response.headers))
            raise Failed(self._status(error)) from None
        except anthropic.APIConnectionError as error:
            raise Failed(self._connection(error.__cause__ or error)) from None
        except (httpx2.HTTPError, aiohttp.ClientError) as error:
            raise Failed(self._connection(error)) from None
        except UnicodeDecodeError:
            raise Failed(Failure(kind="malformed answer", said="the stream is no UTF-8", lost=True)) from None
        finally:
            if response is not None:
                await response.aclose()

    def _open(self) -> anthropic.AsyncAnthropic:
        if self._client is None:
            self.ready()
        assert self._client is not None
        return self._client

    def _connect(self, key: Key) -> anthropic.AsyncAnthropic:
        import anthropic

        settings = self._settings
        client = anthropic.AsyncAnthropic(
            api_key=key.reveal(), base_url=settings.base_url, max_retries=0, open_telemetry=False,
            timeout=anthropic.Timeout(settings.idle_s, connect=min(10.0, settings.idle_s)),
        )  # fmt: skip
        # aiohttp takes a quarter less CPU for a turn; no proxy can reach this machine's own loopback for us
        away = client.base_url.host not in LOOPBACK
        return client.copy(http_client=anthropic.DefaultAioHttpClient(trust_env=away))

    # failures --------------------------------------------------------------------------------------------

    def _status(self, error: anthropic.APIStatusError) -> Failure:
        headers = error.response.headers
        return Failure(
            status=error.status_code, kind=str(error.type or ""), code=str(error.error_code or ""),
            said=self._clean(str(error.api_message or error.message)), asked_s=asked_to_wait(headers, time.time()),
            never=headers.get("x-should-retry") == "false",
        )  # fmt: skip

    def _streamed(self, data: str) -> Failure:
        """An `error` event: the status line had already promised an answer, so some of it may have been written."""
        try:
            error = read_object(data).get("error")
        except Malformed:
            error = None
        if not isinstance(error, dict):
            return Failure(kind="malformed error event", said=self._clean(data), lost=True)
        kind, details = str(error.get("type", "")), error.get("details")
        code = details.get("error_code") if isinstance(details, dict) else None
        return Failure(
            status=STREAMED.get(kind, 500), kind=kind, code=str(code or ""),
            said=self._clean(str(error.get("message", ""))), lost=True,
        )  # fmt: skip

    def _connection(self, cause: BaseException) -> Failure:
        """Where no connection was made nothing was asked; anything later may have been served.

        aiohttp's own error tells the two apart: the SDK also calls a connection that broke a ConnectError.
        """
        import aiohttp
        import httpx2

        unmade = isinstance(cause, httpx2.ConnectTimeout | httpx2.UnsupportedProtocol)
        unmade = unmade or isinstance(cause.__cause__, aiohttp.ClientConnectorError)
        kind = "timeout" if isinstance(cause, httpx2.TimeoutException) else "connection lost"
        said = self._clean(str(cause) or type(cause).__name__)
        return Failure(kind="no connection" if unmade else kind, said=said, lost=not unmade)

    def _clean(self, text: str) -> str:
        """What others said, without the key and bounded."""
        return (self._client_key.scrub(text) if self._client_key else text)[:1000]
