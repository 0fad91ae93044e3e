"""A dict that forgets what was used least recently."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class LRU(OrderedDict[K, V]):
    """At most `capacity` entries. `hit` marks an entry as used; plain reading does not."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity

    def hit(self, key: K) -> V | None:
        """The value of `key`, now the most recently used; None when absent."""
        value = self.get(key)
        if value is not None:
            self.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep `value` as the most recently used, and forget the oldest beyond the capacity."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self.capacity:
            self.popitem(last=False)
