"""A matrix too large to send whole, told by its blocks: least, most and mean of each, and what is not a number."""

from __future__ import annotations

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
    """Reduce `(leading, rows, columns)` to at most `limit` x `limit` blocks per leading index.

    No cell is skipped: an extreme value anywhere shows in its block's minimum or maximum.
    """
    rows, columns = array.shape[1:]
    block = (-(-rows // limit), -(-columns // limit))
    starts = [np.arange(0, size, step) for size, step in zip((rows, columns), block, strict=True)]
    parts = [_reduce(matrix, starts[0], starts[1]) for matrix in array]
    least, most, mean, flags = (np.stack(plane) for plane in zip(*parts, strict=True))
    return Overview(least, most, mean, flags, block)


def _reduce(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, ...]:
    values = matrix if matrix.dtype.kind == "f" else matrix.astype(np.float64)
    finite = np.isfinite(values)
    if finite.all():
        flags = np.zeros((len(rows), len(columns)), np.uint8)
        heights, widths = np.diff(rows, append=matrix.shape[0]), np.diff(columns, append=matrix.shape[1])
        mean = _blocks(np.add, values, rows, columns, np.float64) / np.outer(heights, widths)
        least, most = (_blocks(operation, values, rows, columns) for operation in (np.minimum, np.maximum))
        return _float32(least), _float32(most), _float32(mean), flags
    kinds = np.isnan(values) * HAS_NAN + np.isposinf(values) * HAS_POSITIVE_INFINITE
    kinds = (kinds + np.isneginf(values) * HAS_NEGATIVE_INFINITE).astype(np.uint8)
    known = np.where(finite, values, np.nan)
    counts = _blocks(np.add, finite, rows, columns, np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _blocks(np.add, np.where(finite, values, 0), rows, columns, np.float64) / counts
    least, most = (_blocks(operation, known, rows, columns) for operation in (np.fmin, np.fmax))
    return _float32(least), _float32(most), _float32(mean), _blocks(np.bitwise_or, kinds, rows, columns)


def _blocks(
    operation: np.ufunc, values: np.ndarray, rows: np.ndarray, columns: np.ndarray, dtype: type | None = None
) -> np.ndarray:
    """Rows first: whole lines are combined at a time, and only the few that are left column by column."""
    lines = operation.reduceat(values, rows, axis=0, dtype=dtype)
    return np.asarray(operation.reduceat(lines, columns, axis=1, dtype=dtype))


def _float32(values: np.ndarray) -> np.ndarray:
    """A value beyond float32 becomes its largest, not an infinity that the tensor does not hold."""
    largest = float(np.finfo(np.float32).max)
    return np.clip(values, -largest, largest).astype(np.float32)
