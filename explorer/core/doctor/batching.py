"""Which axis of each input is the batch: found by trying, for nothing in a layer says so."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.compare import same
from explorer.core.doctor.samples import batch_of, like, rows_of

MAX_TRIES = 8
SIZES = (3, 5)
"""Sizes of the batches that are tried: two, so that an output of one constant size is noticed."""


@dataclass(frozen=True)
class Batching:
    """Where the batch is.

    Attributes:
        axes: for each tensor its batch axis, or None if it has none.
        added: whether the given inputs have no batch axis, so that one is put in front of each.
        known: whether a batch of another size was computed; otherwise the first axes are taken for it.
        unit: how many rows of the inputs belong together as one sample.
        nodes: None, or how many rows there are in what is no batch but one set: whole numbers of another input point
            to its rows.
    """

    axes: tuple[int | None, ...]
    added: bool = False
    known: bool = True
    unit: int = 1
    nodes: int | None = None

    def batch(self, tensors: Sequence[Any], size: int, seed: int = 0) -> list[Any]:
        """Random tensors like these with so many samples."""
        made = []
        for position, tensor in enumerate(tensors):
            whole = tensor[None] if self.added else tensor
            for axis in self._resized(position, tensor):
                whole = batch_of(whole, size * self.unit, seed * 31 + position, axis)
            made.append(_within(whole, size) if self.nodes and _points_into(tensor, self.nodes) else whole)
        return made

    def rows(self, tensors: Sequence[Any], first: int, last: int) -> list[Any]:
        """Some samples of a batch."""
        return [
            tensor if axis is None else rows_of(tensor, first * self.unit, last * self.unit, axis)
            for tensor, axis in zip(tensors, self.axes, strict=True)
        ]

    def specs(self, tensors: Sequence[Any]) -> list[Any]:
        """The tensors' shapes and dtypes, the batch unknown."""
        return [tf.TensorSpec(shape, tensor.dtype) for shape, tensor in zip(self.shapes(tensors), tensors, strict=True)]

    def shapes(self, tensors: Sequence[Any], size: int | None = None) -> list[tuple[int | None, ...]]:
        """The tensors' shapes for a batch of this size, None for one of unknown size."""
        found = []
        for position, tensor in enumerate(tensors):
            shape: list[int | None] = [1] * self.added + list(tensor.shape)
            for axis in self._resized(position, tensor):
                shape[axis] = None if size is None else size * self.unit
            found.append(tuple(shape))
        return found

    def _resized(self, position: int, tensor: Any) -> list[int]:
        """The axes that are longer for a larger batch: one at most, but in a set each that has a cell for every row."""
        if self.nodes is not None:
            return [axis for axis, length in enumerate(tensor.shape) if length == self.nodes]
        axis = self.axes[position]
        return [] if axis is None else [axis]


def find_batching(patient: Any) -> Batching:
    """Try the usual place first, then others: an axis is the batch if every output grows with it.

    After that: some rows may make a sample, or a sample some rows; an output may be the same for every batch.
    """
    pointing = any(_points_into(x, y) for x in patient.tensors for y in patient.tensors if x is not y)
    sizes = (*SIZES, 1) if pointing else SIZES  # where numbers point to rows, one row is not enough for them
    for candidate in itertools.islice(_candidates(patient.tensors), MAX_TRIES):
        if _works(patient, candidate, sizes, exactly=True):
            return candidate
    if pointing:
        for candidate in _sets(patient.tensors):
            if _works(patient, candidate, sizes, exactly=False):
                return candidate
    usual = next(_candidates(patient.tensors))
    for unit in _units(patient.tensors):
        if _works(patient, replace(usual, unit=unit), SIZES, exactly=False):
            return replace(usual, unit=unit)
    return Batching(usual.axes, known=False)


def _candidates(tensors: Sequence[Any]) -> Iterator[Batching]:
    lead = next((place for place, tensor in enumerate(tensors) if tensor.shape.rank), 0)
    size = _rows(tensors[lead]) if tensors else None
    choices: list[list[int | None]] = []
    for tensor in tensors:
        fitting = [axis for axis, length in enumerate(tensor.shape) if length == size] if size is not None else []
        choices.append([*fitting, None] if fitting and fitting[0] == 0 else [None, *fitting])
    first = tuple(options[0] for options in choices)
    yield Batching(first)
    if tensors and all(tensor.shape.rank for tensor in tensors):
        yield Batching((0,) * len(tensors), added=True)
    for axes in itertools.product(*choices):
        if axes != first and axes and axes[lead] == 0:
            yield Batching(axes)


def _sets(tensors: Sequence[Any]) -> Iterator[Batching]:
    """For each input to whose rows another one points: those rows as one set."""
    for position, rows in enumerate(tensors):
        if any(_points_into(other, rows) for other in tensors if other is not rows):
            axes = [0 if place == position else None for place in range(len(tensors))]
            yield Batching(tuple(axes), nodes=int(rows.shape[0]))


def _units(tensors: Sequence[Any]) -> Iterator[int]:
    length = next((_rows(tensor) or 0 for tensor in tensors if tensor.shape.rank), 0)
    return (unit for unit in range(1, min(length, 64) + 1) if length % unit == 0)


def _rows(tensor: Any) -> int | None:
    """The length of a tensor's first axis; None for a single number."""
    return int(tensor.shape[0]) if tensor.shape.rank else None


def _points_into(tensor: Any, table: Any) -> bool:
    """Whether a tensor holds whole numbers that could be positions among the rows of another one, or among so many."""
    rows = table if isinstance(table, int) else _rows(table)
    if not tensor.dtype.is_integer or not rows:
        return False
    array = to_array(tensor)
    return bool(array.size and array.min() >= 0 and 0 < array.max() < rows)


def _within(tensor: Any, rows: int) -> Any:
    return like(np.asarray(to_array(tensor) % rows), tensor)


def _works(patient: Any, candidate: Batching, sizes: Sequence[int], exactly: bool) -> bool:
    """Whether batches of several sizes can be computed, and the outputs' rows keep pace.

    Args:
        patient: the layer and its inputs.
        candidate: where the batch may be.
        sizes: of the batches.
        exactly: whether each output must have a row for each sample; otherwise so many for each, or the same for all.
    """
    if all(axis is None for axis in candidate.axes):
        return False
    layer = patient.copy()
    try:
        rows = {size: patient.outputs(layer, candidate.batch(patient.tensors, size)) for size in sizes}
        if exactly and not all(y.shape.rank and y.shape[0] == size for size, found in rows.items() for y in found):
            return False
        outputs = [dict(zip(rows, ys, strict=True)) for ys in zip(*rows.values(), strict=True)]
        if not outputs or not (exactly or all(keeps_pace(by_size) for by_size in outputs)):
            return False
        if candidate.added:  # its rows must be the given inputs' own outputs
            patient.call(patient.twin(), [tensor[None] for tensor in patient.tensors])  # and can be built for them
            alone = patient.outputs(layer)
            stacked = patient.outputs(layer, [tf.stack([tensor, tensor]) for tensor in patient.tensors])
            return same(alone, [y[0] for y in stacked])
    except Exception:
        return False
    return True


def keeps_pace(outputs: dict[int, Any]) -> bool:
    """Whether an output of batches of several sizes has so many rows for each sample, or one shape for all of them."""
    (size, first), *others = outputs.items()
    for other_size, other in others:
        if first.shape == other.shape:
            continue
        if not first.shape.rank or first.shape[1:] != other.shape[1:]:
            return False
        if first.shape[0] * other_size != other.shape[0] * size:
            return False
    return True
