"""How many bytes of workers' messages this process still holds: on their way, kept for the next one, or on a page."""

from __future__ import annotations

import mmap
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

SMALL = 1 << 20
"""Messages up to this many bytes never wait: progress, problems, most replies."""


class Held:
    """The buffers of all messages. One counts as long as anything refers to it, so whoever uses it need not say so.

    Args:
        most: how many bytes are held at a time. A single message may be larger if there is no other.
        freed: called, from any thread, when a buffer that is not small has gone.
    """

    def __init__(self, most: int, freed: Callable[[], None]) -> None:
        self._most = most
        self._freed = freed
        self._lock = threading.Lock()
        self.keepers: list[Callable[[], bool]] = []
        self._size = 0
        self._went: SimpleQueue[int] = SimpleQueue()  # takes no lock: a buffer can go in any thread, whatever it holds

    @property
    def size(self) -> int:
        """How many bytes are held."""
        with self._lock:
            return self._counted()

    def kept_by(self, let_go: Callable[[], bool]) -> None:
        """Name one who keeps messages. `let_go` gives up its oldest one and tells whether it had any."""
        if let_go not in self.keepers:
            self.keepers.append(let_go)

    def buffer(self, size: int) -> bytearray | mmap.mmap | None:
        """Memory for a message; None while there is no room for it, whatever the keepers give up."""
        with self._lock:
            for let_go in () if size <= SMALL else self.keepers:
                while not self._fits(size) and let_go():
                    pass
            if size > SMALL and not self._fits(size):
                return None
            self._size += size
        made = _Large(-1, size) if size > SMALL else _Small(size)
        weakref.finalize(made, self._gone, size).atexit = False
        return made

    def _fits(self, size: int) -> bool:
        return not self._counted() or self._size + size <= self._most

    def _counted(self) -> int:
        while not self._went.empty():
            self._size -= self._went.get()
        return self._size

    def _gone(self, size: int) -> None:
        self._went.put(size)
        if size > SMALL:
            self._freed()


class _Small(bytearray):
    """Bytes that something can refer to without keeping them."""


class _Large(mmap.mmap):
    """The same, not filled with zeros first, which would hold up every page."""
