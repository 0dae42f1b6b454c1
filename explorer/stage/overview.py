"""A matrix too large to send whole, told by its blocks: least, most and mean of each, and what is not a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

HAS_NAN, HAS_POSITIVE_INFINITE, HAS_NEGATIVE_INFINITE = 1, 2, 4


@dataclass(frozen=True, eq=False)
class Overview:
    """Blocks of the last two axes, for every index of the axes before them.

    Attributes:
        minimum, maximum, mean: float32 of shape (leading, block rows, block columns), over the finite values of each
            block; NaN where a block has none.
        flags: uint8 of the same shape: which of NaN, +inf and -inf a block holds.
        block: rows and columns of a full block; blocks at the end may be smaller.
    """

    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    flags: np.ndarray
    block: tuple[int, int]


def overview(array: np.ndarray, limit: int) -> Overview:
    """Reduce `(leading, block)` to at most `limit` x `limit` blocks per leading index.

    No cell is skipped: an extreme value anywhere shows in its block's minimum or maximum.
    """
    rows, columns = array.shape[1:]
    block = (-(-rows // limit), -(-columns // limit))
    parts = [_reduce(matrix, block) for matrix in array]
    least, most, mean, flags = (np.stack(plane) for plane in zip(*parts, strict=True))
    return Overview(least, most, mean, flags, block)


def _reduce(matrix: np.ndarray, block: tuple[int, int]) -> tuple[np.ndarray, ...]:
    values = matrix if matrix.dtype.kind == "f" else matrix.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        counts = np.outer(*(_sizes(size, step) for size, step in zip(values.shape, block, strict=True)))
        mean = _blocks(np.add, values, block, np.float64) / counts
        least, most = (_blocks(operation, values, block) for operation in (np.minimum, np.maximum))
        return _float32(least), _float32(most), _float32(mean), np.zeros(least.shape, np.uint8)
    kinds = np.isnan(values) * HAS_NAN + np.isposinf(values) * HAS_POSITIVE_INFINITE
    kinds = (kinds + np.isneginf(values) * HAS_NEGATIVE_INFINITE).astype(np.uint8)
    known = np.where(finite, values, np.nan)
    counts = _blocks(np.add, finite, block, np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _blocks(np.add, np.where(finite, values, 0), block, np.float64) / counts
    least, most = (_blocks(operation, known, block) for operation in (np.fmin, np.fmax))
    return _float32(least), _float32(most), _float32(mean), _blocks(np.bitwise_or, kinds, block)


def _blocks(
    operation: Callable[..., np.ndarray], values: np.ndarray, block: tuple[int, int], dtype: type | None = None
) -> np.ndarray:
    """Combine every first row of a block with every second one, and so on; then the columns.

    Whole strided planes are combined at once, which is several times as fast as `reduceat`. The last block may be
    smaller.
    """
    height, width = block
    lines = np.array(values[::height], dtype or values.dtype)
    for row in range(1, height):
        part = values[row::height]
        operation(lines[: len(part)], part, out=lines[: len(part)])
    cells = lines[:, ::width].copy()
    for column in range(1, width):
        part = lines[:, column::width]
        operation(cells[:, : part.shape[1]], part, out=cells[:, : part.shape[1]])
    return cells


def _sizes(size: int, step: int) -> np.ndarray:
    """How many of `size` indices each block of `step` holds."""
    return np.minimum(step, size - np.arange(0, size, step))


def _float32(values: np.ndarray) -> np.ndarray:
    """A value beyond float32 becomes its largest, not an infinity that the tensor does not hold."""
    largest = float(np.finfo(np.float32).max)
    clipped: np.ndarray = np.clip(values.astype(np.float64), -largest, largest)
    return clipped.astype(np.float32)
