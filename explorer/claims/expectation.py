"""What the numbers of an opened experiment must be, and whether they are.

An expectation speaks of what the page shows: a cell, a sum, a shape, a range, the count of weights, the losses, a
fact of a symbolic tensor, or the problem that the page reports instead of a picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace

TOLERANCE = 1e-5
"""Relative and absolute: the expected numbers are exact, the computed ones are float32."""


@dataclass(frozen=True)
class Expectation:
    """One statement about a result. Several may be made of one tensor at once.

    Attributes:
        tensor: an id ("output:0", "weight:kernel") or the name of a local of `call` ("alpha"); "" for the whole run.
        index, value: the cell, and the number in it.
        sum: the sum of all cells.
        low, high: bounds that every cell respects.
        shape: the tensor's shape.
        trainable: whether the weight trains.
        weights: how many weights the layer has.
        losses: the sum of the losses that the layer added.
        fact: a text among the facts of a symbolic tensor.
        problem: a text in the error that takes the picture's place.
    """

    tensor: str = ""
    index: tuple[int, ...] | None = None
    value: float | None = None
    sum: float | None = None
    low: float | None = None
    high: float | None = None
    shape: tuple[int, ...] | None = None
    trainable: bool | None = None
    weights: int | None = None
    losses: float | None = None
    fact: str = ""
    problem: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Expectation:
        """An expectation from its entry.

        Raises:
            ValueError: if a key is unknown, or nothing is expected.
        """
        known = {field.name for field in fields(cls)}
        if not set(value) <= known or not set(value) - {"tensor", "index"}:
            raise ValueError(f"An expectation states some of {sorted(known)}. Received: {dict(value)}")
        values: dict[str, Any] = {n: tuple(item) if isinstance(item, list) else item for n, item in value.items()}
        return cls(**values)


def disagreement(expectation: Expectation, result: Trace | Problem) -> str:
    """How the result differs from what was expected, in one line; "" where it agrees."""
    if isinstance(result, Problem):
        said = f"{result} {result.expected} {result.received} {result.detail}"
        if expectation.problem and expectation.problem in said:
            return ""
        return f"expected {expectation.problem or 'a result'!r}, received the problem: {said.strip()}"
    if expectation.problem:
        return f"expected the problem {expectation.problem!r}, received a result"
    pairs = _pairs(expectation, result)
    return "; ".join(
        f"{what}: expected {wanted}, received {found}" for what, wanted, found in pairs if not _same(wanted, found)
    )


def find(trace: Trace, name: str) -> Tensor:
    """The tensor of that id, or the last local of that name.

    Raises:
        KeyError: if there is neither; it lists what there is.
    """
    tensors = list(trace.tensors())
    found = [tensor for tensor in tensors if name in (tensor.id, tensor.name)]
    exact = [tensor for tensor in found if tensor.id == name]
    if not found:
        raise KeyError(f"no tensor {name!r} among {[(tensor.id, tensor.name) for tensor in tensors]}")
    return (exact or found)[-1]


def _pairs(expectation: Expectation, trace: Trace) -> list[tuple[str, Any, Any]]:
    """What is stated, what was wanted and what was found."""
    pairs: list[tuple[str, Any, Any]] = []
    if expectation.weights is not None:
        pairs.append(("weights", expectation.weights, len(trace.weights)))
    if expectation.losses is not None:
        pairs.append(("losses", expectation.losses, sum(value for _, value in trace.losses)))
    if expectation.fact:
        said = [f"{label}: {text}" for label, text in trace.facts]
        pairs.append(("facts", True, True if any(expectation.fact in line for line in said) else said))
    if expectation.tensor:
        pairs += _tensor_pairs(expectation, find(trace, expectation.tensor))
    return pairs


def _tensor_pairs(expectation: Expectation, tensor: Tensor) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[str, Any, Any]] = []
    name = expectation.tensor
    if expectation.shape is not None:
        pairs.append((f"shape of {name}", expectation.shape, tuple(tensor.value.shape)))
    if expectation.value is not None:
        cell = expectation.index or ()
        inside = len(cell) == tensor.value.ndim and all(
            n < size for n, size in zip(cell, tensor.value.shape, strict=True)
        )
        found = float(tensor.value[cell]) if inside else f"shape {tensor.value.shape}"
        pairs.append((f"{name}{list(cell)}", expectation.value, found))
    if expectation.sum is not None:
        pairs.append((f"sum of {name}", expectation.sum, float(np.sum(tensor.value, dtype="float64"))))
    if expectation.low is not None:
        pairs.append((f"least of {name} >= {expectation.low}", True, bool(np.min(tensor.value) >= expectation.low)))
    if expectation.high is not None:
        pairs.append((f"most of {name} <= {expectation.high}", True, bool(np.max(tensor.value) <= expectation.high)))
    if expectation.trainable is not None:
        pairs.append((f"{name} trains", expectation.trainable, tensor.trainable))
    return pairs


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float):
        return math.isclose(wanted, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(wanted == found)


def missing(prints: tuple[str, ...], output: str) -> str:
    """The first of the texts that the output lacks, read in order; "" if all are there."""
    position = 0
    for text in prints:
        found = output.find(text, position)
        if found < 0:
            return text
        position = found + len(text)
    return ""
