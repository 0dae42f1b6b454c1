"""One recorded call under a tape, and the gradient of one of its cells with respect to every tensor, in one pass."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_weights, to_array
from explorer.core.dependence.cells import all_finite, finite, is_floating, one_hot, plain_value
from explorer.core.dependence.rerun import Rerun, chosen
from explorer.core.plain import plain
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.model.problem import Problem
from explorer.model.trace import Message


class Backward:
    """One recorded call under a tape, and the backward pass from the chosen cell.

    Attributes:
        rerun, live, tensor_id, index: what was called, and the cell.
        weights: by their ids, as they were before the call.
        tensors: the live tensors by their ids; `target` is the chosen one.
        value: the number in the cell.
    """

    def __init__(self, rerun: Rerun, live: LiveCall, tensor_id: str, index: tuple[int, ...]) -> None:
        self.rerun, self.live, self.tensor_id, self.index = rerun, live, tensor_id, index
        self.weights = rerun.weights()
        self._tape = recorded(rerun, live)
        self.tensors = live.tensors()
        self.target = chosen(self.tensors, tensor_id, index)
        shown = self.weights.get(tensor_id)
        self.value = plain_value((to_array(self.target) if shown is None else shown)[index])

    def cells(self) -> dict[str, np.ndarray]:
        """The gradient for every tensor it reaches. A tensor that is known by two ids has one array.

        Raises:
            Problem: if TensorFlow has no backward pass for one of the operations.
        """
        if not is_floating(self.target):
            return {}
        sources = {
            id(tensor): tensor
            for name, tensor in self.tensors.items()
            if name != self.tensor_id and is_floating(tensor)
        }
        found = self._gradients(sources)
        return {
            name: found[id(tensor)]
            for name, tensor in self.tensors.items()
            if name != self.tensor_id and found.get(id(tensor)) is not None
        }

    def _gradients(self, sources: dict[int, Any]) -> dict[int, np.ndarray]:
        seed = one_hot(self.target.shape, self.index)
        if isinstance(self.target, keras.Variable):
            return {id(self.target): seed} if id(self.target) in sources else {}
        found = gradients(self._tape, self.target, list(sources.values()), seed)
        return {key: g for key, g in zip(sources, found, strict=True) if g is not None}


def recorded(rerun: Rerun, live: LiveCall, persistent: bool = False) -> tf.GradientTape:
    """Let a call happen under a tape that watches every floating-point tensor of it."""
    with tf.GradientTape(persistent=persistent) as tape, rerun.explaining():
        live.happen(Recorder(MAX_STEPS, lambda tensor: tape.watch(tensor) if is_floating(tensor) else None))
    return tape


def gradients(tape: tf.GradientTape, target: Any, sources: list[Any], weights: np.ndarray) -> list[np.ndarray | None]:
    """The gradient of a weighted sum of the target's cells; None for a source that it does not reach.

    Raises:
        Problem: if TensorFlow has no backward pass for one of the operations.
    """
    try:
        found = tape.gradient(
            target,
            [tensor.value if isinstance(tensor, keras.Variable) else tensor for tensor in sources],
            output_gradients=tf.cast(weights, target.dtype),
        )
        return [None if gradient is None else to_array(gradient) for gradient in found]
    except Exception as error:
        raise Problem(
            Message(
                "TensorFlow cannot compute the gradient of this cell: an operation on its way has no backward pass "
                "for numbers of {dtype}. What could matter to it can be found by trying instead.",
                {"dtype": target.dtype.name},
            ),
            detail=f"{type(error).__name__}: {plain(str(error))}",
        ) from error


def without_phantoms(backward: Backward, cells: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[Message]]:
    """Take out gradients that are NaN only because the backward pass multiplied a 0 by a NaN of the forward pass.

    The call is made once more with ordinary numbers in the place of NaN and infinity. A gradient that is 0 then has
    nothing to do with the chosen cell.
    """
    rerun = backward.rerun
    generator = np.random.default_rng(rerun.seed)
    names = [f"input:{i}" for i, array in enumerate(rerun.arrays) if not all_finite(array)]
    live = rerun.live([finite(array, generator) for array in rerun.arrays], rerun.mask)
    for name, variable in named_weights(rerun.layer).items():
        if is_floating(variable) and not all_finite(to_array(variable)):
            names.append(f"weight:{name}")
            variable.assign(finite(to_array(variable), generator))
    notes = []
    if names:
        ordinary = Backward(rerun, live, backward.tensor_id, backward.index)
        true = ordinary.cells()
        cells = {name: _settled(array, true.get(name)) for name, array in cells.items()}
        if not is_finite(backward.value) and is_finite(ordinary.value):
            shown = ", ".join(name.partition(":")[2] if name[0] == "w" else name for name in names)
            notes.append(
                Message(
                    "This cell is {value} because {names} holds NaN or infinity: 0 · NaN is NaN, so a gradient of 0 "
                    "does not keep it out.",
                    {"value": str(backward.value), "names": shown},
                )
            )
    count = sum(int((~np.isfinite(array)).sum()) for array in cells.values())
    if count:
        notes.append(Message("Gradients that are NaN or infinite: {count}.", {"count": count}))
    return cells, notes


def is_finite(value: Any) -> bool:
    """Whether it is neither NaN nor infinite."""
    return not isinstance(value, float) or bool(np.isfinite(value))


def _settled(array: np.ndarray, ordinary: np.ndarray | None) -> np.ndarray:
    if ordinary is None or ordinary.shape != array.shape:
        return array
    return np.where(np.isnan(array) & (ordinary == 0), np.zeros((), array.dtype), array)
