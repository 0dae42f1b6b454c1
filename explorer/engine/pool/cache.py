"""Replies kept for the next one who asks the same. Jobs are pure, so a reply never goes stale."""

from __future__ import annotations

import time
from collections import OrderedDict

MAX_ENTRIES = 256
MAX_BYTES = 16 << 20
SMALL = 64 << 10
"""A reply up to this many bytes is kept until others take its place."""
SECONDS = 30.0
"""How long a larger one is kept since it was used last."""


class Cache:
    """The replies used last, as bytes.

    Args:
        max_entries: the most replies that are kept.
        max_bytes: the largest reply that is kept. How much all may take together, `Held` decides.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._replies: OrderedDict[bytes, memoryview] = OrderedDict()
        self._large: OrderedDict[bytes, float] = OrderedDict()
        """When each of the larger ones was used last."""

    def __len__(self) -> int:
        return len(self._replies)

    def get(self, key: bytes) -> memoryview | None:
        """The reply of that key, which becomes the one used last."""
        reply = self._replies.get(key)
        if reply is not None:
            self._used(key, reply)
        return reply

    def put(self, key: bytes, reply: memoryview) -> None:
        """Keep a reply, unless it would push most others out by itself."""
        if len(reply) > self._max_bytes or key in self._replies:
            return
        self._replies[key] = reply
        self._used(key, reply)
        if len(self._replies) > self._max_entries:
            self.drop_oldest()

    def drop_oldest(self) -> bool:
        """Let the reply go that was not used for longest; whether there was one."""
        if self._replies:
            key, _ = self._replies.popitem(last=False)
            self._large.pop(key, None)
            return True
        return False

    def drop_old(self, now: float) -> None:
        """Let the larger replies go that were not used lately; `now` as `time.monotonic()` has it."""
        while self._large and next(iter(self._large.values())) < now - SECONDS:
            key, _ = self._large.popitem(last=False)
            del self._replies[key]

    def _used(self, key: bytes, reply: memoryview) -> None:
        self._replies.move_to_end(key)
        if len(reply) > SMALL:
            self._large[key] = time.monotonic()
            self._large.move_to_end(key)
