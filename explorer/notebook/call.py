"""One call of a layer that somebody holds, to be recorded again with other numbers; the layer is left as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer import core
from explorer.core.arrays import as_tensor, named_weights, to_array
from explorer.core.dependence.rerun import LayerRerun
from explorer.core.keras_private import mask_of
from explorer.core.tape.witness import tape_of_layer
from explorer.core.tracing.axis_names import followed
from explorer.core.tracing.record import traced
from explorer.experiment.recipes import cast
from explorer.model.dependence import Trail
from explorer.model.problem import Problem
from explorer.model.tape import Tape
from explorer.model.trace import Trace

Cells = Mapping[tuple[int, ...], float]
Edits = Mapping[str, Cells]
"""Ids of inputs and weights -> index -> the number that stands there instead."""


@dataclass(frozen=True, eq=False)
class LayerCall:
    """A layer, and what it is called with.

    Attributes:
        layer: any instance; the first recording builds it if it was not.
        inputs: the positional arguments of the call.
        training: the training flag; None where none is given.
        mask: as of `explorer.core.trace_layer`.
        keywords: further keyword arguments of the call.
    """

    layer: keras.layers.Layer
    inputs: Sequence[Any]
    training: bool | None = None
    mask: Any = None
    keywords: Mapping[str, Any] = field(default_factory=dict)

    def trace(self, edits: Edits | None = None) -> Trace:
        """What the call records.

        Args:
            edits: cells of inputs and weights that hold other numbers.
        Raises:
            Problem: in place of whatever building or calling the layer raises. Its `trace` is what was recorded until
                then, if anything was.
        """
        failed: list[Trace] = []
        try:
            with self._rerun(edits or {}) as rerun:
                live = rerun.live()
                with rerun.explaining():
                    return self._named(traced(live, failed.append))
        except Problem as problem:
            if failed and failed[0].frames:
                problem.trace = self._named(failed[0])
            raise

    def tape(self) -> Tape:
        """The operations of the call, for a browser to run again.

        Raises:
            Problem: if the layer cannot be called.
        """
        with self._rerun({}) as rerun:
            return tape_of_layer(rerun)

    def trail(self, way: str, tensor: str, index: Sequence[int], edits: Edits | None = None) -> Trail:
        """The trail of a cell.

        Args:
            way: "trail", "could_depend" or "downstream": the functions of `explorer.core`.
            tensor, index: the cell.
            edits: as of `trace`.
        Raises:
            Problem: if it cannot be followed.
        """
        ask = {"trail": core.trail, "could_depend": core.could_depend, "downstream": core.downstream}[way]
        with self._changed(edits or {}) as (inputs, keywords, mask):
            return ask(self.layer, inputs, tensor, index, training=self.training, mask=mask, **keywords)

    def _named(self, trace: Trace) -> Trace:
        """The trace with its inputs under the names that the layer's `call` gives them."""
        parameters = list(inspect.signature(self.layer.call).parameters.values())
        taken = [one.name for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        names = []
        for position, value in enumerate(self.inputs):
            count = len(keras.tree.flatten(value))
            name = taken[position] if position < len(taken) else f"input {position}"
            names += [name] if count == 1 else [f"{name} {number}" for number in range(count)]
        for path, leaf in keras.tree.flatten_with_path({**self.keywords, "mask": None}):
            names += [".".join(map(str, path))] if tf.is_tensor(as_tensor(leaf)) else []
        inputs = [
            dataclasses.replace(tensor, name=names[number]) if number < len(names) else tensor
            for number, tensor in enumerate(trace.inputs)
        ]
        return followed(dataclasses.replace(trace, inputs=tuple(inputs)))

    @contextlib.contextmanager
    def _rerun(self, edits: Edits) -> Iterator[LayerRerun]:
        with self._changed(edits) as (inputs, keywords, mask):
            rerun = LayerRerun(self.layer, inputs, self.training, mask, keywords)
            try:
                yield rerun
            finally:
                rerun.leave()

    @contextlib.contextmanager
    def _changed(self, edits: Edits) -> Iterator[tuple[list[Any], dict[str, Any], Any]]:
        """The arguments, keywords and mask of the call with cells set; those of weights are set within the block."""
        mask, keywords = self.mask, dict(self.keywords)
        if mask is not None and "mask" in self.layer.call_signature_parameters:
            keywords, mask = {**keywords, "mask": mask}, None
        first = next(iter(keras.tree.flatten(list(self.inputs))), None)
        if mask is None and first is not None:
            mask = mask_of(first)  # an edited array does not carry it
        variables = {f"weight:{name}": variable for name, variable in named_weights(self.layer).items()}
        before = {name: to_array(variables[name]) for name in edits if name in variables}
        for name, array in before.items():
            variables[name].assign(_edited(array, edits[name]))
        try:
            yield *self._arguments(keywords, edits), mask
        finally:
            for name, array in before.items():
                variables[name].assign(array)

    def _arguments(self, keywords: dict[str, Any], edits: Edits) -> tuple[list[Any], dict[str, Any]]:
        """The inputs, counted as a trace counts them: all of the arguments, and the tensors among the keywords."""
        number = itertools.count()

        def argument(leaf: Any) -> Any:
            cells = edits.get(f"input:{next(number)}")
            return leaf if cells is None else _edited(to_array(as_tensor(leaf)), cells)

        def keyword(leaf: Any) -> Any:
            return argument(leaf) if tf.is_tensor(as_tensor(leaf)) else leaf

        inputs = keras.tree.map_structure(argument, list(self.inputs))
        others = {name: value for name, value in keywords.items() if name != "mask"}
        return inputs, {**keywords, **keras.tree.map_structure(keyword, others)}


def _edited(array: np.ndarray, cells: Cells) -> np.ndarray:
    changed = array.copy()
    with np.errstate(over="ignore"):
        for index, number in cells.items():
            changed[index] = cast(np.array(number), array.dtype.name) if array.dtype.kind in "iu" else number
    return changed
