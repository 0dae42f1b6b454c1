"""Call a layer again and again from one start, with the live tensors at hand: what every trail is made from."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import as_tensor, named_weights, to_array
from explorer.core.dependence.cells import like
from explorer.core.keras_private import mask_of, set_mask
from explorer.core.mistakes import diagnose
from explorer.core.plain import plain
from explorer.core.snapshot import Snapshot
from explorer.core.tracing.live_frames import step_ids
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.problem import Problem

Changes = Mapping[str, Callable[[np.ndarray], np.ndarray]]
"""For the id of an input, a weight or a step: what makes the array that stands in its place."""


def instead(array: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A change that puts this array there, whatever was there."""
    return lambda _: array


class Rerun(abc.ABC):
    """A layer with its inputs. Every call starts from the same weights, states and generators of random numbers.

    Attributes:
        layer: what is called.
        arrays: the inputs. Where the layer was given one tensor twice, it is the same array twice.
        mask: the mask of the first input, or None.
        seed: for what is drawn in order to try it out.
    """

    def __init__(self, layer: Any, arrays: list[np.ndarray], mask: np.ndarray | None, seed: int) -> None:
        self.layer, self.arrays, self.mask, self.seed = layer, arrays, mask, seed
        self._snapshot: Snapshot | None = None

    @abc.abstractmethod
    def input_name(self, position: int) -> str:
        """What a reader calls that input."""

    @abc.abstractmethod
    def _made(self, arrays: Sequence[np.ndarray], mask: np.ndarray | None) -> LiveCall:
        """A call on these inputs; the first one builds the layer."""

    @abc.abstractmethod
    def _problem(self, error: Exception, arrays: Sequence[np.ndarray]) -> Problem:
        """What to say of an exception of the layer's own."""

    def live(self, arrays: Sequence[np.ndarray] | None = None, mask: np.ndarray | None = None) -> LiveCall:
        """A call that is ready to happen, on the layer's own inputs and mask or on others.

        Raises:
            Problem: in place of whatever Keras raises while it builds the layer.
        """
        if self._snapshot is not None:
            self._snapshot.again()
        own = arrays is None
        with self.explaining(arrays):
            live = self._made(self.arrays if arrays is None else arrays, self.mask if own else mask)
        if self._snapshot is None:
            self._snapshot = Snapshot(self.layer)
        return live

    def call(
        self,
        changes: Changes = MappingProxyType({}),
        arrays: Sequence[np.ndarray] | None = None,
        mask: np.ndarray | None = None,
        *,
        wanted: str = "",
    ) -> LiveCall:
        """A call that has happened, with other numbers in some tensors.

        Args:
            changes: by the ids of inputs, weights and steps. An input that was given twice changes everywhere.
            arrays, mask: as of `live`.
            wanted: the id of the only tensor that is wanted. Where it is an output and no step changes, nobody listens
                to the call.
        Raises:
            Problem: in place of whatever Keras raises.
        """
        given = list(self.arrays if arrays is None else arrays)
        mask = self.mask if arrays is None else mask
        for name in changes:
            if name.startswith("input:"):
                own = given[int(name.removeprefix("input:"))]
                other = changes[name](own)
                given = [other if array is own else array for array in given]
        live = self.live(given, mask)
        variables = {f"weight:{name}": variable for name, variable in named_weights(self.layer).items()}
        for name in changes:
            if name in variables:
                variables[name].assign(changes[name](to_array(variables[name])))
        steps = {
            name: lambda tensor, change=change: like(change(to_array(tensor)), tensor)
            for name, change in changes.items()
            if name.startswith("step:")
        }
        unheard = wanted.startswith("output:") and not steps
        with self.explaining(given):
            live.happen(None if unheard else Recorder(MAX_STEPS, replace=steps))
        return live

    def weights(self) -> dict[str, np.ndarray]:
        """The weights by their ids, as they are now."""
        return {f"weight:{name}": to_array(variable) for name, variable in named_weights(self.layer).items()}

    def moved(self) -> bool:
        """Whether the call that has happened changed what a next one would start from."""
        return self._snapshot is not None and self._snapshot.moved()

    def leave(self) -> None:
        """Leave the layer as it was before the first call."""
        if self._snapshot is not None:
            self._snapshot.leave()

    @contextmanager
    def explaining(self, arrays: Sequence[np.ndarray] | None = None) -> Iterator[None]:
        """Raise a Problem in place of whatever Keras or TensorFlow raise within the block."""
        try:
            yield
        except Problem:
            raise
        except Exception as error:
            raise self._problem(error, self.arrays if arrays is None else arrays) from error


