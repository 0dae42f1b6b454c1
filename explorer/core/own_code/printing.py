"""What code prints while it runs."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

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
    before = sys.stdout, sys.stderr, tf.print
    printed = Printed()
    sys.stdout = sys.stderr = printed
    tf.print = _print_of(before[2])
    try:
        yield printed
    finally:
        sys.stdout, sys.stderr, tf.print = before


def _print_of(original: Any) -> Any:
    """`tf.print` that writes where Python does. TensorFlow's own writes past it, and still does in a graph."""

    @functools.wraps(original)
    def tf_print(*inputs: Any, **options: Any) -> Any:
        if not tf.executing_eagerly() or "output_stream" in options:
            return original(*inputs, **options)
        most = options.get("summarize") or 3
        texts = [
            tf.strings.format("{}", one, summarize=most).numpy().decode() if tf.is_tensor(one) else str(one)
            for one in inputs
        ]
        print(options.get("sep", " ").join(texts), end=options.get("end", "\n"))
        return None

    return tf_print
