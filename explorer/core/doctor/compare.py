"""When two results are the same, but for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.rounding import MACHINE_EPSILON

ROUNDING = {"float16": 8, "bfloat16": 4}
USUAL_ROUNDING = 256
"""How many machine epsilons of the largest number two ways of computing it may differ, by the dtype and for others."""
NEAR_ONE = 4
"""So many machine epsilons may two numbers differ in any case, if it is unknown how large the numbers were that they
were computed from: they may be what is left of numbers near 1."""


def tensors_of(outputs: Any) -> list[Any]:
    """The tensors of a structure of outputs, in order."""
    return [tensor for tensor in keras.tree.flatten(outputs) if tensor is not None]


def difference(one: Sequence[Any], other: Sequence[Any]) -> str:
    """What differs between two lists of tensors: "" if nothing does, else a few words for the reader."""
    if len(one) != len(other):
        return f"{len(one)} ≠ {len(other)}"
    for first, second in zip(one, other, strict=True):
        a, b = to_array(first), to_array(second)
        if a.shape != b.shape:
            return f"{a.shape} ≠ {b.shape}"
        dtype, second_dtype = (
            getattr(getattr(x, "dtype", None), "name", str(y.dtype)) for x, y in ((first, a), (second, b))
        )
        if dtype != second_dtype:
            return f"{dtype} ≠ {second_dtype}"
        apart = _apart(a, b, dtype)
        if apart:
            return apart
    return ""


def same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two lists of tensors hold the same numbers, but for rounding."""
    return not difference(one, other)


def identical(one: Any, other: Any) -> bool:
    """Whether two values of any kind are the same to the bit: NaN is as NaN, and what cannot be compared differs."""
    if one is other:
        return True
    try:
        if not any(isinstance(value, np.ndarray) or tf.is_tensor(value) for value in (one, other)):
            return bool(one == other or (one != one and other != other))
        a, b = (to_array(value) if tf.is_tensor(value) else np.asarray(value) for value in (one, other))
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc" and b.dtype.kind in "fc")
    except Exception:
        return False


def _apart(a: np.ndarray, b: np.ndarray, dtype: str) -> str:
    cell = farthest(a, b, dtype)
    if cell is None:
        return ""
    exact = a.dtype.kind not in "fc" or b.dtype.kind not in "fc"
    return f"{a[cell]} ≠ {b[cell]}" if exact else f"{a[cell]:.6g} ≠ {b[cell]:.6g}"


def farthest(a: np.ndarray, b: np.ndarray, dtype: str, scale: float | None = None) -> tuple[int, ...] | None:
    """The cell in which two arrays of one shape differ most; of what is not floating-point, the first that differs.

    Rounding is measured by the largest of the cells that differ, or by the median of the distinct numbers if that is
    larger. A constant, however large, does not count.

    Args:
        a: of any shape.
        b: of the same shape.
        dtype: its name, which says how large rounding is.
        scale: how large the numbers were that they were computed from; None if nobody knows, it may be 1.
    Returns:
        None if they are the same, but for rounding.
    """
    if a.dtype.kind not in "fc" or b.dtype.kind not in "fc":
        unequal = np.argwhere(np.asarray(a != b))
        return tuple(map(int, unequal[0])) if len(unequal) else None
    wide_a, wide_b = a.astype("complex128"), b.astype("complex128")
    finite = np.isfinite(wide_a) & np.isfinite(wide_b)
    apart = np.where(finite, np.abs(np.where(finite, wide_a - wide_b, 0)), 0.0)
    sizes = np.maximum(np.abs(wide_a), np.abs(wide_b))
    usual = np.median(np.unique(sizes[finite])) if finite.any() else 0.0
    largest = max(scale or 0.0, float(sizes[apart > 0].max(initial=usual)))
    epsilon = MACHINE_EPSILON.get(dtype, 2.0**-23)
    tolerance = epsilon * max(NEAR_ONE if scale is None else 0, ROUNDING.get(dtype, USUAL_ROUNDING) * largest)
    apart = np.where(~finite & ~_same_infinity(wide_a, wide_b), np.inf, apart)
    if apart.size == 0 or apart.max() <= tolerance:
        return None
    return tuple(map(int, np.unravel_index(int(apart.argmax()), apart.shape)))


def _same_infinity(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    nan = np.isnan(a) & np.isnan(b)
    return np.asarray(nan | (a == b))


def shapes(tensors: Sequence[Any]) -> str:
    """The shapes of tensors, as text."""
    return ", ".join(str(tuple(tensor.shape)) for tensor in tensors) or "-"


def is_floating(tensor: Any) -> bool:
    """Whether a tensor is made of floating-point numbers."""
    return bool(tf.as_dtype(tensor.dtype).is_floating or tf.as_dtype(tensor.dtype).is_complex)
