"""Images turned, moved, sheared: each cell looks up a place of the image and mixes the four cells around it."""

from __future__ import annotations

import math

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, copy_of, origin_of, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation


@explains("keras.ops.affine_transform", "tf.raw_ops.ImageProjectiveTransform")
def affine(case: Case) -> Explanation:
    """The eight numbers of the transform say where to look."""
    x = case.need("x", 0)
    wanted = case.given("transform", 1) or case.need("transforms", 1)
    if x.array.ndim != 4 or case.literal("data_format") == "channels_first":
        raise CannotExplain("another layout than batch, height, width, channels")
    rows = wanted.array.astype("float64").reshape(-1, 8)
    row, column = _looked_up(rows[case.index[0] if len(rows) > 1 else 0], case.index[1], case.index[2])
    mode = str(case.literal("fill_mode", 3, "constant")).lower()
    height, width = x.array.shape[1:3]
    row, column = _folded(row, height, mode), _folded(column, width, mode)
    if str(case.literal("interpolation", 2, "nearest")).lower() == "nearest":
        return _nearest(case, x, round(row), round(column))
    return _mixed(case, x, row, column)


def _looked_up(t: np.ndarray, row: int, column: int) -> tuple[float, float]:
    below = t[6] * column + t[7] * row + 1
    return (t[3] * column + t[4] * row + t[5]) / below, (t[0] * column + t[1] * row + t[2]) / below


def _folded(place: float, size: int, mode: str) -> float:
    """A place outside of the image, brought inside."""
    if mode == "constant":
        return place
    if mode == "nearest":
        return min(max(place, 0.0), size - 1.0)
    if mode == "wrap":
        return _wrapped(place, size)
    if mode != "reflect":
        raise CannotExplain(f"fill_mode={mode}")
    if size <= 1:
        return 0.0
    place = place + 2 * size * math.floor(-place / (2 * size)) if place < -2 * size else place
    if place < 0:
        place = place + 2 * size if place < -size else -place - 1
    elif place > size - 1:
        place -= 2 * size * math.floor(place / (2 * size))
        place = 2 * size - place - 1 if place >= size else place
    return min(max(place, 0.0), size - 1.0)


def _wrapped(place: float, size: int) -> float:
    if size <= 1:
        return 0.0
    if place < 0:
        place += size * (math.floor(-place / (size - 1)) + 1)
    elif place > size - 1:
        place -= size * math.floor(place / (size - 1))
    return min(max(place, 0.0), size - 1.0)


def _nearest(case: Case, x: Given, row: int, column: int) -> Explanation:
    if not (0 <= row < x.array.shape[1] and 0 <= column < x.array.shape[2]):
        return case.answer("A cell beside the image.", origin_of("constant", case.value, case.dtype))
    cell = (case.index[0], row, column, case.index[3])
    result = copy_of("same number from", x.number(cell, case.dtype), case.value, case.dtype)
    return case.answer("The same number, from {source}.", result, source=x.tensor)


def _mixed(case: Case, x: Given, row: float, column: float) -> Explanation:
    fill = float(case.literal("fill_value", 4, 0) or 0)
    cells, weights = [], []
    for near, part in _ends(row):
        for beside, share in _ends(column):
            inside = 0 <= near < x.array.shape[1] and 0 <= beside < x.array.shape[2]
            if not inside and fill:
                raise CannotExplain("a cell beside the image that is not 0")
            if inside and part * share:
                cells.append((case.index[0], near, beside, case.index[3]))
                weights.append(part * share)
    if not cells:
        return case.answer("A cell beside the image.", origin_of("constant", case.value, case.dtype))
    shares = Column(np.array(weights), dtype="float64", recomputed=True)
    columns = [shares, x.column(np.array(cells, int))]
    slack = 16 * int(1 + max(x.array.shape[1:3]))  # places are computed in float32
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=slack)
    return case.answer("A mixture of {count} neighbours, each with its share.", result, count=len(cells))


def _ends(place: float) -> list[tuple[int, float]]:
    low = math.floor(place)
    return [(low, low + 1 - place), (low + 1, place - low)]
