"""What rounding may do to a number of each type."""

from __future__ import annotations

import math

import numpy as np

from explorer.model.explanation import Scalar

LARGEST = {"float16": 65504.0, "bfloat16": 3.3895314e38, "float32": 3.4028235e38, "float64": 1.7976931348623157e308}
"""The largest finite number, by dtype."""


def of_sum(count: int) -> float:
    """How many units of the last place a sum of so many numbers may be off: its roundings do not all err one way."""
    return 1 + math.sqrt(count) / 2


def exact_sum(values: np.ndarray) -> float:
    """The sum without rounding on the way; NaN and infinities as IEEE has them."""
    if np.isfinite(values).all():
        return math.fsum(values.tolist())
    with np.errstate(all="ignore"):
        return float(values.sum())


def residue(value: Scalar, exact: Scalar, magnitude: float, dtype: str) -> float:
    """`value - exact`. NaN agrees with NaN, an infinity with the same infinity, and either with an overflow."""
    if isinstance(value, (str, complex)) or isinstance(exact, (str, complex)):
        return 0.0 if value == exact else math.nan
    if value == exact or (math.isnan(value) and math.isnan(exact)):
        return 0.0
    if not (math.isfinite(value) and math.isfinite(exact)):
        overflow = math.isfinite(exact) and LARGEST.get(dtype, math.inf) < magnitude < math.inf
        return 0.0 if overflow else math.nan
    return float(value) - float(exact)


def tiniest(dtype: str) -> float:
    """Below the smallest normal number some processors say 0."""
    return {"float16": 6.2e-5, "bfloat16": 1.2e-38, "float32": 1.2e-38, "float64": 2.3e-308}.get(dtype, 0.0)
