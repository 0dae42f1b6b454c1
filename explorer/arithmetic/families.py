"""Reductions that leave out NaN, weigh, measure lengths, or run along an axis: built from the plain reductions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, as_float, choice_of, formula_of, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, axes_of
from explorer.arithmetic.order import line, picked, without_nan
from explorer.arithmetic.reductions import along, mean_of, reduced, spread_of
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Equation, Explanation, Number
from explorer.model.trace import Message


@explains("keras.ops.nansum")
def nansum(case: Case) -> Explanation:
    """A sum; NaN counts as 0."""
    result = sum_of("sum", [without_nan(case)], case.value, case.dtype, case.shown)
    return case.answer("A sum of the {count} numbers that are not NaN.", result, count=result.count)


@explains("keras.ops.nanmean")
def nanmean(case: Case) -> Explanation:
    """A mean of those that are not NaN."""
    result, part = mean_of(without_nan(case), case)
    return case.answer("The mean of the {count} numbers that are not NaN.", result, (part,), count=part.count)


@explains("keras.ops.nanmax", "keras.ops.nanmin", "keras.ops.nanargmax", "keras.ops.nanargmin")
def nan_extreme(case: Case) -> Explanation:
    """The largest or smallest that is not NaN, or its position."""
    column = reduced(case)
    name = case.name
    kept = np.flatnonzero(~np.isnan(column.values.astype("float64")))
    if not len(kept):
        raise CannotExplain("no numbers")
    largest = name.endswith("max")
    values = column.values[kept]
    winner = int(kept[np.argmax(values) if largest else np.argmin(values)])
    if "arg" in name:
        if case.value != winner:
            raise CannotExplain("several numbers are equal")
        result = choice_of("position of", column, winner, case.value, case.dtype, case.shown)
        return case.answer("The position of the marked one among {count} numbers.", result, count=result.count)
    form = "maximum of" if largest else "minimum of"
    column = picked(column, kept)
    result = choice_of(form, column, int(np.flatnonzero(kept == winner)[0]), case.value, case.dtype, case.shown)
    text = "The largest of {count} numbers." if largest else "The smallest of {count} numbers."
    return case.answer(text, result, count=result.count)


@explains("keras.ops.nanprod", "keras.ops.cumprod", "keras.ops.nancumprod")
def products(case: Case) -> Explanation:
    """A product of numbers that are not NaN, or of all up to the cell."""
    column = without_nan(case) if case.name.endswith("nanprod") else _running(case)
    if len(column.values) > 40:
        raise CannotExplain("a product of more than 40 numbers")
    return product_of(case, column)


def product_of(case: Case, column: Column) -> Explanation:
    """All numbers of a column multiplied."""
    factors = [picked(column, np.array([k])) for k in range(len(column.values))] or [Column(np.ones(1))]
    result = sum_of("product", factors, case.value, case.dtype, rounds=len(factors))
    return case.answer("A product of {count} numbers.", result, count=len(factors))


@explains("keras.ops.nancumsum", "tf.cumulative_logsumexp")
def nancumsum(case: Case) -> Explanation:
    """The sum of everything up to the cell that is not NaN."""
    if case.name.endswith("exp"):
        raise CannotExplain("a running sum of exponentials")
    return _running_sum(case)


@explains("tf.cumsum", only=True)
def cumsum(case: Case) -> Explanation:
    """TensorFlow's: from either end, with the cell itself or without."""
    return _running_sum(case)


def _running_sum(case: Case) -> Explanation:
    result = sum_of("sum", [_running(case)], case.value, case.dtype, case.shown)
    return case.answer("The sum of the first {count} numbers.", result, count=result.count)


def _running(case: Case) -> Column:
    """What is added or multiplied up to the cell; NaN is left out where the operation does."""
    x = case.need("x", 0)
    axis = case.literal("axis", 1, 0 if case.step.operation.startswith("tf.") else None)
    rank = x.array.ndim
    if axis is None and rank > 1:
        cells, at = line(case, x, None), case.index[0]
    else:
        axis = int(axis or 0) % rank
        cells, at = line(case, x, axis), case.index[axis]
    exclusive, reverse = bool(case.literal("exclusive", 2)), bool(case.literal("reverse", 3))
    cells = cells[at + exclusive :] if reverse else cells[: at + (not exclusive)]
    column = x.column(cells)
    if "nan" in case.name:
        column = picked(column, np.flatnonzero(~np.isnan(column.values.astype("float64"))))
    return column


@explains("keras.ops.nanvar", "keras.ops.nanstd")
def nan_spread(case: Case) -> Explanation:
    """The mean square distance from the mean, or its root, of those that are not NaN."""
    parts = spread_of(without_nan(case), case)
    count = parts[0].count
    numbers = (recomputed(parts[-1], "squares"), Number(count, str(count), name="count"))
    root = case.name.endswith("std")
    formula, evaluate = ("sqrt(squares / count)", _root_of_share) if root else ("squares / count", _share)
    average = as_float(parts[1].value)
    result = formula_of(
        "function of" if root else "quotient", formula, numbers, evaluate, case.value, case.dtype,
        scale=average**2, roundings=8 + count,
    )  # fmt: skip
    text = (
        "The root of the mean square distance of {count} numbers from their mean."
        if root
        else "The mean square distance of {count} numbers from their mean."
    )
    return case.answer(text, result, parts, count=count)


def _share(a: float, b: float) -> float:
    return a / b


def _root_of_share(a: float, b: float) -> float:
    return math.sqrt(a / b)


