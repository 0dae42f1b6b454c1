"""Which input cells a window covers: shared by pooling and convolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.operands import CannotExplain


@dataclass(frozen=True)
class Layout:
    """Where batch, space and channels are.

    Attributes:
        space: the axes of space.
        channel: the axis of channels.
    """

    space: tuple[int, ...]
    channel: int

    def cell(self, batch: int, place: Sequence[int], channel: int) -> tuple[int, ...]:
        """The index of a cell."""
        return (batch, *place, channel) if self.channel > 1 else (batch, channel, *place)


def layout(case: Case, rank: int, position: int | None = None) -> Layout:
    """By the operation's `data_format`; Keras's usual one if it is not told."""
    told = case.literal("data_format", position)
    if told in ("channels_first", "NCW", "NCHW", "NCDHW"):
        return Layout(tuple(range(2, rank)), 1)
    if told in (None, "channels_last", "NWC", "NHWC", "NDHWC"):
        return Layout(tuple(range(1, rank - 1)), rank - 1)
    raise CannotExplain(f"data_format={told}")


def several(value: Any, count: int) -> tuple[int, ...]:
    """One number for each axis of space."""
    if isinstance(value, int):
        return (value,) * count
    if isinstance(value, (list, tuple)) and len(value) == count:
        return tuple(int(x) for x in value)
    if isinstance(value, (list, tuple)) and len(value) == 1:
        return (int(value[0]),) * count
    if isinstance(value, (list, tuple)) and len(value) == count + 2:  # TensorFlow's, with batch and channels
        middle = value[1:-1] if value[-1] == 1 else value[2:]
        return tuple(int(x) for x in middle)
    raise CannotExplain(f"{value} for {count} axes")


def padding_before(padding: Any, size: int, window: int, stride: int, dilation: int = 1) -> int:
    """How many cells of padding stand before the first."""
    name = str(padding).lower()
    reach = (window - 1) * dilation + 1
    if name == "valid":
        return 0
    if name == "causal":
        return reach - 1
    if name == "same":
        out = -(-size // stride)
        return max((out - 1) * stride + reach - size, 0) // 2
    raise CannotExplain(f"padding={padding}")


def window(
    shape: Sequence[int], start: Sequence[int], size: Sequence[int], dilation: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """The places of a window that lie inside: in the window and in the input, each of shape (n, axes)."""
    inside = np.indices(tuple(size)).reshape(len(size), -1).T
    places = np.asarray(start, int) + inside * np.asarray(dilation, int)
    fits = ((places >= 0) & (places < np.asarray(shape, int))).all(axis=1)
    return inside[fits], places[fits]
