"""What a call may cost before it is made, and after we have stopped listening to it.

Nothing here guesses low: a token is at least one byte, so bytes bound tokens, and a prefix that the service has counted
is taken at its count. Prices are in `minds/prices`.
"""

from __future__ import annotations

import msgspec

from ..prices import Tokens, prompt_at_most

FASTEST_TOKENS_S = 500
"""No model writes faster: what it may have written by the moment we stopped listening."""

BYTES_A_TOKEN = 3
"""Of usual text. Only for pacing: money goes by bounds."""


class Meter:
    """Bounds the tokens of a request by its bytes, the tighter the more the service has counted."""

    def __init__(self, context_tokens: int) -> None:
        self._most = context_tokens
        self._bytes, self._tokens = 0, 0
        """Of the last request that was answered; its answer's tokens included, its answer's bytes not."""

    def __repr__(self) -> str:
        return f"Meter({self._tokens} tokens, {self._bytes} bytes)"

    def bound(self, size_bytes: int) -> int:
        """At most this many tokens are in a request of `size_bytes`."""
        whole = prompt_at_most(size_bytes)
        if size_bytes >= self._bytes:  # it goes on from the last one; a new chapter begins much shorter
            whole = min(whole, prompt_at_most(size_bytes - self._bytes, self._tokens))
        return min(whole, self._most)

    def likely_new(self, size_bytes: int) -> int:
        """About this many tokens are not in the cache: what counts against the limit a minute."""
        known = self._bytes if size_bytes >= self._bytes else 0
        return (size_bytes - known) // BYTES_A_TOKEN

    def counted(self, size_bytes: int, tokens: Tokens) -> None:
        """The service counted a request of `size_bytes` and its answer."""
        self._bytes, self._tokens = size_bytes, tokens.prompt + tokens.output


def stopped(read: Tokens | None, bound: int, max_tokens: int, ttl: str, heard_bytes: int, seconds: float) -> Tokens:
    """The most that a call has used when we stopped listening `seconds` after it left.

    `read`: what the service said it read; where it had not said so yet, all of the prompt may have been written to the
    cache.
    """
    if read is None:
        read = Tokens(cache_write_1h=bound) if ttl == "1h" else Tokens(cache_write_5m=bound)
    written = min(max_tokens, max(read.output, heard_bytes, int(seconds * FASTEST_TOKENS_S)))
    return msgspec.structs.replace(read, output=written)
