"""Many numbers to one along axes: sums, means, extremes, counts, running sums, moments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import PRODUCT, Column, Each, Listed, choice_of, formula_of, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, Given, axes_of
from explorer.arithmetic.registry import explains
from explorer.arithmetic.rounding import of_sum
from explorer.model.explanation import Equation, Explanation, Number, Scalar
from explorer.model.trace import Message

TRUTH = Each("x != 0", lambda x: x != 0)
"""1 for what is not 0."""


def along(case: Case, x: Given, axes: tuple[int, ...], index: tuple[int, ...]) -> np.ndarray:
    """The cells that were reduced to the cell `index` of a result, shape (n, rank); kept axes or dropped ones alike."""
    rank = x.array.ndim
    kept = [a for a in range(rank) if a not in axes]
    if len(index) == rank:
        at = {a: index[a] for a in kept}
    elif len(index) == len(kept):
        at = dict(zip(kept, index, strict=True))
    else:
        raise CannotExplain("axes that do not fit the result")
    grid = np.indices([x.array.shape[a] for a in axes]).reshape(len(axes), -1)
    rows = [grid[axes.index(a)] if a in axes else np.full(grid.shape[1], at[a]) for a in range(rank)]
    return np.array(rows, int).reshape(rank, grid.shape[1]).T


def reduced(case: Case, axis_position: int = 1) -> Column:
    """The numbers that were reduced to this cell."""
    x = case.need("x", 0)
    if x.array.dtype.kind not in "fiub":
        raise CannotExplain("no real numbers")
    axes = axes_of(case.literal("axis", axis_position), x.array.ndim)
    return x.column(along(case, x, axes, case.index))


@explains("keras.ops.sum")
def total(case: Case) -> Explanation:
    """A sum along axes."""
    result = sum_of("sum", [reduced(case)], case.value, case.dtype, case.shown)
    return case.answer("A sum of {count} numbers.", result, count=result.count)


@explains("keras.ops.mean")
def mean(case: Case) -> Explanation:
    """A sum along axes, divided by how many there are."""
    result, part = mean_of(reduced(case), case)
    return case.answer("The mean of {count} numbers.", result, (part,), count=part.count)


def mean_of(column: Column, case: Case) -> tuple[Equation, Equation]:
    """The mean as a quotient, and the sum that it divides, recomputed."""
    part = sum_of("sum", [column], None, case.dtype, case.shown, label=Message("sum"))
    scale = float(np.abs(column.values.astype("float64")).sum()) / max(part.count, 1)
    return quotient(part, case.value, case.dtype, scale), part


def quotient(
    total: Equation, recorded: Scalar | None, dtype: str, scale: float = 0.0, label: Message | None = None
) -> Equation:
    """A recomputed sum divided by how many terms it has.

    Args:
        total: the sum.
        recorded: the quotient that was recorded; None if it was not.
        dtype: of the quotient.
        scale: the mean magnitude of what is summed.
        label: what a recomputed quotient is called.
    """
    numbers = (recomputed(total, "sum"), Number(total.count, str(total.count), name="count"))
    return formula_of(
        "quotient", "sum / count", numbers, lambda s, n: s / n, recorded, dtype, scale, 1 + of_sum(total.count), label
    )


@explains("keras.ops.max", "keras.ops.min")
def extreme(case: Case) -> Explanation:
    """The largest or the smallest along axes."""
    column = reduced(case)
    largest = case.name.endswith("max")
    values = column.values
    if not len(values):
        raise CannotExplain("no numbers")
    winner = int(np.argmax(values) if largest else np.argmin(values))
    result = choice_of("maximum of" if largest else "minimum of", column, winner, case.value, case.dtype, case.shown)
    return case.answer(
        "The largest of {count} numbers." if largest else "The smallest of {count} numbers.", result, count=result.count
    )


@explains("keras.ops.argmax", "keras.ops.argmin")
def position(case: Case) -> Explanation:
    """Where the largest or the smallest stands along an axis."""
    column = reduced(case)
    winner = int(np.argmax(column.values) if case.name.endswith("max") else np.argmin(column.values))
    result = choice_of("position of", column, winner, case.value, case.dtype, case.shown)
    if case.value != winner:
        raise CannotExplain("several numbers are equal")
    return case.answer("The position of the marked one among {count} numbers.", result, count=result.count)


@explains("keras.ops.any", "keras.ops.all")
def logical(case: Case) -> Explanation:
    """Whether any or all are true."""
    column = reduced(case)
    every = case.name.endswith("all")
    truth = column.values.astype(bool)
    hits = np.flatnonzero(~truth if every else truth)
    deciding = int(hits[0]) if len(hits) else 0
    if not len(truth):
        raise CannotExplain("no numbers")
    form = "minimum of" if every else "maximum of"
    each = PRODUCT if column.dtype == "bool" else TRUTH
    result = choice_of(form, replace(column, name="x"), deciding, case.value, case.dtype, case.shown, each)
    return case.answer(
        "Whether all of {count} are true." if every else "Whether any of {count} is true.", result, count=result.count
    )


@explains("keras.ops.count_nonzero")
def count_nonzero(case: Case) -> Explanation:
    """How many are not 0."""
    result = sum_of("sum", [replace(reduced(case), name="x")], case.value, case.dtype, case.shown, each=TRUTH)
    return case.answer("How many of {count} numbers are not 0.", result, count=result.count)


@explains("keras.ops.prod")
def product(case: Case) -> Explanation:
    """A product along axes."""
    column = reduced(case)
    if len(column.values) > 40:
        raise CannotExplain("a product of more than 40 numbers")
    factors = [
        Column(column.values[k : k + 1], column.tensor, _one(column, k), column.dtype)
        for k in range(len(column.values))
    ]
    result = sum_of("product", factors, case.value, case.dtype, rounds=len(factors))
    return case.answer("A product of {count} numbers.", result, count=len(factors))


def _one(column: Column, k: int) -> np.ndarray | None:
    return None if column.indices is None else column.indices[k : k + 1]


@explains("keras.ops.cumsum")
def running(case: Case) -> Explanation:
    """The sum of everything up to the cell."""
    x = case.need("x", 0)
    axis = case.literal("axis", 1)
    index = np.unravel_index(case.index[0], x.array.shape) if axis is None and x.array.ndim > 1 else case.index
    if axis is None:
        if x.array.ndim > 1:
            flat = np.arange(case.index[0] + 1)
            cells = np.array(np.unravel_index(flat, x.array.shape)).T
            result = sum_of("sum", [x.column(cells)], case.value, case.dtype, case.shown)
            return case.answer("The sum of the first {count} numbers.", result, count=result.count)
        axis = 0
    along_axis = axis % x.array.ndim
    cells = np.tile(np.array(index, int), (case.index[along_axis] + 1, 1))
    cells[:, along_axis] = np.arange(len(cells))
    result = sum_of("sum", [x.column(cells)], case.value, case.dtype, case.shown)
    return case.answer("The sum of the first {count} numbers.", result, count=result.count)


@explains("keras.ops.moments")
def moments(case: Case) -> Explanation:
    """The mean, and the mean square distance from it."""
    x = case.need("x", 0)
    axes = axes_of(case.literal("axes", 1), x.array.ndim)
    column = x.column(along(case, x, axes, case.index))
    if case.place.position == 0:
        result, part = mean_of(column, case)
        return case.answer("The mean of {count} numbers.", result, (part,), count=part.count)
    return _variance(case, column)


@explains("keras.ops.var", "tf.reduce_variance")
def variance(case: Case) -> Explanation:
    """The mean square distance from the mean."""
    return _variance(case, reduced(case))


@explains("keras.ops.std", "tf.reduce_std")
def deviation(case: Case) -> Explanation:
    """The root of the variance."""
    return _spread(
        case,
        reduced(case),
        "function of",
        "sqrt(squares / count)",
        lambda s, n: math.sqrt(s / n),
        "The root of the mean square distance of {count} numbers from their mean.",
    )


def _variance(case: Case, column: Column) -> Explanation:
    return _spread(
        case,
        column,
        "quotient",
        "squares / count",
        lambda s, n: s / n,
        "The mean square distance of {count} numbers from their mean.",
    )


def _spread(
    case: Case, column: Column, form: str, formula: str, evaluate: Callable[[float, float], float], headline: str
) -> Explanation:
    parts = spread_of(column, case)
    count = parts[0].count
    numbers = (recomputed(parts[-1], "squares"), Number(count, str(count), name="count"))
    scale = evaluate(_shaken(column.values.astype("float64")), 1.0)  # as rounding x and the mean leaves it
    result = formula_of(form, formula, numbers, evaluate, case.value, case.dtype, scale, 2 + of_sum(count))
    return case.answer(headline, result, parts, count=count)


def _shaken(values: np.ndarray) -> float:
    """The magnitude of the variance where x and the mean are rounded before they are subtracted."""
    distances = np.abs(values - values.mean())
    return float((distances**2 + distances * np.abs(values)).mean())


def spread_of(column: Column, case: Case) -> tuple[Equation, Equation, Equation]:
    """The sum, the mean, and the sum of squared distances from it, recomputed."""
    total = sum_of("sum", [column], None, case.dtype, case.shown, label=Message("sum"))
    average = quotient(total, None, case.dtype, label=Message("mean"))
    printed = replace(recomputed(average, "mean"), value=float(average.printed))
    squares = sum_of(
        "sum",
        [replace(column, name="x"), Listed(printed, count=len(column.values))],
        None,
        case.dtype,
        case.shown,
        label=Message("sum of squared distances from the mean"),
        each=Each("(x - mean)^2", lambda x, mean: (x - mean) ** 2),
    )
    return total, average, squares
