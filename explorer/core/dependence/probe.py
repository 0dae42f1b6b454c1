"""Call a layer over and over from one start, with other numbers in one place, and read one cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import named_weights, to_array
from explorer.core.dependence.cells import differs, finite, is_floating, one_hot, plain_value
from explorer.core.dependence.rerun import Changes, Rerun, chosen, instead, tensor_of
from explorer.core.keras_private import own_trainable_variables, parts_of
from explorer.core.rounding import MACHINE_EPSILON
from explorer.core.tracing.record import LiveCall
from explorer.model.problem import Problem

TOLERANCE = 1e-5
"""A change of less than this part of the chosen tensor's largest number is rounding."""

COPIES = 16
"""A row of the batch that is repeated so often must give one number so often."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a call starts from: its inputs, and its weights by their ids."""

    arrays: tuple[np.ndarray, ...]
    weights: Mapping[str, np.ndarray]


class Probe:
    """The layer and the chosen cell.

    Attributes:
        index, value: the chosen cell and what is in it.
        own: the given inputs and weights, with ordinary numbers in the place of NaN and infinity.
        replaced_nan: whether there was any.
        trainable: ids of the floating-point weights that training may move.
        steps, all_cells, row_cells: how many steps a call takes, and how many cells it makes, in all and for each
            row of the batch.
        by_rows: ids of the tensors whose first axis is the batch; none if rows of the batch depend on each other.

    Raises:
        Problem: if the layer cannot be run, there is no such cell, or no two calls give the same.
    """

    def __init__(self, rerun: Rerun, tensor_id: str, index: tuple[int, ...]) -> None:
        self._rerun = rerun
        self.tensor_id, self.index = tensor_id, index
        rerun.live()
        weights = rerun.weights()
        live = rerun.call()
        writes = rerun.moved()
        self._names = {f"weight:{name}": variable for name, variable in named_weights(rerun.layer).items()}
        weights = self._weights = rerun.weights() | weights  # some are made in the first call
        self._tensors = live.tensors()
        target = chosen(self._tensors, tensor_id, index)
        self.value = plain_value((weights[tensor_id] if tensor_id in weights else to_array(target))[self.index])
        trained = _trained(rerun.layer)
        self.trainable = [name for name, v in self._names.items() if id(v) in trained and is_floating(v)]
        self.steps = len(live.steps())
        unique = {id(tensor): tensor for tensor in self._tensors.values()}
        self.all_cells = sum(int(np.prod(tuple(tensor.shape))) for tensor in unique.values())
        generator = np.random.default_rng(rerun.seed)
        given = Numbers(tuple(rerun.arrays), weights)
        self.own = Numbers(
            tuple(finite(array, generator) for array in given.arrays),
            {name: finite(array, generator) for name, array in weights.items()},
        )
        pairs = zip((*given.arrays, *weights.values()), (*self.own.arrays, *self.own.weights.values()), strict=True)
        self.replaced_nan = any(one is not other for one, other in pairs)
        self._refuse_unrepeatable()
        self.by_rows = self._rows_alone(generator, writes)
        batch = self.own.arrays[0].shape[0] if self.by_rows else 1
        self.row_cells = max(1, self.all_cells // max(1, batch))

    # -- which tensors there are
    def sources(self) -> list[tuple[str, np.ndarray]]:
        """Ids and arrays of the tensors that came before the chosen one: inputs, weights, then steps."""
        return [(name, self._array(name)) for name in self._source_ids()]

    def _array(self, name: str) -> np.ndarray:
        return self.own.weights[name] if name in self.own.weights else to_array(self._tensors[name])

    def _source_ids(self) -> list[str]:
        target = self._tensors[self.tensor_id]
        if self.tensor_id.partition(":")[0] in ("input", "weight") or isinstance(target, keras.Variable):
            return []
        steps, seen = [], {id(tensor) for name, tensor in self._tensors.items() if not name.startswith("step:")}
        for name, tensor in self._tensors.items():
            if not name.startswith("step:"):
                continue
            if tensor is target:
                break
            if id(tensor) not in seen and not isinstance(tensor, keras.Variable):
                seen.add(id(tensor))
                steps.append(name)
        inputs = [name for name in self._tensors if name.startswith("input:")]
        return [*inputs, *self._names, *steps]

    def with_aliases(self, cells: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The cells under every id that a tensor has; another id of the chosen tensor shows the chosen cell."""
        target = self._tensors[self.tensor_id]
        by_tensor = {id(self._tensors[name]): array for name, array in cells.items()}
        by_tensor[id(target)] = one_hot(to_array(target).shape, self.index).astype(bool)
        return {
            name: by_tensor[id(tensor)]
            for name, tensor in self._tensors.items()
            if name != self.tensor_id and id(tensor) in by_tensor
        }

    # -- calls
    def call(self, numbers: Numbers, mask: np.ndarray | None = None, replace: Changes | None = None) -> LiveCall:
        """One call from the start: random state, moving averages and states of recurrent layers as they were.

        Raises:
            Problem: in place of whatever Keras raises.
        """
        weights: Changes = {
            name: instead(array) for name, array in numbers.weights.items() if array is not self._weights[name]
        }
        mask = self._rerun.mask if mask is None else mask
        return self._rerun.call({**weights, **(replace or {})}, numbers.arrays, mask)

    def target(self, live: LiveCall) -> np.ndarray:
        """The chosen tensor in a call.

        Raises:
            Problem: if the call took another way and did not make it.
        """
        tensor = tensor_of(live, self.tensor_id)
        if tensor is None:
            raise Problem("With other numbers the call takes another way.", received=self.tensor_id)
        return to_array(tensor)

    def start(self, arrays: Sequence[np.ndarray], weights: Mapping[str, np.ndarray]) -> Start:
        """A call to compare others with.

        Raises:
            Problem: if the layer refuses these numbers.
        """
        return Start(self, Numbers(tuple(arrays), dict(weights)))

    def _refuse_unrepeatable(self) -> None:
        one, other = (self.target(self.call(self.own)) for _ in range(2))
        if one.shape != other.shape or differs(one, other).any():
            raise Problem("This layer gives other numbers at every call, so a change would mean nothing.")

    def stacked(self, arrays: Sequence[np.ndarray], count: int) -> tuple[list[np.ndarray], np.ndarray | None]:
        """The chosen cell's row of every input, so many times, and of the mask."""
        row = self.index[0]
        mask = self._rerun.mask
        repeated = [np.repeat(array[row : row + 1], count, 0) for array in arrays]
        return repeated, None if mask is None else np.repeat(mask[row : row + 1], count, 0)

    def _rows_alone(self, generator: np.random.Generator, writes: bool) -> frozenset[str]:
        """The tensors that have a row for each row of the batch, if the rows have nothing to do with each other.

        The chosen row is put among strangers, at every place of a batch of another size, and into a batch of nothing
        but itself, with random weights: it must give the same number everywhere. A call that writes (moving averages,
        the state of a random generator) is not tried: its rows share what it writes.
        """
        shape = to_array(self._tensors[self.tensor_id]).shape
        if writes or not self.index or not self.own.arrays:
            return frozenset()
        if any(array.shape[:1] != shape[:1] for array in self.own.arrays):
            return frozenset()
        weights = dict(self.own.weights)
        for name in self.trainable:
            weights[name] = generator.standard_normal(weights[name].shape).astype(weights[name].dtype)
        arrays = tuple(_strangers(array, generator) for array in self.own.arrays)
        try:
            for numbers in (Numbers(self.own.arrays, weights), Numbers(arrays, weights)):
                alone = self.target(self.call(numbers))[self.index]
                for count, places in (
                    (COPIES + (shape[0] == COPIES), None),
                    *((3 + (shape[0] == 3), p) for p in range(3)),
                ):
                    stacked, mask = self.stacked(numbers.arrays, count)
                    others = [row for row in range(count) if places is not None and row != places]
                    for array in stacked:
                        array[others] = _strangers(array[others], generator)
                    live = self.call(Numbers(tuple(stacked), weights), mask)
                    among = self.target(live)
                    inside: tuple[Any, ...] = (
                        slice(None) if places is None else slice(places, places + 1),
                        *self.index[1:],
                    )
                    if among.shape != (count, *shape[1:]) or changed(np.asarray(alone), among[inside], among).any():
                        return frozenset()
        except Problem:
            return frozenset()
        return frozenset(self._with_rows(live, shape[0], count))

    def _with_rows(self, live: LiveCall, batch: int, count: int) -> Iterator[str]:
        """The tensors whose first axis grew with the batch, and nothing else about them."""
        for name, tensor in live.tensors().items():
            own = self._tensors.get(name)
            if own is not None and not isinstance(tensor, keras.Variable):
                shape = tuple(own.shape)
                if shape[:1] == (batch,) and tuple(tensor.shape) == (count, *shape[1:]):
                    yield name


class Start:
    """Inputs and weights, what the call makes of them, and calls that differ in one place.

    Attributes:
        values: the recorded arrays.
    """

    def __init__(self, probe: Probe, numbers: Numbers) -> None:
        self._probe, self._numbers = probe, numbers
        live = probe.call(numbers)
        self._base = probe.target(live)
        names = (name for name in live.tensors() if not name.startswith("weight:"))
        tensors = live.tensors()
        self.values = {name: to_array(tensors[name]) for name in names} | dict(numbers.weights)

    def rows(self, name: str) -> np.ndarray | None:
        """The tensor's row that the chosen cell's row of the batch made; None if its cells must be tried in turn."""
        if name not in self._probe.by_rows or name not in self.values:
            return None
        row: np.ndarray = self.values[name][self._probe.index[0]]
        return np.asarray(row)

    def changed_rows(self, name: str, places: np.ndarray, others: np.ndarray) -> np.ndarray:
        """For each place of the row, whether another number there changes the chosen cell: one call.

        Raises:
            Problem: if the layer refuses one of the numbers.
        """
        batch = self._probe.own.arrays[0].shape[0]
        count = len(places) + 1 + (len(places) + 1 == batch)
        arrays, mask = self._probe.stacked(self._numbers.arrays, count)

        def replaced(array: np.ndarray) -> np.ndarray:
            array = array.copy()
            array.reshape(count, -1)[np.arange(len(places)), places] = others
            return array

        replace: Changes = {}
        if name.startswith("input:"):
            number = int(name.removeprefix("input:"))
            arrays[number] = replaced(arrays[number])
        else:
            replace = {name: replaced}
        live = self._probe.call(Numbers(tuple(arrays), self._numbers.weights), mask, replace)
        target = self._probe.target(live)
        inside: tuple[Any, ...] = (slice(None), *self._probe.index[1:])
        cells = target[inside]
        return changed(np.broadcast_to(cells[-1], (len(places),)), cells[: len(places)], target[-1])

    def changed_by(self, name: str, array: np.ndarray) -> bool:
        """Whether the chosen cell changes when this array is in the tensor's place: one call.

        Raises:
            Problem: if the layer refuses it.
        """
        arrays, weights, replace = list(self._numbers.arrays), dict(self._numbers.weights), dict[str, Any]()
        if name.startswith("input:"):
            arrays[int(name.removeprefix("input:"))] = array
        elif name in weights:
            weights[name] = array
        else:
            replace[name] = instead(array)
        target = self._probe.target(self._probe.call(Numbers(tuple(arrays), weights), replace=replace))
        if target.shape != self._base.shape:
            return True
        index = self._probe.index
        return bool(changed(np.array([self._base[index]]), np.array([target[index]]), self._base).any())


def changed(old: np.ndarray, new: np.ndarray, tensor: np.ndarray) -> np.ndarray:
    """Where two arrays differ by more than rounding; `tensor` says how large its numbers are."""
    found = differs(old, new)
    if old.dtype.kind not in "fc":
        return found
    part = max(TOLERANCE, 4 * MACHINE_EPSILON.get(old.dtype.name, 0.0))
    with np.errstate(all="ignore"):
        wide = "complex128" if old.dtype.kind == "c" else "float64"
        sizes = np.abs(np.concatenate([old.ravel(), new.ravel(), tensor.ravel()]).astype(wide))
        largest = sizes[np.isfinite(sizes)].max(initial=0.0)
        distance = np.abs(new.astype(wide) - old.astype(wide))
    return np.asarray(found & ~(distance <= part * largest))


def _trained(layer: keras.layers.Layer) -> set[int]:
    """The variables that training may move, whether or not the layer is frozen now."""
    parts = parts_of(layer)
    return {id(variable) for part in parts for variable in own_trainable_variables(part)}


def _strangers(array: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    if array.dtype.kind == "f":
        return (generator.standard_normal(array.shape) * 3).astype(array.dtype)
    return generator.choice(array.ravel(), array.shape)
