"""dot_product_attention: scores and weights recomputed, then a sum over the values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, sum_of
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.registry import explains
from explorer.explanation import Explanation
from explorer.trace import Message


@explains("keras.ops.dot_product_attention")
def dot_product_attention(case: Case) -> Explanation:
    """A fused operation of shapes (batch, time, heads, features): alpha is recomputed for the cell's own query."""
    query, key, value = case.need("query", 0), case.need("key", 1), case.need("x", 2)
    batch, at, head, feature = case.index
    grouped = head // (query.array.shape[2] // key.array.shape[2])
    if case.literal("is_causal", 6, False):
        raise CannotExplain("a causal mask inside the operation")
    scale = case.literal("scale", 5) or 1 / math.sqrt(query.array.shape[-1])
    row = query.array[batch, at, head].astype("float64")
    scores = key.array[batch, :, grouped].astype("float64") @ row * scale
    bias, mask = case.given("bias", 3), case.given("mask", 4)
    if bias is not None and bias.tensor:
        scores = scores + np.broadcast_to(bias.array, (*_lead(query.array.shape), len(scores)))[batch, head, at]
    if mask is not None and mask.tensor:
        kept = np.broadcast_to(mask.array, (*_lead(query.array.shape), len(scores)))[batch, head, at]
        scores = np.where(kept, scores, np.finfo("float32").min)
    powers = np.exp(scores - scores.max())
    alpha = powers / powers.sum()
    cells = np.array([(batch, k, grouped, feature) for k in range(len(alpha))], int)
    denominator = sum_of(
        "sum", [Column(powers, dtype="float64", recomputed=True)], None, case.dtype, case.shown,
        label=Message("denominator of alpha: the sum of exp(score - largest score)"),
    )  # fmt: skip
    magnitude = np.abs(key.array[batch, :, grouped].astype("float64") * row).sum(axis=1).max() * abs(scale)
    weights = Column(alpha, dtype="float32", recomputed=True)
    result = sum_of("sum of products", [weights, value.column(cells)], case.value, case.dtype, case.shown)
    slack = result.bound * (8 + len(row) + 2 * magnitude) / max(len(alpha), 1)
    result = replace(result, bound=result.bound + slack)
    return case.answer(
        "The values of {count} steps, each times its alpha; alpha is recomputed.", result, (denominator,),
        count=result.count,
    )  # fmt: skip


def _lead(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return shape[0], shape[2], shape[1]
