"""softmax with its denominator, and its kin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Each, Listed, as_float, formula_of, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, axes_of
from explorer.arithmetic.reductions import along
from explorer.arithmetic.registry import explains
from explorer.arithmetic.rounding import of_sum
from explorer.model.explanation import Equation, Explanation, Number
from explorer.model.trace import Message

EXPONENTIALS = Each("exp(x - largest)", lambda x, largest: np.exp(x - largest))
"""What a softmax adds up."""


@explains("keras.ops.softmax", "keras.activations.softmax")
def softmax(case: Case) -> Explanation:
    """exp(x - largest) over the sum of the same for all."""
    x, largest, denominator = _pieces(case)
    result = formula_of(
        "softmax",
        "exp(x - largest) / denominator",
        (x, largest, recomputed(denominator, "denominator")),
        lambda v, m, s: (0.0 if v == -math.inf else math.exp(v - m)) / s,
        case.value,
        case.dtype,
        roundings=_roundings(x, largest, denominator),
    )
    return case.answer(
        "Its exponential over the sum of the exponentials of {count}.", result, (denominator,), count=denominator.count
    )


@explains("keras.ops.log_softmax", "keras.activations.log_softmax")
def log_softmax(case: Case) -> Explanation:
    """The logarithm of the same."""
    x, largest, denominator = _pieces(case)
    distance = abs(as_float(x.value) - as_float(largest.value)) if math.isfinite(as_float(x.value)) else 0.0
    result = formula_of(
        "function of",
        "x - largest - log(denominator)",
        (x, largest, recomputed(denominator, "denominator")),
        lambda v, m, s: v - m - math.log(s),
        case.value,
        case.dtype,
        scale=distance + math.log(denominator.count or 1) + 1,
        roundings=_roundings(x, largest, denominator),
    )
    return case.answer("The logarithm of its share among {count}.", result, (denominator,), count=denominator.count)


@explains("keras.ops.logsumexp")
def logsumexp(case: Case) -> Explanation:
    """The logarithm of a sum of exponentials."""
    _, largest, denominator = _pieces(case)
    result = formula_of(
        "function of",
        "largest + log(total)",
        (largest, recomputed(denominator, "total")),
        lambda m, s: m + math.log(s),
        case.value,
        case.dtype,
        scale=abs(as_float(largest.value)) + math.log(denominator.count or 1) + 1,
        roundings=4 + of_sum(denominator.count),
    )
    return case.answer(
        "The logarithm of a sum of {count} exponentials.", result, (denominator,), count=denominator.count
    )


def _roundings(x: Number, largest: Number, denominator: Equation) -> float:
    """exp(a) magnifies the rounding of a by |a|."""
    distance = as_float(x.value) - as_float(largest.value)
    return 4 + of_sum(denominator.count) + (min(abs(distance), 200.0) if math.isfinite(distance) else 0)


def _pieces(case: Case) -> tuple[Number, Number, Equation]:
    """The cell's own number, the largest of its row, and the sum of exponentials, recomputed."""
    given = case.need("x", 0)
    name = case.name
    axis = case.literal("axis", 1, None if name.endswith("logsumexp") else -1)
    axes = axes_of(axis, given.array.ndim)
    column = replace(given.column(along(case, given, axes, case.index)), name="x")
    if not len(column.values):
        raise CannotExplain("no numbers")
    winner = int(np.argmax(column.values))
    largest = replace(column.number(winner), name="largest")
    own = largest if name.endswith("logsumexp") else given.number(case.index, case.dtype, "x")
    denominator = sum_of(
        "sum",
        [column, Listed(largest, count=len(column.values))],
        None,
        case.dtype,
        case.shown,
        label=Message("denominator: the sum of exp(x - largest)"),
        each=EXPONENTIALS,
    )
    return own, largest, denominator
