"""Losses of one example: cross-entropies, from shares or from scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import PRODUCT, Column, Each, as_float, formula_of, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Equation, Explanation, Number
from explorer.model.trace import Message

LEAST = 1e-7
"""Keras keeps shares this far from 0 and 1."""
EXPONENTIAL = Each("exp(x)", np.exp)
KEPT = Each(f"min(max(x, {LEAST}), {1 - LEAST})", lambda x: np.clip(x, LEAST, 1 - LEAST))


def _kept(x: float) -> float:
    return min(max(x, LEAST), 1 - LEAST)


def _of_share(target: float, share: float) -> float:
    return -target * math.log(_kept(share)) - (1 - target) * math.log(1 - _kept(share))


def _of_score(target: float, score: float) -> float:
    return max(score, 0.0) - score * target + math.log1p(math.exp(-abs(score)))


@explains("keras.ops.binary_crossentropy", "tf.sigmoid_cross_entropy_with_logits")
def binary(case: Case) -> Explanation:
    """Of two classes, cell by cell."""
    target, output, scores = _two(case)
    numbers = [target.number(case.index, name="t"), output.number(case.index, name="y")]
    evaluate: Callable[[float, float], float] = _of_score if scores else _of_share
    formula = "max(y, 0) - y * t + log(1 + exp(-|y|))" if scores else "-t * log(y) - (1 - t) * log(1 - y)"
    sizes = [abs(as_float(n.value)) for n in numbers]
    slack = 1 + sizes[0] * sizes[1] if scores else 1 + (1 + sizes[0]) / max(1e-7, min(sizes[1], abs(1 - sizes[1])))
    result = formula_of("function of", formula, numbers, evaluate, case.value, case.dtype, scale=slack)
    return case.answer("How far y is from the target t, as a cross-entropy.", result)


@explains("keras.ops.categorical_crossentropy", "tf.softmax_cross_entropy_with_logits")
def categorical(case: Case) -> Explanation:
    """Of several classes, with a share for each as the target."""
    target, output, scores = _two(case)
    axis = int(case.literal("axis", 3, -1)) % target.array.ndim
    cells = np.array([_with(case.index, axis, k) for k in range(target.array.shape[axis])], int)
    column = output.column(cells)
    logs, part = _logarithms(case, column, scores)
    minus = Column(-np.ones(len(cells)), dtype="float64")
    terms = [minus, target.column(cells), Column(logs, dtype="float64", recomputed=True)]
    result = sum_of("sum of products", terms, case.value, case.dtype, case.shown, rounds=8 + len(cells))
    text = "Minus a sum of {count} targets, each times the logarithm of its share."
    return case.answer(text, result, (part,), count=len(cells))


@explains("keras.ops.sparse_categorical_crossentropy", "tf.sparse_softmax_cross_entropy_with_logits")
def sparse(case: Case) -> Explanation:
    """Of several classes, with the number of the right one as the target."""
    target, output, scores = _two(case)
    if case.literal("axis", 3, -1) not in (-1, output.array.ndim - 1):
        raise CannotExplain("classes along another axis")
    lead = target.array.reshape(output.array.shape[:-1])
    right = int(lead[case.index])
    column = output.column(np.array([(*case.index, k) for k in range(output.array.shape[-1])], int))
    logs, part = _logarithms(case, column, scores, kept=True)
    own = column.number(right)
    numbers = [Number(own.value, own.printed, own.tensor, own.index, "y"), recomputed(part, "total")]
    formula, evaluate = ("log(total) - y", _from_scores) if scores else ("log(total) - log(y)", _from_shares)
    size = abs(as_float(own.value)) + abs(float(logs[right])) + 1
    result = formula_of(
        "function of", formula, numbers, evaluate, case.value, case.dtype, scale=size, roundings=16 + len(logs)
    )
    return case.answer("Minus the logarithm of the share of class {number}.", result, (part,), number=right)


def _from_scores(y: float, total: float) -> float:
    return math.log(total) - y


def _from_shares(y: float, total: float) -> float:
    return math.log(total) - math.log(_kept(y))


def _logarithms(case: Case, column: Column, scores: bool, kept: bool = False) -> tuple[np.ndarray, Equation]:
    """The logarithm of each share, and the total by which shares are made, recomputed.

    Args:
        case: the cell.
        column: scores, or shares that need not add to 1.
        scores: which of the two.
        kept: whether each share is kept from 0 and 1 before the total is taken.
    """
    values = column.values.astype("float64")
    if scores:
        powers, label = np.exp(values), "total: the sum of exp(score)"
    else:
        powers, label = (np.clip(values, LEAST, 1 - LEAST) if kept else values), "total: the sum of the shares"
    each = EXPONENTIAL if scores else KEPT if kept else PRODUCT
    column = replace(column, name="x")
    part = sum_of("sum", [column], None, case.dtype, case.shown, label=Message(label), each=each)
    shares = powers / powers.sum()
    return np.log(shares if scores else np.clip(shares, LEAST, 1 - LEAST)), part


def _with(index: tuple[int, ...], axis: int, k: int) -> tuple[int, ...]:
    return (*index[:axis], k, *index[axis:])


def _two(case: Case) -> tuple[Given, Given, bool]:
    """Target, prediction, and whether the prediction is a score."""
    if case.step.operation.startswith("tf."):
        return case.need("labels", 0), case.need("logits", 1), True
    return case.need("target", 0), case.need("output", 1), bool(case.literal("from_logits", 2, False))
