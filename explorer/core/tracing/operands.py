"""What an operation was given, in words that hold places for tensors: "[{0}, None, {1}]"."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from explorer.core.tracing.live_frames import is_eager
from explorer.core.tracing.signatures import TENSORS


def is_numeric(value: Any) -> bool:
    """Whether it is kept as numbers, not told in words: an eager tensor, a variable, an array."""
    return isinstance(value, np.ndarray) or is_eager(value)


def parts_of(value: Any) -> tuple[Any, ...]:
    """What a list, a tuple or a slice holds; () of anything else."""
    if isinstance(value, slice):
        return value.start, value.stop, value.step
    return tuple(value) if type(value) in (list, tuple) else ()


def numbers_in(value: Any) -> Iterator[Any]:
    """Every tensor and array in it, in order."""
    if is_numeric(value):
        yield value
    for part in parts_of(value):
        yield from numbers_in(part)


def in_words(value: Any, id_of: Callable[[Any], str | None], name_of: Callable[[Any], str]) -> tuple[list[str], str]:
    """The ids of the recorded tensors that it holds, in order, and the whole in words with "{0}" for the first.

    Args:
        value: an argument.
        id_of: tells the id of a tensor, None of anything else.
        name_of: tells a function's name.
    """
    held: list[str] = []

    def words(part: Any) -> str:
        known = id_of(part)
        if known is not None:
            held.append(known)
            return f"{{{len(held) - 1}}}"
        if isinstance(part, TENSORS) or is_numeric(part):
            return f"tensor {tuple(part.shape)}"
        if inspect.isroutine(part):
            return name_of(part)
        inside = [words(inner) for inner in parts_of(part)]
        if isinstance(part, slice):
            return f"slice({', '.join(inside)})"
        if inside:
            text = ", ".join(inside)
            return f"[{text}]" if isinstance(part, list) else f"({text}{',' * (len(inside) == 1)})"
        return re.sub(r" at 0x[0-9a-f]+", "", repr(part))  # an object lies in another place in every process

    return held, words(value)