@explains("keras.ops.average")
def average(case: Case) -> Explanation:
    """A mean, plain or with weights."""
    weights = case.given("weights", 2)
    column = reduced(case)
    if weights is None:
        result, part = mean_of(column, case)
        return case.answer("The mean of {count} numbers.", result, (part,), count=part.count)
    x = case.need("x", 0)
    axes = axes_of(case.literal("axis", 1), x.array.ndim)
    cells = along(case, x, axes, case.index)
    own = cells if weights.array.ndim == x.array.ndim else cells[:, list(axes)]
    shares = weights.column(own)
    above = sum_of("sum of products", [column, shares], None, case.dtype, case.shown, label=Message("sum of products"))
    below = sum_of("sum", [shares], None, case.dtype, case.shown, label=Message("sum of the weights"))
    numbers = (recomputed(above, "sum"), recomputed(below, "weights"))
    scale = float(np.abs(column.values * shares.values).sum() / max(abs(as_float(below.value)), 1e-30))
    result = formula_of(
        "quotient", "sum / weights", numbers, _share, case.value, case.dtype, scale=scale,
        roundings=4 + 2 * len(column.values),
    )  # fmt: skip
    return case.answer("The mean of {count} numbers, each with its weight.", result, (above, below), count=above.count)


def squares_of(case: Case, column: Column, label: str = "sum of squares") -> Equation:
    """The sum of the squares of some numbers, recomputed."""
    return sum_of("sum of products", [column, column], None, case.dtype, case.shown, label=Message(label))


@explains("keras.ops.norm", "tf.norm_v2", "keras.ops.reduce_euclidean_norm")
def norm(case: Case) -> Explanation:
    """A length: of squares, of absolute values, or the largest."""
    order = case.literal("order", 1)
    x = case.need("x", 0)
    axes = axes_of(case.literal("axis", 2), x.array.ndim)
    column = x.column(along(case, x, axes, case.index))
    if order in (None, "fro", "euclidean") or (order == 2 and len(axes) == 1):
        part = squares_of(case, column)
        result = _of_squares(case, "sqrt(squares)", part, lambda s: math.sqrt(s))
        return case.answer("The root of the sum of {count} squares.", result, (part,), count=part.count)
    if order == 1 and len(axes) == 1:
        signs = Column(np.sign(column.values) + (column.values == 0), dtype="float64")
        result = sum_of("sum of products", [signs, column], case.value, case.dtype, case.shown)
        return case.answer("A sum of {count} numbers without their signs.", result, count=result.count)
    raise CannotExplain(f"a norm of order {order}")


@explains("tf.l2_loss")
def l2_loss(case: Case) -> Explanation:
    """Half the sum of squares."""
    x = case.need("x", 0)
    part = squares_of(case, x.column(along(case, x, axes_of(None, x.array.ndim), ())))
    result = _of_squares(case, "squares / 2", part, lambda s: s / 2)
    return case.answer("Half the sum of {count} squares.", result, (part,), count=part.count)


@explains("tf.l2_normalize", "tf.normalize", only=True)
def l2_normalize(case: Case) -> Explanation:
    """Divided by the length of its row."""
    x = case.need("x", 0)
    whole = case.name == "normalize"
    if whole and case.literal("order", 1) not in (None, "euclidean", 2):
        raise CannotExplain("a norm of another order")
    axes = axes_of(case.literal("axis", 2 if whole else 1), x.array.ndim)
    part = squares_of(case, x.column(along(case, x, axes, case.index)))
    if case.place.position:
        result = _of_squares(case, "sqrt(squares)", part, lambda s: math.sqrt(s))
        return case.answer("The root of the sum of {count} squares.", result, (part,), count=part.count)
    least = 0.0 if whole else float(case.literal("epsilon", 2, 1e-12))
    numbers = [x.number(case.index, name="x"), recomputed(part, "squares"), Number(least, repr(least), name="epsilon")]
    result = formula_of(
        "normalised", "x / sqrt(max(squares, epsilon))", numbers, lambda v, s, e: v / math.sqrt(max(s, e)), case.value,
        case.dtype, roundings=8 + part.count,
    )  # fmt: skip
    return case.answer("Divided by the length of its row.", result, (part,))


def _of_squares(case: Case, formula: str, part: Equation, evaluate: Callable[[float], float]) -> Equation:
    return formula_of(
        "function of",
        formula,
        [recomputed(part, "squares")],
        evaluate,
        case.value,
        case.dtype,
        roundings=8 + part.count,
    )


@explains("keras.ops.cdist")
def distance(case: Case) -> Explanation:
    """The distance of two rows."""
    first, second = case.need("x", 0), case.need("y", 1)
    lead, width = case.index[:-2], range(first.array.shape[-1])
    one, two = (
        given.column(np.array([(*lead, row, k) for k in width], int))
        for given, row in ((first, case.index[-2]), (second, case.index[-1]))
    )
    away = Column(one.values.astype("float64") - two.values, dtype="float64", recomputed=True)
    part = squares_of(case, away, "sum of squared differences")
    largest = float(np.abs(np.concatenate([one.values, two.values])).max(initial=0))
    result = formula_of(
        "function of",
        "sqrt(squares)",
        [recomputed(part, "squares")],
        lambda s: math.sqrt(s),
        case.value,
        case.dtype,
        scale=4 * largest,
        roundings=8 + 2 * part.count,
    )
    return case.answer("The distance of two rows of {count} numbers.", result, (part,), count=part.count)
