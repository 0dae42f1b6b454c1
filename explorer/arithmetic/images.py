"""Images: shown larger or smaller, cut, padded, turned grey."""

from __future__ import annotations

import math

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, copy_of, sum_of
from explorer.arithmetic.moved import mover
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.explanation import Explanation

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
