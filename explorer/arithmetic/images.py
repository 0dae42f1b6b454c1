"""Images: shown larger or smaller, cut, padded, turned grey."""

from __future__ import annotations

import math

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, choice_of, copy_of, formula_of, sum_of
from explorer.arithmetic.moved import mover
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number

GREY = (0.2989, 0.5870, 0.1140)
"""How much of red, green and blue makes grey."""


def _space(case: Case, x: Given) -> int:
    """The first axis of space."""
    if case.literal("data_format") == "channels_first":
        return x.array.ndim - 2
    return x.array.ndim - 3


@explains("keras.ops.resize", "tf.resize_images", "tf.resize_bilinear", "tf.resize_nearest_neighbor")
def resize(case: Case) -> Explanation:
    """Taken from the nearest cell, or mixed from four."""
    x = case.need("x", 0)
    how = str(case.literal("interpolation", 2) or case.literal("method", 2) or case.name.removeprefix("resize_"))
    refused = ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio", "preserve_aspect_ratio", "align_corners")
    if any(case.literal(name) for name in refused) or how not in ("bilinear", "nearest"):
        raise CannotExplain("another way than the nearest cell or a mixture of four")
    first = _space(case, x)
    ways = [_way(case, x, axis, how == "nearest") for axis in (first, first + 1)]
    cells, weights = [], []
    for row, part in ways[0]:
        for column, share in ways[1]:
            cells.append((*case.index[:first], row, column, *case.index[first + 2 :]))
            weights.append(part * share)
    if how == "nearest":
        result = copy_of("same number from", x.number(cells[0], case.dtype), case.value, case.dtype)
        return case.answer("The same number, from {source}.", result, source=x.tensor)
    shares = Column(np.array(weights), dtype="float64", recomputed=True)
    columns = [shares, x.column(np.array(cells, int))]
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=16)
    return case.answer("A mixture of {count} neighbours, each with its share.", result, count=len(cells))


def _way(case: Case, x: Given, axis: int, nearest: bool) -> list[tuple[int, float]]:
    """Which cells along an axis, each with its share; the middles of the cells lie on each other."""
    size, wanted = x.array.shape[axis], case.tensor.value.shape[axis]
    place = (case.index[axis] + 0.5) * (size / wanted)
    if nearest:
        return [(min(math.floor(place), size - 1), 1.0)]
    place -= 0.5
    low = math.floor(place)
    share = place - low
    ends = [(min(max(low, 0), size - 1), 1 - share), (min(max(low + 1, 0), size - 1), share)]
    return [(ends[0][0], 1.0)] if ends[0][0] == ends[1][0] else [end for end in ends if end[1]]


@mover("keras.ops.pad_images", "keras.ops.crop_images", none="A cell that was added around the image.")
def _framed(case: Case, grid: np.ndarray) -> np.ndarray:
    first = grid.ndim - (2 if case.literal("data_format") == "channels_first" else 3)
    cutting = case.name == "crop_images"
    kind = "cropping" if cutting else "padding"
    for axis, (before, behind) in ((first, ("top", "bottom")), (first + 1, ("left", "right"))):
        grow = case.tensor.value.shape[axis] - grid.shape[axis]
        start = _start(case, f"{before}_{kind}", f"{behind}_{kind}", abs(grow))
        if cutting:
            grid = np.take(grid, np.arange(start, start + case.tensor.value.shape[axis]), axis)
        else:
            widths = [(start, grow - start) if a == axis else (0, 0) for a in range(grid.ndim)]
            grid = np.pad(grid, widths, constant_values=-1)
    return grid


def _start(case: Case, before: str, behind: str, both: int) -> int:
    told = case.literal(before)
    return int(told) if told is not None else both - int(case.literal(behind, None, both))


