"""What a sliding window sees along one axis, in NumPy: for the derivations of pooling and convolution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


def under_window(
    cells: np.ndarray, axis: int, window: int, stride: int, padding: str, *, dilation: int = 1, outside: float = 0.0
) -> Iterator[np.ndarray]:
    """For each cell of the window, in order: what lies under it at every place of the window, along that axis.

    "valid" keeps the window inside the axis. "same" gives `ceil(size / stride)` places and lets the window reach over
    the edges, the odd cell at the end.

    Args:
        cells: the array.
        axis: along which the window slides.
        window: cells of the window.
        stride: cells from one place to the next.
        padding: "valid" or "same".
        dilation: distance between two neighbouring cells of the window.
        outside: what a cell beyond the edge counts as.
    """
    size, reach = cells.shape[axis], (window - 1) * dilation + 1
    places = -(-size // stride) if padding == "same" else (size - reach) // stride + 1
    missing = max((places - 1) * stride + reach - size, 0)
    around = [(0, 0)] * cells.ndim
    around[axis] = (missing // 2, missing - missing // 2)
    padded = np.pad(cells, around, constant_values=outside)
    for offset in range(window):
        yield padded.take(offset * dilation + stride * np.arange(places), axis=axis)


def pair(value: int | Sequence[Any]) -> tuple[int, int]:
    """An integer twice, or the two integers of a sequence."""
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def largest_under(cells: np.ndarray, axis: int, window: int, stride: int, padding: str) -> np.ndarray:
    """The maximum at every place, as TensorFlow pools: a NaN never wins, and where nothing wins stands -inf."""
    winner: Any = -np.inf
    for seen in under_window(cells, axis, window, stride, padding, outside=-np.inf):
        winner = np.fmax(winner, seen)
    return np.asarray(winner)


def sum_under(cells: np.ndarray, axis: int, window: int, stride: int, padding: str) -> np.ndarray:
    """The sum at every place; what lies beyond the edge counts nothing."""
    return np.asarray(sum(under_window(cells, axis, window, stride, padding)))
