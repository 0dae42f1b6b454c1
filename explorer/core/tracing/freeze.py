"""Turn what happened into what is told: live tensors into arrays with ids, operations and operands into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import recorded, to_array
from explorer.core.keras_private import PUBLIC_NAMES
from explorer.core.tracing.failure import Failure
from explorer.core.tracing.live_frames import OpenFrame, OpenStep, step_ids
from explorer.core.tracing.operands import in_words, is_numeric
from explorer.core.tracing.operation_list import plain_operation
from explorer.core.tracing.signatures import called, operands_of, signature_of
from explorer.core.tracing.source_position import Site
from explorer.model.trace import Frame, Operand, Step, Tensor

MAX_TEXT = 100_000
"""An operand that is no tensor is told in at most so many characters."""


class Ledger:
    """Ids and arrays of every tensor of one call. A tensor that appears twice has one array and one id.

    Args:
        inputs, variables: those of the call and of the layer; a variable's name is its path inside the layer.
        first: the value that a variable held at first, if it was made during the call.
    """

    def __init__(
        self, inputs: Sequence[Any], variables: Mapping[str, keras.Variable], first: Callable[[Any], Any]
    ) -> None:
        self._first = first
        self._arrays: dict[int, tuple[Any, np.ndarray]] = {}
        self._ids: dict[int, tuple[Any, str]] = {}
        self.others: list[Tensor] = []
        for position, tensor in enumerate(inputs):
            self.name(tensor, f"input:{position}")
        for name, variable in variables.items():
            self.name(variable, f"weight:{name}")
            self.name(variable.value, f"weight:{name}")  # what TensorFlow calls the variable

    def name(self, tensor: Any, tensor_id: str) -> None:
        """Give a tensor the id by which operands name it, if it has none."""
        self._ids.setdefault(id(tensor), (tensor, tensor_id))

    def add_other(self, tensor: Any, tensor_id: str, name: str) -> None:
        """Keep an operand that no recorded step gave."""
        self.name(tensor, tensor_id)
        self.others.append(recorded(self.array(tensor), tensor, tensor_id, name, "intermediate"))

    def array(self, tensor: Any) -> np.ndarray:
        """The array of a tensor: one array for one tensor, however often it appears."""
        if id(tensor) not in self._arrays:
            self._arrays[id(tensor)] = (tensor, to_array(self._first(tensor)))
        return self._arrays[id(tensor)][1]

    def frames(self, frames: Sequence[OpenFrame], failure: Failure | None = None) -> tuple[Frame, ...]:
        """The frames with their steps; a step's number is that of its tensors' ids. What failed is its frame's last."""
        return tuple(self._frame(frame, failure) for frame in frames)

    def _frame(self, frame: OpenFrame, failure: Failure | None) -> Frame:
        steps: list[Step] = []
        children: list[Frame] = []
        waiting = list(frame.children)
        for number, step in enumerate(frame.steps):
            while waiting and waiting[0].called_from <= number:
                children.append(self._frame(waiting.pop(0), failure))
            steps.append(self._step(frame, step))
        children += [self._frame(child, failure) for child in waiting]
        if failure is not None and failure.frame is frame:
            steps.append(self._told(failure.site, failure, (), failure.text))
        return Frame(
            frame.name, frame.code.source, frame.code.first_line, tuple(steps), tuple(children), frame.called_from
        )

    def _step(self, frame: OpenFrame, step: OpenStep) -> Step:
        site = frame.code.sites[step.site]
        values = []
        for tensor_id, tensor, given in zip(
            step_ids(step.number, len(step.values)), step.values, step.given, strict=True
        ):
            self.name(tensor, tensor_id)
            self.name(given, tensor_id)
            name = site.target or site.text
            values.append(recorded(self.array(tensor), tensor, tensor_id, name, "intermediate"))
        return self._told(site, step, tuple(values))

    def _told(self, site: Site, step: OpenStep | Failure, values: tuple[Tensor, ...], error: str = "") -> Step:
        return Step(
            site.line, site.column, site.end_line, site.end_column, site.text, site.target, values,
            operation_name(called(step.operation)), tuple(self._operands(step)),
            tuple(map(plain_operation, step.ops)), error, signature_of(called(step.operation)),
        )  # fmt: skip

    def _operands(self, step: OpenStep | Failure) -> Iterator[Operand]:
        for name, value, _ in operands_of(step.operation, step.arguments, step.keywords):
            yield self._operand(name, value)

    def _operand(self, name: str, value: Any) -> Operand:
        held, text = in_words(value, self._id, operation_name)
        if text == "{0}" or (held and isinstance(value, (list, tuple)) and all(map(self._id, value))):
            return Operand(name, tuple(held))
        return Operand(name, tuple(held), text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…")

    def _id(self, value: Any) -> str | None:
        return self._ids[id(value)][1] if is_numeric(value) and id(value) in self._ids else None


def operation_name(operation: Any) -> str:
    """An operation by the name that its user knows: "+", "keras.ops.matmul", "keras.activations.tanh", "Dense"."""
    if isinstance(operation, str):
        return operation
    name = getattr(operation, "__name__", type(operation).__name__)
    module = getattr(operation, "__module__", "") or ""
    if isinstance(operation, keras.layers.Layer):
        return type(operation).__name__
    for inside, outside in PUBLIC_NAMES:
        if module.startswith(inside):
            return f"{outside}.{name}"
    return f"{module}.{name}" if module not in ("builtins", "") else name