class ExperimentRerun(Rerun):
    """An experiment's layer. Every call gives the bits that `run(experiment)` gives.

    Raises:
        Problem: if the layer cannot be made or holds no numbers.
    """

    def __init__(self, experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
        self._test = test = LayerUnderTest(experiment, attachments)
        if test.card.symbolic:
            raise Problem("A symbolic tensor holds no numbers, so none came from anywhere.", where="layer")
        layer, arrays = test.make(), [array[...] for array in test.arrays]  # no two are one array
        super().__init__(layer, arrays, test.mask, experiment.seed)

    def input_name(self, position: int) -> str:
        """The name that the card gives it."""
        specs = self._test.card.inputs
        return specs[position].name if position < len(specs) else f"input {position}"

    def _made(self, arrays: Sequence[np.ndarray], mask: np.ndarray | None) -> LiveCall:
        if self._snapshot is None:
            self._test.edit(self.layer)
        return self._test.live(self.layer, arrays, mask)

    def _problem(self, error: Exception, arrays: Sequence[np.ndarray]) -> Problem:
        return self._test.problem(error, arrays)


class LayerRerun(Rerun):
    """A live layer. The first call gives what its next call would give.

    Args:
        layer: any instance.
        inputs: the positional arguments of the call, as a list.
        training: the training flag; None where the caller gave none.
        mask: booleans for the first input, or None.
        keywords: keyword arguments of the call.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        inputs: Sequence[Any],
        training: bool | None = None,
        mask: Any = None,
        keywords: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._training = training
        own: dict[int, Any] = {}
        self._arguments, self._keywords = (
            keras.tree.map_structure(lambda leaf: own.setdefault(id(leaf), _own(leaf)), part)
            for part in (list(inputs), dict(keywords))
        )
        self._given: list[Any] = []
        first = next(iter(keras.tree.flatten(self._arguments)), None)
        implied = mask_of(first) if first is not None else None
        mask = implied if mask is None else mask
        super().__init__(layer, [], None if mask is None else np.asarray(mask, bool), 0)
        self.live()

    def input_name(self, position: int) -> str:
        """As a trace of a live layer names it."""
        return f"input {position}"

    def _made(self, arrays: Sequence[np.ndarray], mask: np.ndarray | None) -> LiveCall:
        others = {
            id(given): _with_mask_of(like(array, given), given)
            for given, own, array in zip(self._given, self.arrays, arrays, strict=True)
            if array is not own
        }
        arguments, keywords = (
            keras.tree.map_structure(lambda leaf: others.get(id(leaf), leaf), part)
            for part in (self._arguments, self._keywords)
        )
        live = LiveCall(self.layer, arguments, self._training, mask, keywords)
        if not self._given:
            self._given = list(live.inputs)
            read = {id(tensor): to_array(tensor) for tensor in self._given}
            self.arrays = [read[id(tensor)] for tensor in self._given]
        return live

    def _problem(self, error: Exception, arrays: Sequence[np.ndarray]) -> Problem:
        shapes = ", ".join(str(array.shape) for array in arrays)
        detail = f"{type(error).__name__}: {plain(str(error))}"
        found = diagnose(error, type(self.layer), context=f"{detail}\n\nshapes: {shapes}")
        if found is None:
            return Problem("The layer refused this input.", received=shapes, detail=detail)
        return Problem(found.cause, expected=found.expected, received=found.received, detail=detail, why=found.why)


def _own(leaf: Any) -> Any:
    """The leaf as a tensor of our own, for a mask may be attached to it."""
    tensor = as_tensor(leaf)
    if tensor is not leaf or not hasattr(tensor, "shape") or not hasattr(tensor, "numpy"):
        return tensor
    return _with_mask_of(keras.ops.copy(tensor), tensor)


def _with_mask_of(tensor: Any, other: Any) -> Any:
    mask = mask_of(other)
    if mask is not None and tuple(mask.shape) == tuple(tensor.shape)[: len(mask.shape)]:
        set_mask(tensor, mask)
    return tensor


def tensor_of(live: LiveCall, tensor_id: str) -> Any:
    """The live tensor of that id, or None: `live.tensors()` without the work for all the others."""
    kind, _, rest = tensor_id.partition(":")
    if kind == "output":
        return live.outputs[int(rest)] if int(rest) < len(live.outputs) else None
    if kind != "step":
        return live.tensors().get(tensor_id)
    for _, step in live.steps():
        if step.number == int(rest.partition(".")[0]):
            return dict(zip(step_ids(step.number, len(step.given)), step.given, strict=True)).get(tensor_id)
    return None


def chosen(tensors: Mapping[str, Any], tensor_id: str, index: Sequence[int]) -> Any:
    """The live tensor of that id.

    Raises:
        Problem: if there is no such tensor, or it has no such cell.
    """
    if tensor_id not in tensors:
        known = [name for name in tensors if not name.startswith("step:")]
        raise Problem("This run recorded no such tensor.", expected=", ".join(known), received=tensor_id[:80])
    tensor = tensors[tensor_id]
    shape = to_array(tensor).shape
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise Problem("The tensor has no such cell.", expected=f"{tensor_id} {shape}", received=str(tuple(index)))
    return tensor
