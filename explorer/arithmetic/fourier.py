"""Fourier transforms: every number of a row times a cosine or a sine."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import EPSILON, Column, sum_of
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number

_NOTHING = 1e-12
"""What is smaller is a rounding of 0."""
_TEXT = "A sum of {count} numbers, each times a cosine or a sine."


@explains("keras.ops.rfft")
def rfft(case: Case) -> Explanation:
    """Of real numbers."""
    x = case.need("x", 0)
    size = int(case.literal("fft_length", 1) or x.array.shape[-1])
    used = np.arange(min(size, x.array.shape[-1]))
    cells = np.array([(*case.index[:-1], k) for k in used], int)
    waves = _waves(case.index[-1], used, size)[case.place.position]
    columns = [Column(waves, dtype="float64", recomputed=True), x.column(cells)]
    return _answer(case, columns, _TEXT)


@explains("keras.ops.fft", only=True)
def fft(case: Case) -> Explanation:
    """Of complex numbers, given as two tensors."""
    real, imaginary = case.several("x", 0)
    size = real.array.shape[-1]
    cells = np.array([(*case.index[:-1], k) for k in range(size)], int)
    cosine, sine = _waves(case.index[-1], np.arange(size), size)
    first, second = (sine, cosine) if case.place.position else (cosine, -sine)
    one, two = real.column(cells), imaginary.column(cells)
    waves = Column(np.concatenate([first, second]), dtype="float64", recomputed=True)
    return _answer(case, [waves, _Joined(one, two)], _TEXT)


@explains("keras.ops.stft")
def stft(case: Case) -> Explanation:
    """Of a piece of a row that a window was laid over."""
    x = case.need("x", 0)
    length, step, size = (
        int(case.literal(name, at)) for name, at in (("sequence_length", 1), ("sequence_stride", 2), ("fft_length", 3))
    )
    shape = case.literal("window", 4)
    if shape not in ("hann", "hamming", None):
        raise CannotExplain("a window of its own")
    before = (size - length) // 2
    within = np.arange(length)
    place = case.index[-2] * step + before + within - (size // 2 if case.literal("center", 5, True) else 0)
    last = x.array.shape[-1] - 1
    place = np.abs(place)  # what lies beyond the ends is a reflection
    place = np.where(place > last, 2 * last - place, place)
    cells = np.array([(*case.index[:-2], k) for k in place], int)
    waves = _waves(case.index[-1], before + within, size)[case.place.position] * _window(shape, length)
    columns = [Column(waves, dtype="float64", recomputed=True), x.column(cells)]
    return _answer(case, columns, "A sum of {count} numbers, each times a window and a cosine or a sine.")


def _answer(case: Case, columns: list[Column], text: str) -> Explanation:
    """The sum; where waves cancel each other, rounding is measured by what went in."""
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=16)
    went_in = float(np.abs(columns[1].values.astype("float64")).sum())
    result = replace(result, bound=result.bound + 16 * EPSILON.get(case.dtype, 0.0) * went_in)
    if not result.adds_up:
        raise CannotExplain("the waves cancel each other here, and what is left is rounding")
    return case.answer(text, result, count=result.count)


def _waves(number: int, places: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The cosines, and minus the sines, of one wave."""
    angle = 2 * np.pi * number * places / size
    cosine, sine = np.cos(angle), -np.sin(angle)
    return np.where(np.abs(cosine) < _NOTHING, 0, cosine), np.where(np.abs(sine) < _NOTHING, 0, sine)


def _window(shape: str | None, length: int) -> np.ndarray:
    if shape is None:
        return np.ones(length)
    base = 0.5 if shape == "hann" else 0.54
    return base - (1 - base) * np.cos(2 * np.pi * np.arange(length) / length)


class _Joined(Column):
    """Two columns, one behind the other."""

    def __init__(self, first: Column, second: Column) -> None:
        super().__init__(np.concatenate([first.values, second.values]), dtype=first.dtype)
        object.__setattr__(self, "both", (first, second))

    def number(self, position: int) -> Number:
        """One of them."""
        first, second = cast(tuple[Column, Column], self.both)  # type: ignore[attr-defined]
        size = len(first.values)
        return first.number(position) if position < size else second.number(position - size)
