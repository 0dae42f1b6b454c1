"""Normalisations: distance from a mean over a spread, both recomputed where the operation kept them to itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import formula_of, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, Given, axes_of
from explorer.arithmetic.reductions import along, quotient, spread_of
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number
from explorer.model.trace import Message


@explains("keras.ops.layer_normalization")
def layer_normalization(case: Case) -> Explanation:
    """Mean and variance over the cell's own features, recomputed."""
    x = case.need("x", 0)
    gamma, beta = _optional(case, "gamma", 1), _optional(case, "beta", 2)
    axes = axes_of(case.literal("axis", 3, -1), x.array.ndim)
    epsilon = float(case.literal("epsilon", 4, 1e-7))
    cells = along(case, x, axes, case.index)
    total, average, squares = spread_of(x.column(cells), case)
    variance = quotient(squares, None, case.dtype, label=Message("variance"))
    own = x.number(case.index, name="x")
    numbers = [own, recomputed(average, "mean"), recomputed(variance, "variance"), _constant(epsilon, "epsilon")]
    numbers += _scaling(case, gamma, beta, axes)
    return _answer(case, numbers, gamma is not None, beta is not None, (total, average, squares, variance))


@explains("keras.ops.batch_normalization")
def batch_normalization(case: Case) -> Explanation:
    """With the mean and the variance that it was given."""
    x, mean, variance = case.need("x", 0), case.need("mean", 1), case.need("variance", 2)
    axis = int(case.literal("axis", None, -1)) % x.array.ndim
    beta, gamma = _optional(case, "offset", 4), _optional(case, "scale", 5)
    epsilon = float(case.literal("epsilon", 6, 0.001))
    numbers = [
        x.number(case.index, name="x"),
        *_scaling(case, mean, None, (axis,), "mean"),
        *_scaling(case, variance, None, (axis,), "variance"),
        _constant(epsilon, "epsilon"),
    ]
    numbers += _scaling(case, gamma, beta, (axis,))
    return _answer(case, numbers, gamma is not None, beta is not None, ())


@explains("keras.ops.rms_normalization")
def rms_normalization(case: Case) -> Explanation:
    """Over the root of the mean square, recomputed."""
    x, scale = case.need("x", 0), _optional(case, "scale", 1)
    axes = axes_of(case.literal("axis", 2, -1), x.array.ndim)
    given = case.literal("epsilon", 3)
    epsilon = 1e-7 if given is None else float(given)

    squares, average = _mean_square(case, x, along(case, x, axes, case.index))
    numbers = [x.number(case.index, name="x"), recomputed(average, "mean_square"), _constant(epsilon, "epsilon")]
    gamma = _scaling(case, scale, None, axes)

    def evaluate(v: float, square: float, e: float, g: float = 1.0) -> float:
        return v / math.sqrt(square + e) * g

    formula = "x / sqrt(mean_square + epsilon)" + (" * gamma" if gamma else "")
    result = formula_of("normalised", formula, [*numbers, *gamma], evaluate, case.value, case.dtype)
    return case.answer("Divided by the root of the mean square of its row.", result, (squares, average))


@explains("keras.ops.normalize")
def normalize(case: Case) -> Explanation:
    """Divided by the length of its row, recomputed."""
    x = case.need("x", 0)
    if case.literal("order", 2, 2) != 2:
        raise CannotExplain("a norm of another order")
    axes = axes_of(case.literal("axis", 1, -1), x.array.ndim)
    epsilon = case.literal("epsilon", 3, None)
    column = x.column(along(case, x, axes, case.index))
    squares = sum_of("sum of products", [column, column], None, case.dtype, case.shown, label=Message("sum of squares"))
    own = x.number(case.index, name="x")
    least = 1e-7 if epsilon is None else float(epsilon)
    result = formula_of(
        "normalised",
        "x / max(sqrt(squares), epsilon)",
        [own, recomputed(squares, "squares"), _constant(least, "epsilon")],
        lambda v, s, e: v / max(math.sqrt(s), e),
        case.value,
        case.dtype,
    )
    return case.answer("Divided by the length of its row.", result, (squares,))


def _mean_square(case: Case, x: Given, cells: np.ndarray) -> tuple[Any, Any]:
    column = x.column(cells)
    squares = sum_of("sum of products", [column, column], None, case.dtype, case.shown, label=Message("sum of squares"))
    return squares, quotient(squares, None, case.dtype, label=Message("mean square"))


def _answer(case: Case, numbers: list[Number], scaled: bool, shifted: bool, parts: Any) -> Explanation:
    def evaluate(v: float, m: float, s: float, e: float, *rest: float) -> float:
        given = list(rest)
        gamma = given.pop(0) if scaled else 1.0
        return (v - m) / math.sqrt(s + e) * gamma + (given.pop(0) if shifted else 0.0)

    formula = "(x - mean) / sqrt(variance + epsilon)" + " * gamma" * scaled + " + beta" * shifted
    values = [float(n.value) for n in numbers]  # type: ignore[arg-type]
    spread = math.sqrt(values[2] + values[3]) if values[2] + values[3] > 0 else 1.0
    gamma = abs(values[4]) if scaled else 1.0
    scale = (abs(values[0]) + abs(values[1])) / spread * gamma + (abs(values[-1]) if shifted else 0.0)
    result = formula_of("normalised", formula, numbers, evaluate, case.value, case.dtype, scale)
    return case.answer("Its distance from the mean, in units of the spread.", result, parts)


def _scaling(
    case: Case, gamma: Given | None, beta: Given | None, axes: tuple[int, ...], called: str = "gamma"
) -> list[Number]:
    numbers = []
    for given, name in ((gamma, called), (beta, "beta")):
        if given is None:
            continue
        own = tuple(case.index[a] for a in axes)
        cell = own if given.array.ndim == len(own) else given.index_for(case.index)
        numbers.append(given.number(cell, name=name))
    return numbers


def _optional(case: Case, name: str, position: int) -> Given | None:
    found = case.given(name, position)
    return found if found is not None and found.tensor else None


def _constant(value: float, name: str) -> Number:
    return Number(value, repr(value), name=name)
