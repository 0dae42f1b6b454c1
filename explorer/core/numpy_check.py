"""Compare a run with the layer's NumPy derivation."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.core.rounding import LARGEST, MACHINE_EPSILON
from explorer.model.trace import Check, Trace
from layers.card import Card, resolve


def check(card: Card, trace: Trace, params: Mapping[str, Any], training: bool) -> Check | None:
    """How far the outputs are from the NumPy derivation, which is computed in float64 from the same inputs and weights.

    The tolerance is 64 machine epsilons of the output's dtype, relative to the largest magnitude that takes part
    (at least 1): float32 gives 7.6e-6.

    Args:
        card: names the derivation; without one there is nothing to compare with.
        trace: the recorded run.
        params: the complete constructor arguments.
        training: the flag of the call.
    Returns:
        The check, or None if the layer has no derivation, or none for inputs of these shapes.
    """
    if not card.reference or (card.random and training):
        return None
    wide = [_wide(tensor.value) for tensor in trace.inputs]
    weights = {tensor.name: _wide(tensor.value) for tensor in trace.weights}
    mask = next((tensor.value for tensor in trace.mask if tensor.id.startswith("mask:in")), None)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # means of nothing are NaN on both sides
            expected = resolve(card.reference)(wide, weights, dict(params), training=training, mask=mask)
    except (ValueError, IndexError, ZeroDivisionError):  # Keras took a shape that the derivation was not written for
        return None
    if len(expected) != len(trace.outputs):
        return Check(False, float("inf"), 0.0)
    checks = [
        _compare(_wide(t.value), np.asarray(e), t.dtype, wide) for t, e in zip(trace.outputs, expected, strict=True)
    ]
    return max(checks, key=lambda c: (not c.agrees, c.difference / c.tolerance if c.tolerance else 0.0))


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype("float64") if array.dtype.kind == "f" else array


def _compare(output: np.ndarray, expected: np.ndarray, dtype: str, inputs: list[np.ndarray]) -> Check:
    if output.shape != expected.shape:
        return Check(False, float("inf"), 0.0)
    if output.dtype.kind not in "fc":
        return Check(bool((output == expected).all()), float((output != expected).sum()), 0.0)
    expected = np.where(np.abs(expected) > LARGEST.get(dtype, np.inf), np.copysign(np.inf, expected), expected)
    finite = np.isfinite(expected) & np.isfinite(output)
    same_elsewhere = np.array_equal(output[~finite], expected[~finite], equal_nan=True)
    magnitudes = [np.abs(a[np.isfinite(a)]).max(initial=0.0) for a in (expected, *inputs) if a.dtype.kind == "f"]
    tolerance = 64 * MACHINE_EPSILON.get(dtype, 2.0**-23) * float(max(1.0, *magnitudes))
    difference = float(np.abs(output[finite] - expected[finite]).max(initial=0.0)) if same_elsewhere else float("inf")
    return Check(difference <= tolerance, difference, tolerance)
