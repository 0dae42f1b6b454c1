"""Which page goes first when several are drawn at once: the one whose visitor has asked for least lately.

Python draws one page at a time, a few milliseconds of each in turn. So pages that take much let the others pass, at
the places where they call `Turn.let_others_pass`: first those that are being opened, one after the other, then those
that are changed all the time. What NumPy computes for a page runs beside Python: for that the system's priority counts.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator

from explorer.engine.process import going_later

HALF_LIFE = 10.0
"""Seconds after which half of what a page has taken is forgotten."""
PATIENCE, OPENING_PATIENCE = 0.3, 1.0
"""Seconds that the drawing of a page waits for others in all; of one that is being opened."""
_STEP = 0.005
_drawn: set[Turn] = set()
"""The pages that are being drawn, but for those that wait for the engine."""


class Turn:
    """What one page has taken of the processor's time."""

    def __init__(self) -> None:
        self._taken = math.inf  # a page that is being opened goes last
        self._since = self._began = time.monotonic()
        self._patience = 0.0

    @property
    def weight(self) -> float:
        """Seconds of the processor that it took lately."""
        return float(self._taken * 0.5 ** ((time.monotonic() - self._since) / HALF_LIFE))

    @contextlib.contextmanager
    def drawing(self) -> Iterator[None]:
        """While the page is drawn."""
        opening, began = math.isinf(self._taken), time.thread_time()
        self._began = time.monotonic()
        self._patience = OPENING_PATIENCE if opening else PATIENCE
        _drawn.add(self)
        try:
            with going_later() if opening else contextlib.nullcontext():
                yield
        finally:
            _drawn.discard(self)
            before = 0.0 if opening else self.weight
            self._taken, self._since = before + time.thread_time() - began, time.monotonic()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """While the page waits for the engine: nobody needs to wait for it."""
        drawn = self in _drawn
        _drawn.discard(self)
        try:
            yield
        finally:
            if drawn:
                _drawn.add(self)

    def let_others_pass(self) -> None:
        """Wait a little while pages are drawn that come first."""
        while self._patience > 0 and any(one._comes_before(self) for one in tuple(_drawn) if one is not self):
            time.sleep(_STEP)
            self._patience -= _STEP

    def _comes_before(self, other: Turn) -> bool:
        """A page that has taken less than half as much does; of two that are being opened, the one that began first."""
        if math.isinf(self._taken) and math.isinf(other._taken):
            return self._began < other._began
        return self.weight < other.weight / 2
