"""Which axis of each input is the batch: found by trying, for nothing in a layer says so."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from explorer.core.doctor.compare import same
from explorer.core.doctor.samples import batch_of, rows_of

MAX_TRIES = 8
SIZES = (3, 5)
"""Sizes of the batches that are tried; neither is a usual size of anything."""


@dataclass(frozen=True)
class Batching:
    """Where the batch is.

    Attributes:
        axes: for each tensor its batch axis, or None if it has none.
        added: whether the given inputs have no batch axis, so that one is put in front of each.
        known: whether a batch of another size was computed; otherwise the first axes are taken for it.
    """

    axes: tuple[int | None, ...]
    added: bool = False
    known: bool = True

    def batch(self, tensors: Sequence[Any], size: int, seed: int = 0) -> list[Any]:
        """Random tensors like these with so many rows."""
        made = []
        for position, (tensor, axis) in enumerate(zip(tensors, self.axes, strict=True)):
            whole = tensor[None] if self.added else tensor
            made.append(whole if axis is None else batch_of(whole, size, seed * 31 + position, axis))
        return made

    def rows(self, tensors: Sequence[Any], first: int, last: int) -> list[Any]:
        """Some rows of a batch."""
        return [
            tensor if axis is None else rows_of(tensor, first, last, axis)
            for tensor, axis in zip(tensors, self.axes, strict=True)
        ]

    def specs(self, tensors: Sequence[Any]) -> list[Any]:
        """The tensors' shapes and dtypes, the batch unknown."""
        return [tf.TensorSpec(shape, tensor.dtype) for shape, tensor in zip(self.shapes(tensors), tensors, strict=True)]

    def shapes(self, tensors: Sequence[Any], size: int | None = None) -> list[tuple[int | None, ...]]:
        """The tensors' shapes for a batch of this size, None for one of unknown size."""
        found = []
        for tensor, axis in zip(tensors, self.axes, strict=True):
            shape: list[int | None] = [1] * self.added + list(tensor.shape)
            if axis is not None:
                shape[axis] = size
            found.append(tuple(shape))
        return found


def find_batching(patient: Any) -> Batching:
    """Try the usual place first, then others: an axis is the batch if every output grows with it."""
    for candidate in itertools.islice(_candidates(patient.tensors), MAX_TRIES):
        if _works(patient, candidate):
            return candidate
    usual = next(_candidates(patient.tensors))
    return Batching(usual.axes, known=False)


def _candidates(tensors: Sequence[Any]) -> Iterator[Batching]:
    size = tensors[0].shape[0] if tensors and tensors[0].shape.rank else None
    choices: list[list[int | None]] = []
    for tensor in tensors:
        fitting = [axis for axis, length in enumerate(tensor.shape) if length == size] if size is not None else []
        choices.append([*fitting, None] if fitting and fitting[0] == 0 else [None, *fitting])
    first = tuple(options[0] for options in choices)
    yield Batching(first)
    if tensors and all(tensor.shape.rank for tensor in tensors):
        yield Batching((0,) * len(tensors), added=True)
    for axes in itertools.product(*choices):
        if axes != first and axes and axes[0] == 0:
            yield Batching(axes)


def _works(patient: Any, candidate: Batching) -> bool:
    if all(axis is None for axis in candidate.axes):
        return False
    layer = patient.copy()
    try:
        for size in SIZES:
            outputs = patient.outputs(layer, candidate.batch(patient.tensors, size))
            if not outputs or any(y.shape.rank == 0 or y.shape[0] != size for y in outputs):
                return False
        if candidate.added:  # its rows must be the given inputs' own outputs
            patient.call(patient.twin(), [tensor[None] for tensor in patient.tensors])  # and can be built for them
            alone = patient.outputs(layer)
            stacked = patient.outputs(layer, [tf.stack([tensor, tensor]) for tensor in patient.tensors])
            return same(alone, [y[0] for y in stacked])
    except Exception:
        return False
    return True
