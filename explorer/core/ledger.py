"""Turn what happened into what is told: live tensors into arrays with ids, operations and operands into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import recorded, to_array
from explorer.core.recorder import OpenFrame, OpenStep, is_eager, step_ids
from explorer.trace import Frame, Operand, Step

MAX_TEXT = 80
"""An operand that is no tensor is told in at most so many characters."""


class Ledger:
    """Ids and arrays of every tensor of one call. A tensor that appears twice has one array and one id."""

    def __init__(self, inputs: Sequence[Any], variables: Mapping[str, keras.Variable]) -> None:
        self._arrays: dict[int, tuple[Any, np.ndarray]] = {}
        self._ids: dict[int, tuple[Any, str]] = {}
        for position, tensor in enumerate(inputs):
            self._name(tensor, f"input:{position}")
        for name, variable in variables.items():
            self._name(variable, f"weight:{name}")

    def array(self, tensor: Any) -> np.ndarray:
        """The array of a tensor: one array for one tensor, however often it appears."""
        if id(tensor) not in self._arrays:
            self._arrays[id(tensor)] = (tensor, to_array(tensor))
        return self._arrays[id(tensor)][1]

    def frames(self, frames: Sequence[OpenFrame]) -> tuple[Frame, ...]:
        """The frames with their steps; a step's number is that of its tensors' ids."""
        return tuple(self._frame(frame) for frame in frames)

    def _frame(self, frame: OpenFrame) -> Frame:
        steps: list[Step] = []
        children: list[Frame] = []
        waiting = list(frame.children)
        for number, step in enumerate(frame.steps):
            while waiting and waiting[0].called_from <= number:
                children.append(self._frame(waiting.pop(0)))
            steps.append(self._step(frame, step))
        children += [self._frame(child) for child in waiting]
        return Frame(
            frame.name, frame.code.source, frame.code.first_line, tuple(steps), tuple(children), frame.called_from
        )

    def _step(self, frame: OpenFrame, step: OpenStep) -> Step:
        operands = tuple(self._operands(step))
        site = frame.code.sites[step.site]
        values = []
        for tensor_id, tensor in zip(step_ids(step.number, len(step.values)), step.values, strict=True):
            self._name(tensor, tensor_id)
            name = site.target or site.text
            values.append(recorded(self.array(tensor), tensor, tensor_id, name, "intermediate"))
        return Step(
            site.line, site.column, site.end_line, site.end_column, site.text, site.target, tuple(values),
            operation_name(step.operation), operands,
        )  # fmt: skip

    def _operands(self, step: OpenStep) -> Iterator[Operand]:
        for argument in step.arguments:
            yield self._operand("", argument)
        for name, argument in step.keywords.items():
            yield self._operand(name, argument)

    def _operand(self, name: str, value: Any) -> Operand:
        if is_eager(value) and id(value) in self._ids:
            return Operand(name, self._ids[id(value)][1], "")
        if isinstance(value, (list, tuple)) and value and all(id(item) in self._ids for item in value):
            return Operand(name, " ".join(self._ids[id(item)][1] for item in value), "")
        return Operand(name, "", _words(value))

    def _name(self, tensor: Any, tensor_id: str) -> None:
        self._ids.setdefault(id(tensor), (tensor, tensor_id))


def operation_name(operation: Any) -> str:
    """An operation by the name that its user knows: "+", "keras.ops.matmul", "keras.activations.tanh", "Dense"."""
    if isinstance(operation, str):
        return operation
    name = getattr(operation, "__name__", type(operation).__name__)
    module = getattr(operation, "__module__", "") or ""
    if isinstance(operation, keras.layers.Layer):
        return type(operation).__name__
    for inside, outside in _PUBLIC:
        if module.startswith(inside):
            return f"{outside}.{name}"
    return f"{module}.{name}" if module not in ("builtins", "") else name


_PUBLIC = (
    ("keras.src.ops", "keras.ops"),
    ("keras.src.activations", "keras.activations"),
    ("keras.src.backend", "keras.ops"),
    ("tensorflow", "tf"),
)
"""Where an operation is defined, and where its users import it from. Keras's backend has the names of `keras.ops`."""


def _words(value: Any) -> str:
    """A value that is no recorded tensor, in a few words."""
    if isinstance(value, (keras.Variable, tf.Variable)) or tf.is_tensor(value):
        return f"tensor {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
