"""Weights as text that a reader can change, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.experiment import Edit
from explorer.experiment.untrusted import parsed
from explorer.model.problem import Problem, brief
from explorer.model.trace import Tensor

MAX_CELLS = 2000
"""Weights of more cells are not written out."""
MAX_EDITS = 200
"""More changed cells than these do not go into the picture."""


def written(weights: Sequence[Tensor]) -> str:
    """The weights as JSON, a line for each; "" if they are too many numbers for a text."""
    if sum(weight.value.size for weight in weights) > MAX_CELLS:
        return ""
    return "[\n" + ",\n".join(f"  {json.dumps(_short(weight.value))}" for weight in weights) + "\n]"


def read(text: str) -> Any:
    """The lists of numbers that a reader wrote.

    Raises:
        Problem: if it is no JSON.
    """
    try:
        return parsed(text)
    except ValueError as error:
        raise Problem(
            "That is not a list of numbers.", "[[[0.1, 0.2], [0.3, 0.4]], [0, 0]]", brief(text), detail=str(error)
        ) from error


def edits(weights: Sequence[Tensor], given: Any) -> tuple[Edit, ...] | None:
    """The cells in which what was given differs from the weights; None if the shapes differ or they are too many."""
    try:
        arrays = [np.array(one, dtype="float64") for one in given]
    except (TypeError, ValueError):
        return None
    if [array.shape for array in arrays] != [weight.value.shape for weight in weights]:
        return None
    found = [
        Edit(weight.id, tuple(int(i) for i in index), float(array[tuple(index)]))
        for weight, array in zip(weights, arrays, strict=True)
        for index in np.argwhere(weight.value.astype("float64") != array.astype(weight.value.dtype).astype("float64"))
    ]
    return tuple(found) if len(found) <= MAX_EDITS else None


def _short(array: np.ndarray) -> Any:
    """Nested lists with the shortest numbers that read back as the same float32."""
    if array.ndim:
        return [_short(row) for row in array]
    return float(str(array)) if array.dtype.kind == "f" else array.item()
