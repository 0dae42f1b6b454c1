"""What a layer is at one moment, and what it gave, as text and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import named_weights, to_array
from explorer.core.lifecycle.watch import Birth, initializer_text
from explorer.model.lifecycle import State, WeightFact

MAX_CELLS = 12
"""A larger tensor's numbers are left out of a text."""


def state_of(layer: Any, born: Mapping[int, Birth] | None = None) -> State:
    """The layer as it is now.

    Args:
        layer: any Keras layer.
        born: how each variable was made, by the variable's identity, as far as a `Watch` saw it.
    """
    seen = born or {}
    weights = []
    for name, variable in named_weights(layer).items():
        birth = seen.get(id(variable)) or Birth(0, initializer_of(layer, name, variable))
        dtype = str(keras.backend.standardize_dtype(variable.dtype))
        weights.append(
            WeightFact(name, tuple(variable.shape), dtype, bool(variable.trainable), birth.initializer, birth.line)
        )
    parameters = sum(int(np.prod(weight.shape, dtype=int)) for weight in weights)
    return State(bool(layer.built), bool(layer.trainable), parameters, tuple(weights))


def initializer_of(layer: Any, name: str, variable: Any) -> str:
    """The class of what drew a weight's first numbers, as far as the variable or its layer still knows."""
    known = getattr(variable, "_initializer", None)
    if known is None:
        known = getattr(layer, f"{name.rsplit('/', 1)[-1]}_initializer", None)
    return initializer_text(known)


def outputs_of(result: Any) -> list[Any]:
    """The tensors in whatever a call gave."""
    return [value for value in keras.tree.flatten(result) if value is not None]


def shape_text(value: Any) -> str:
    """ "(None, 3)" of a tensor, "(2, 3), (2,)" of several."""
    return ", ".join(str(tuple(tensor.shape)) for tensor in outputs_of(value))


def dtype_text(value: Any) -> str:
    """The dtypes of the tensors in a result."""
    return ", ".join(str(keras.backend.standardize_dtype(tensor.dtype)) for tensor in outputs_of(value))


def shapes_in(value: Any) -> list[tuple[Any, ...]]:
    """The shapes in what `compute_output_shape` gave: one, or several in a list, a tuple or a mapping."""
    if isinstance(value, Mapping):
        return [shape for item in value.values() for shape in shapes_in(item)]
    if isinstance(value, (list, tuple)):
        if all(size is None or isinstance(size, (int, np.integer)) for size in value):
            return [tuple(value)]
        return [shape for item in value for shape in shapes_in(item)]
    return []


def numbers_text(value: Any) -> str:
    """A tensor's shape, dtype and, of a small one, its numbers."""
    array = to_array(value)
    head = f"{keras.backend.standardize_dtype(value.dtype)} {array.shape}"
    if array.size > MAX_CELLS:
        return head
    return f"{head} {np.array2string(array, precision=4, separator=', ', max_line_width=10_000)}".replace("\n", "")


def largest_difference(one: Any, other: Any) -> float:
    """The largest |difference| between the numbers of two results; infinite if they are not of the same form.

    Equal texts, and infinities and NaN in the same places, differ by 0.
    """
    first, second = ([to_array(tensor) for tensor in outputs_of(value)] for value in (one, other))
    if [a.shape for a in first] != [b.shape for b in second]:
        return float("inf")
    return max((_difference(a, b) for a, b in zip(first, second, strict=True)), default=0.0)


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    if a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return 0.0 if np.array_equal(a, b) else float("inf")
    a, b = (value.astype("complex128" if value.dtype.kind == "c" else "float64") for value in (a, b))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.where(same, 0.0, a - b))
    return float("inf") if np.isnan(apart).any() else float(apart.max(initial=0.0))
