"""Replies kept for the next one who asks the same. Jobs are pure, so a reply never goes stale."""

from __future__ import annotations

from collections import OrderedDict

MAX_ENTRIES = 256
MAX_BYTES = 128 << 20


class Cache:
    """The replies used last, as bytes, within a number of entries and of bytes."""

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._replies: OrderedDict[bytes, memoryview] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._replies)

    def get(self, key: bytes) -> memoryview | None:
        """The reply of that key, which becomes the one used last."""
        reply = self._replies.get(key)
        if reply is not None:
            self._replies.move_to_end(key)
        return reply

    def put(self, key: bytes, reply: memoryview) -> None:
        """Keep a reply, unless it would push most others out by itself."""
        if len(reply) > self._max_bytes // 2 or key in self._replies:
            return
        self._replies[key] = reply
        self.size += len(reply)
        while len(self._replies) > self._max_entries or self.size > self._max_bytes:
            _, oldest = self._replies.popitem(last=False)
            self.size -= len(oldest)
