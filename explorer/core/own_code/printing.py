"""What code prints while it runs."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator

from explorer.core.plain import plain

MAX_PRINTED = 20_000
"""So many characters of what was printed are kept; the first ones."""


class Printed(io.TextIOBase):
    """A stream that keeps the start of what is written to it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MAX_PRINTED
        self._more = False

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep as much of the text as there is room for."""
        kept = str.__getitem__(text, slice(self._room))
        self._room -= len(kept)
        self._more = self._more or len(kept) < len(text)
        if kept:
            self._parts.append(kept)
        return len(text)

    @property
    def text(self) -> str:
        """What was printed, without ANSI escape sequences; "…" at its end if there was more."""
        written = "".join(self._parts).encode("utf-8", "replace").decode()
        return plain(written) + ("…" if self._more else "")


@contextlib.contextmanager
def captured() -> Iterator[Printed]:
    """Within the block, what Python code prints is kept. Afterwards the streams are those from before, also where the
    code has put others in their place."""
    before = sys.stdout, sys.stderr
    printed = Printed()
    sys.stdout = sys.stderr = printed
    try:
        yield printed
    finally:
        sys.stdout, sys.stderr = before
