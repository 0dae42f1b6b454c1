"""dot_product_attention: scores and weights recomputed, then a sum over the values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, Each, Listed, recomputed, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Equation, Explanation, Number
from explorer.model.trace import Message

EXPONENTIALS = Each("exp(score - largest)", lambda score, largest: np.exp(score - largest))
SHARES = Each(
    "exp(score - largest) / denominator * value",
    lambda score, largest, denominator, value: np.exp(score - largest) / denominator * value,
)
"""A value times its alpha."""


@explains("keras.ops.dot_product_attention")
def dot_product_attention(case: Case) -> Explanation:
    """A fused operation of shapes (batch, time, heads, features): alpha is recomputed for the cell's own query."""
    row = _row(case)
    value = case.need("x", 2)
    keys = row.keys()
    scores = [row.score(case, key) for key in keys]
    numbers = [recomputed(score, "score") for score in scores]
    winner = int(np.argmax([float(number.printed) for number in numbers]))
    largest = Number(numbers[winner].value, numbers[winner].printed, name="largest", recomputed=True)
    score, most = Listed(*numbers), Listed(largest, count=len(keys))
    denominator = sum_of(
        "sum",
        [score, most],
        None,
        case.dtype,
        case.shown,
        each=EXPONENTIALS,
        label=Message("denominator of alpha: the sum of exp(score - largest score)"),
    )
    grouped, feature = row.grouped, case.index[3]
    cells = np.array([(case.index[0], key, grouped, feature) for key in keys], int)
    factors = [
        score,
        most,
        Listed(recomputed(denominator, "denominator"), count=len(keys)),
        replace(value.column(cells), name="value"),
    ]
    sharpness = max(score.bound for score in scores)  # what a score may be off, its exponential is off relatively
    magnitude = float(np.abs(SHARES.evaluate(*(c.values.astype("float64") for c in factors))).sum())
    result = sum_of(
        "sum",
        factors,
        case.value,
        case.dtype,
        case.shown,
        each=SHARES,
        rounds=8,
        slack=2 * math.expm1(min(sharpness, 700.0)) * magnitude,
    )
    masked = int((~row.kept).sum())
    notes = (Message("{count} steps are masked: their alpha is 0.", {"count": masked}),) if masked else ()
    used = sorted({winner, *(term.position for term in result.terms)})
    return case.answer(
        "The values of {count} steps, each times its alpha; alpha is recomputed.",
        result,
        (*(scores[k] for k in used), denominator),
        notes,
        count=result.count,
    )


@dataclass(frozen=True, eq=False)
class _Row:
    """One query against all keys.

    Attributes:
        query, key: the operands.
        scale: what every product is multiplied by.
        at: the query's place: batch, head, time.
        grouped: the head of the keys.
        bias: what is added to each score, or None.
        kept: which keys take part.
    """

    query: Given
    key: Given
    scale: float
    at: tuple[int, int, int]
    grouped: int
    bias: Given | None
    kept: np.ndarray

    def keys(self) -> list[int]:
        """The keys that take part."""
        return [int(k) for k in np.flatnonzero(self.kept)]

    def score(self, case: Case, key: int) -> Equation:
        """The query times one key, times the scale, and the bias."""
        batch, head, time = self.at
        size = self.query.array.shape[-1]
        lines = [(batch, time, head, d) for d in range(size)], [(batch, key, self.grouped, d) for d in range(size)]
        first, second = (
            given.column(np.array(cells, int)) for given, cells in zip((self.query, self.key), lines, strict=True)
        )
        scale = Number(self.scale, shortest(self.scale, "float32"))
        columns: list[Column] = [first, second, Listed(scale, count=size)]
        if self.bias is not None:
            one = Number(1, "1")
            bias = self.bias.number(self.bias.index_for((batch, head, time, key)))
            columns = [
                Listed(*(column.number(d) for d in range(size)), last)
                for column, last in zip(columns, (bias, one, one), strict=True)
            ]
        return sum_of(
            "sum of products",
            columns,
            None,
            case.dtype,
            case.shown,
            rounds=4,
            label=Message("score of step {key}", {"key": key}),
        )


def _row(case: Case) -> _Row:
    query, key = case.need("query", 0), case.need("key", 1)
    batch, time, head, _ = case.index
    count = key.array.shape[1]
    lead = (query.array.shape[0], query.array.shape[2], query.array.shape[1])
    scale = np.float32(case.literal("scale", 5) or 1 / math.sqrt(query.array.shape[-1]))
    bias, mask = case.given("bias", 3), case.given("mask", 4)
    kept = np.ones(count, bool)
    if mask is not None and mask.tensor:
        kept = np.broadcast_to(mask.array, (*lead, count))[batch, head, time].astype(bool)
    if case.literal("is_causal", 6, False):
        kept = kept & (np.arange(count) <= time)
    if not kept.any():
        raise CannotExplain("a query without a key")
    grouped = head // (query.array.shape[2] // key.array.shape[2])
    given = bias if bias is not None and bias.tensor else None
    return _Row(query, key, float(scale), (batch, head, time), grouped, given, kept)
