"""Pooling: the window, its winner or its mean."""

from __future__ import annotations

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, choice_of
from explorer.arithmetic.operands import Given
from explorer.arithmetic.reductions import mean_of
from explorer.arithmetic.registry import explains
from explorer.arithmetic.windows import Layout, layout, padding_before, several, window
from explorer.model.explanation import Explanation


@explains("keras.ops.max_pool", "keras.ops.average_pool")
def pool(case: Case) -> Explanation:
    """A window that moves by its strides; what lies in the padding does not count."""
    x = case.need("x", 0)
    where = layout(case, x.array.ndim, 4)
    axes = len(where.space)
    size = several(case.literal("size", 1), axes)
    strides = several(case.literal("strides", 2) or size, axes)
    padding = case.literal("padding", 3, "valid")
    sizes = [x.array.shape[a] for a in where.space]
    start = [
        case.index[a] * s - padding_before(padding, n, k, s)
        for a, n, k, s in zip(where.space, sizes, size, strides, strict=True)
    ]
    _, places = window(sizes, start, size, (1,) * axes)
    return _pooled(case, x, where, places)


@explains("keras.ops.adaptive_max_pool", "keras.ops.adaptive_average_pool")
def adaptive(case: Case) -> Explanation:
    """Windows that divide the input into as many as the output has cells."""
    x = case.need("x", 0)
    where = layout(case, x.array.ndim, 2)
    sizes = [x.array.shape[a] for a in where.space]
    out = [case.tensor.value.shape[a] for a in where.space]
    at = [case.index[a] for a in where.space]
    start = [i * n // m for i, n, m in zip(at, sizes, out, strict=True)]
    stop = [-(-(i + 1) * n // m) for i, n, m in zip(at, sizes, out, strict=True)]
    _, places = window(sizes, start, [b - a for a, b in zip(start, stop, strict=True)], (1,) * len(sizes))
    return _pooled(case, x, where, places)


def _pooled(case: Case, x: Given, where: Layout, places: np.ndarray) -> Explanation:
    column = window_column(case, x, where, places)
    if "average" in case.name:
        result, part = mean_of(column, case)
        return case.answer("The mean of the {count} cells of the window.", result, (part,), count=part.count)
    winner = int(np.argmax(column.values))
    result = choice_of("maximum of", column, winner, case.value, case.dtype, case.shown)
    return case.answer("The largest of the {count} cells of the window.", result, count=result.count)


def window_column(case: Case, x: Given, where: Layout, places: np.ndarray) -> Column:
    """The window's cells in the result cell's own batch entry and channel."""
    batch, channel = case.index[0], case.index[where.channel]
    cells = np.array([where.cell(batch, place, channel) for place in places], int).reshape(len(places), x.array.ndim)
    return x.column(cells)