@explains("keras.ops.rgb_to_hsv")
def to_hue(case: Case) -> Explanation:
    """Hue, saturation or value of one pixel."""
    x = case.need("x", 0)
    which, column = _pixel(case, x)
    if which == 2:
        winner = int(np.argmax(column.values))
        result = choice_of("maximum of", column, winner, case.value, case.dtype, case.shown)
        return case.answer("The value: the largest of red, green and blue.", result)
    numbers = [_called(column.number(k), name) for k, name in enumerate("rgb")]
    formula, evaluate = "(max(r, g, b) - min(r, g, b)) / max(r, g, b)", _saturation
    text = "The saturation: the spread of red, green and blue over the largest."
    if which == 0:
        largest = int(np.argmax(column.values))
        formula = _HUES[largest]
        evaluate, text = _hue, "The hue: where between red, green and blue the colour lies."
    spread = float(column.values.max() - column.values.min())
    if not spread:
        formula, evaluate = "max(r, g, b) - min(r, g, b)", lambda *rgb: max(rgb) - min(rgb)
        text = "A grey: red, green and blue are equal, so hue and saturation are 0."
    result = formula_of(
        "function of",
        formula,
        numbers,
        evaluate,
        case.value,
        case.dtype,
        scale=float(np.abs(column.values).max()) / max(spread, 1e-6) + 1,
    )
    return case.answer(text, result)


_HUES = (
    "((g - b) / (r - min(g, b)) / 6) mod 1",
    "((b - r) / (g - min(r, b)) + 2) / 6",
    "((r - g) / (b - min(r, g)) + 4) / 6",
)
"""By the largest of the three."""


def _saturation(r: float, g: float, b: float) -> float:
    return (max(r, g, b) - min(r, g, b)) / max(r, g, b) if max(r, g, b) > 0 else 0.0


def _hue(r: float, g: float, b: float) -> float:
    spread = max(r, g, b) - min(r, g, b)
    if not spread:
        return 0.0
    if r >= max(g, b):
        return (g - b) / spread / 6 % 1
    return ((b - r) / spread + 2) / 6 if g >= b else ((r - g) / spread + 4) / 6


@explains("keras.ops.hsv_to_rgb")
def to_red(case: Case) -> Explanation:
    """Red, green or blue of one pixel."""
    x = case.need("x", 0)
    which, column = _pixel(case, x)
    share, evaluate = (("|h * 6 - 3| - 1", _red), ("2 - |h * 6 - 2|", _green), ("2 - |h * 6 - 4|", _blue))[which]
    numbers = [_called(column.number(k), name) for k, name in enumerate("hsv")]
    result = formula_of(
        "function of",
        f"(1 - s + s * min(max({share}, 0), 1)) * v",
        numbers,
        evaluate,
        case.value,
        case.dtype,
        scale=8 * float(np.abs(column.values).max()),
    )
    return case.answer("From hue, saturation and value of the pixel.", result)


def _red(h: float, s: float, v: float) -> float:
    return (1 - s + s * min(max(abs(h * 6 - 3) - 1, 0.0), 1.0)) * v


def _green(h: float, s: float, v: float) -> float:
    return (1 - s + s * min(max(2 - abs(h * 6 - 2), 0.0), 1.0)) * v


def _blue(h: float, s: float, v: float) -> float:
    return (1 - s + s * min(max(2 - abs(h * 6 - 4), 0.0), 1.0)) * v


def _pixel(case: Case, x: Given) -> tuple[int, Column]:
    """Which of the three this cell is, and all three of the pixel."""
    axis = x.array.ndim - (3 if case.literal("data_format") == "channels_first" else 1)
    cells = np.array([(*case.index[:axis], k, *case.index[axis + 1 :]) for k in range(3)], int)
    return case.index[axis], x.column(cells)


def _called(number: Number, name: str) -> Number:
    return Number(number.value, number.printed, number.tensor, number.index, name, number.recomputed)


@explains("keras.ops.rgb_to_grayscale")
def grey(case: Case) -> Explanation:
    """Red, green and blue, each with its share."""
    x = case.need("x", 0)
    axis = x.array.ndim - (3 if case.literal("data_format") == "channels_first" else 1)
    cells = np.array([(*case.index[:axis], k, *case.index[axis + 1 :]) for k in range(x.array.shape[axis])], int)
    if len(cells) != 3:
        raise CannotExplain("an image that is grey already")
    shares = Column(np.array(GREY), dtype="float32")
    result = sum_of("sum of products", [shares, x.column(cells)], case.value, case.dtype, case.shown, rounds=4)
    return case.answer("Red, green and blue, each with its share.", result)
