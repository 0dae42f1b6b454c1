"""What variables hold at each moment of a call, known without copying them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf

from explorer.core.keras_private import EagerTensor, get_stateless_scope, in_stateless_scope
from explorer.core.tracing.variable_writes import positions_written

_VARIABLES = (keras.Variable, tf.Variable)


class Held:
    """The values of variables, followed through a call.

    A weight of the layer stands for itself as long as it holds what it held at first: before the call, or when it was
    made. After it has been written to, and for every other variable, a tensor that was read from it stands for it, the
    same one until it is written to again.

    Args:
        weights: those of the layer, before the call.

    Attributes:
        reading: while a variable is read here; such an operation is none of the call's.
    """

    def __init__(self, weights: Iterable[keras.Variable] = ()) -> None:
        self._handles = {id(handle): handle for handle in map(_handle, weights) if handle is not None}
        self._at_first = set(self._handles)
        self._made: set[int] = set()
        self._born: dict[int, Any] = {}
        self._read: dict[int, Any] = {}
        self._assigned: tuple[Any, Any] | None = None
        self.reading = False

    # -- what happens
    def operation(self, kind: str, inputs: Any, outputs: Any) -> None:
        """Note what an operation did to variables."""
        if kind == "VarHandleOp":
            self._handles[id(outputs[0])] = outputs[0]
            self._made.add(id(outputs[0]))
        for place in positions_written(kind):
            self._written(inputs[place], inputs[1] if kind == "AssignVariableOp" else None)

    def _written(self, handle: Any, value: Any) -> None:
        key = id(handle)
        self._handles[key] = handle
        if key in self._made:
            self._made.remove(key)
            self._at_first.add(key)
            self._born[key] = value
            return
        self._at_first.discard(key)
        self._read.pop(key, None)
        self._assigned = (handle, value)

    def forget_assignment(self) -> None:
        """A step begins: what was assigned before is not its doing."""
        self._assigned = None

    # -- what is told
    def now(self, value: Any) -> Any:
        """What stands for a variable at this moment, also within a list; anything else as it is."""
        kind = type(value)
        if kind is EagerTensor:
            return value
        if isinstance(value, _VARIABLES):
            unchanged = id(_handle(value)) in self._at_first and _scoped(value) is None
            return value if unchanged else self.tensor(value)
        if (kind is list or kind is tuple) and any(isinstance(item, _VARIABLES) for item in value):
            return kind(map(self.now, value))
        return value

    def tensor(self, value: Any) -> Any:
        """A variable's value at this moment; anything else as it is.

        A tensor that was assigned just now is told by what the variable holds since: a tensor of its own.
        """
        if isinstance(value, _VARIABLES):
            scoped, handle = _scoped(value), _handle(value)
            return value if scoped is None and handle is None else self._of(handle, value) if scoped is None else scoped
        if self._assigned is not None and self._assigned[1] is value and value is not None:
            return self._of(self._assigned[0], value)
        return value

    def first(self, variable: Any) -> Any:
        """The value with which a variable was made during the call; the variable itself if it was there before."""
        return self._born.get(id(_handle(variable)), variable)

    def _of(self, handle: Any, value: Any) -> Any:
        key = id(handle)
        if key not in self._read:
            self._handles[key] = handle
            self.reading = True
            try:
                dtype = (value._value if isinstance(value, keras.Variable) else value).dtype
                self._read[key] = tf.raw_ops.ReadVariableOp(resource=handle, dtype=dtype)
            finally:
                self.reading = False
        return self._read[key]


def _handle(variable: Any) -> Any:
    """TensorFlow's handle of a variable; None if it has no value yet."""
    if isinstance(variable, keras.Variable):
        variable = variable._value
    return getattr(variable, "handle", None)


def _scoped(variable: Any) -> Any:
    """The value that stands for a variable within `stateless_call`; None if its own does."""
    if isinstance(variable, keras.Variable) and in_stateless_scope():
        return get_stateless_scope().get_current_value(variable)
    return None
