"""What a tensor's values amount to: counted over every cell, before anything is left out of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Statistics:
    """Figures of one array.

    Attributes:
        cells: how many values there are.
        minimum, maximum: over the finite values, exact; `None` where there are none (empty, all NaN, text).
        mean, rms: over the finite values, accumulated in float64.
        zeros: values equal to zero (negative zero and False included).
        nan: values that are not a number.
        positive_infinite, negative_infinite: +inf and -inf.
    """

    cells: int
    minimum: float | int | None = None
    maximum: float | int | None = None
    mean: float | None = None
    rms: float | None = None
    zeros: int = 0
    nan: int = 0
    positive_infinite: int = 0
    negative_infinite: int = 0

    def to_json(self) -> dict[str, float | int | str | None]:
        """The figures as JSON that every reader agrees on.

        Numbers that JavaScript could not hold exactly (beyond 2**53) and numbers that JSON cannot say go as text.
        """
        return {name: json_number(value) for name, value in vars(self).items()}


def statistics(array: np.ndarray) -> Statistics:
    """The figures of an array of any shape; text has a count only."""
    if array.dtype.kind not in "biuf":
        return Statistics(cells=array.size)
    if array.size == 0:
        return Statistics(cells=0)
    finite = array if array.dtype.kind in "biu" else _finite(array)
    zeros = array.size - int(np.count_nonzero(array))
    if finite is array:
        return Statistics(array.size, *_figures(array), zeros=zeros)
    return Statistics(
        array.size,
        *_figures(finite),
        zeros=zeros,
        nan=int(np.count_nonzero(np.isnan(array))),
        positive_infinite=int(np.count_nonzero(np.isposinf(array))),
        negative_infinite=int(np.count_nonzero(np.isneginf(array))),
    )


def json_number(value: float | int | None) -> float | int | str | None:
    """A number that JSON and JavaScript both hold exactly, or its text."""
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if value != value else ("inf" if value > 0 else "-inf")
    return value


def _finite(array: np.ndarray) -> np.ndarray:
    """The finite values; the array itself if all are (found without making a mask)."""
    if math.isfinite(float(array.min())) and math.isfinite(float(array.max())):
        return array  # NaN would have become the minimum
    return np.asarray(array[np.isfinite(array)])


def _figures(array: np.ndarray) -> tuple[float | int | None, float | int | None, float | None, float | None]:
    if array.size == 0:
        return None, None, None, None
    whole = array.dtype.kind in "biu"
    least, most = array.min(), array.max()
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(array.mean(dtype=np.float64))
        # Scaled by the largest magnitude, so that squares of large values do not overflow.
        largest = max(abs(float(least)), abs(float(most))) or 1.0
        cells, squares = array.reshape(-1), 0.0
        for start in range(0, cells.size, _AT_ONCE):  # a copy of a large array whole would be as large again
            scaled = (cells[start : start + _AT_ONCE] * (1.0 / largest)).astype(np.float32)  # enough for colours
            squares += float(scaled @ scaled)
        rms = largest * math.sqrt(squares / array.size)
    return (int(least), int(most), mean, rms) if whole else (float(least), float(most), mean, rms)
