"""Where a sliding window looks, along one axis, in plain integers: for the derivations of pooling and convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def window_cells(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> list[list[tuple[int, int]]]:
    """What the window covers at each of its places.

    "valid" keeps the window inside the axis. "same" gives `ceil(size / stride)` places and pads with cells that do not
    exist, the odd one at the end.

    Args:
        size: cells along the axis.
        window: cells of the window.
        stride: cells from one place to the next.
        padding: "valid" or "same".
        dilation: distance between two neighbouring cells of the window.

    Returns:
        For each place, pairs `(cell of the window, cell of the axis)`; cells that are only padding are left out.
    """
    reach = (window - 1) * dilation + 1
    if padding == "same":
        places = -(-size // stride)
        before = max((places - 1) * stride + reach - size, 0) // 2
    else:
        places, before = (size - reach) // stride + 1, 0
    return [
        [
            (offset, place * stride - before + offset * dilation)
            for offset in range(window)
            if 0 <= place * stride - before + offset * dilation < size
        ]
        for place in range(places)
    ]


def pair(value: int | Sequence[Any]) -> tuple[int, int]:
    """An integer twice, or the two integers of a sequence."""
    first, second = (value, value) if isinstance(value, int) else value
    return int(first), int(second)


def largest(cells: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The maximum as TensorFlow pools it: a NaN never wins a comparison, and where nothing wins stands -inf."""
    return np.asarray(np.fmax.reduce(cells, axis=axis, initial=-np.inf))
