"""How often, and how many at once, for each visitor: token buckets and places."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable

MAX_KNOWN = 10_000
"""Buckets that are kept. A bucket that was not used for longest goes first; it would be full again soon anyway."""


class Buckets:
    """A bucket of tokens for each name: full at first, refilled at a steady rate, never above full."""

    def __init__(self, a_second: float, most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_second
        self._most = most
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take a token: 0 if there was one, else the seconds until there is one."""
        now = self._clock()
        left, since = self._known.pop(name, (self._most, now))
        left = min(self._most, left + (now - since) * self._a_second)
        taken = left >= 1
        self._known[name] = (left - taken, now)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._a_second


class Places:
    """Places that are taken and given back: so many for each name, so many in all."""

    def __init__(self, each: int, in_all: int) -> None:
        self._each = each
        self._in_all = in_all
        self._taken: Counter[str] = Counter()

    def take(self, name: str) -> bool:
        """Take a place, if there is one."""
        if self._taken[name] >= self._each or self._taken.total() >= self._in_all:
            return False
        self._taken[name] += 1
        return True

    def give_back(self, name: str) -> None:
        """Give a place back."""
        self._taken[name] -= 1
        if self._taken[name] <= 0:
            del self._taken[name]
