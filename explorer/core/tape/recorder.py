"""Listen to the TensorFlow operations of one call, and know which tensor each of them was given and made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_weights
from explorer.core.keras_private import EagerTensor, numbers_read
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.recorder import Recorder
from explorer.model.trace import Message

MAX_CELLS = 4_000_000
"""The most cells that all tensors of a call may have together: the browser keeps those of its tape."""
TOO_LARGE = Message("The call is too large to be computed in the browser.")
MAX_LOOKED_AT = 16
"""Python may look at so many computed numbers at once; a decision on more is not followed."""
_SHAPES = frozenset({"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"})
"""What these give depends on the shape of what they are given, not on its numbers; shapes do not change on a tape."""
_RANDOM = ("Random", "StatelessRandom", "StatelessTruncated", "StatelessMultinomial", "StatelessParameterized")
_COMPILED = ("__inference_", "__forward_")
_HANDLES = (tf.resource, tf.variant)


@dataclass(eq=False)
class Ran:
    """One operation that ran: its kind and attributes as TensorFlow told them, and numbers of tensors."""

    kind: str
    attributes: Sequence[Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class TapeRecorder(Recorder):
    """A recorder that also keeps every operation that a leaf reaches.

    Every tensor gets a number when it is first met. A variable is known by its handle; where TensorFlow reads one
    without telling, by the place in memory where its numbers lie.

    Args:
        live: the call that is to happen.

    Attributes:
        tensors: by number. All are kept, so that no other tensor can get the `id` of one.
        reached: the numbers of those that a leaf reaches, the leaves included.
        leaves: numbers by id.
        ran: the operations that a leaf reaches.
        looked_at: numbers of computed tensors at which Python looked.
        refusals: why a replay might not be what the layer does.
        too_large: whether it gave up, because the tensors have more cells than `MAX_CELLS`.
    """

    def __init__(self, live: LiveCall) -> None:
        super().__init__()
        self.tensors: list[Any] = []
        self.reached: set[int] = set()
        self.leaves: dict[str, int] = {}
        self.ran: list[Ran] = []
        self.looked_at: dict[int, None] = {}
        self.refusals: dict[str, Message] = {}
        self._numbers: dict[int, int] = {}
        self._held: dict[int, int] = {}  # the id of a variable's handle -> the number of what it holds now
        self._at: dict[int, int] = {}  # where a variable's numbers lie in memory -> the same
        self._kept: list[Any] = []
        self._telling = False
        self._cells = 0
        self.too_large = False
        for position, tensor in enumerate(live.inputs):
            if not isinstance(tensor, tf.Tensor):
                self._refuse(Message("An input is a {kind}.", {"kind": type(tensor).__name__}))
            elif tensor.dtype == tf.string:
                self._refuse(Message("An input is text."))
            else:
                self._leaf(f"input:{position}", self.number_of(tensor))
        for name, variable in named_weights(live.layer).items():
            self._weight(f"weight:{name}", variable.value)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Within the block it is noted when Python reads a tensor's numbers: `if t`, `int(t)`, `t.numpy()`.

        NumPy takes a tensor's memory without asking Python: `np.asarray(t)` is not noted.
        """
        with numbers_read(self._looked):
            yield

    def number_of(self, tensor: Any) -> int:
        """The number of a tensor: the one that it has, or a new one."""
        if id(tensor) not in self._numbers:
            held = self._at.get(_address(tensor) or -1) if type(tensor) is EagerTensor else None
            if held is None:
                return self._new(tensor)
            self._alias(tensor, held)
        return self._numbers[id(tensor)]

    def known(self, tensor: Any) -> int | None:
        """The number of a tensor that was met during the call, or None."""
        return self._numbers.get(id(tensor))

    # -- what is told
    def _leaf(self, name: str, number: int) -> None:
        if number not in self.reached:  # one array may be two inputs: it is one leaf
            self.leaves[name] = number
            self.reached.add(number)

    def _weight(self, name: str, variable: tf.Variable) -> None:
        """What a variable holds before the call is a leaf."""
        variable.assign(np.array(variable))  # a small one may share its memory with a constant of TensorFlow's
        number = self._new(variable)
        self._holds(variable.handle, variable.read_value(), number)
        self._leaf(name, number)

    def _holds(self, handle: Any, value: Any, number: int) -> None:
        """A variable holds a value from now on. It is kept: nothing else may come to lie at its place."""
        self._kept += (handle, value)
        self._held[id(handle)] = self._at[_address(value)] = number

    def _ran_eagerly(self, kind: str, inputs: Any, attributes: Sequence[Any], outputs: Any) -> None:
        if self._telling:  # an operation that is run here
            return
        self._telling = True
        try:
            if not self.too_large:
                self._told(kind, inputs, attributes, outputs)
        except Exception as error:  # a tape must never break the call
            self._refuse(Message("The operations could not be followed: {error}.", {"error": type(error).__name__}))
        finally:
            self._telling = False
        super()._ran_eagerly(kind, inputs, attributes, outputs)

    def _told(self, kind: str, inputs: Sequence[Any], attributes: Sequence[Any], outputs: Sequence[Any]) -> None:
        if any(tensor.dtype in _HANDLES for tensor in inputs):
            return self._on_variable(kind, inputs, outputs)
        given = tuple(map(self.number_of, inputs))
        made = tuple(map(self._new, outputs))
        if kind in _SHAPES or self.reached.isdisjoint(given):
            return None
        if kind.startswith(_RANDOM):
            self._refuse(Message("{kind} draws numbers that depend on the input.", {"kind": kind}))
        if any(mark in kind for mark in _COMPILED):
            self._refuse(Message("A compiled function ran, whose operations TensorFlow does not tell."))
        self.reached.update(made)
        self.ran.append(Ran(kind, attributes, given, made))
        return None

    def _on_variable(self, kind: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        handle, *rest = inputs
        held = self._held.get(id(handle))
        self._kept.append(handle)
        if kind == "ReadVariableOp":
            if held is None:  # no weight of the layer: a constant
                self._new(outputs[0])
            else:
                self._alias(outputs[0], held)
        elif kind == "AssignVariableOp":
            self._holds(handle, rest[0], self.number_of(rest[0]))
        elif kind in ("AssignAddVariableOp", "AssignSubVariableOp"):
            self._added(handle, held, "AddV2" if "Add" in kind else "Sub", self.number_of(rest[0]))
        else:
            given = [self.number_of(tensor) for tensor in rest if tensor.dtype not in _HANDLES]
            made = [self._new(tensor) for tensor in outputs if tensor.dtype not in _HANDLES]
            if held in self.reached or not self.reached.isdisjoint(given):
                self._refuse(Message("{kind} works on a variable in a way that is not followed.", {"kind": kind}))
                self.reached.update(made)

    def _added(self, handle: Any, held: int | None, kind: str, given: int) -> None:
        """A variable was added to: from now on it holds what that operation made."""
        if held is None or self.reached.isdisjoint((held, given)):
            self._held.pop(id(handle), None)
            return
        value = tf.raw_ops.ReadVariableOp(resource=handle, dtype=self.tensors[held].dtype)
        made = self._new(value)
        self._holds(handle, value, made)
        self.ran.append(Ran(kind, (), (held, given), (made,)))
        self.reached.add(made)

    def _looked(self, tensor: Any) -> None:
        number = self._numbers.get(id(tensor))
        if self._telling or self.held.reading or number not in self.reached or number is None:
            return
        if tensor.shape.num_elements() <= MAX_LOOKED_AT:
            self.looked_at[number] = None
        else:
            self._refuse(Message("Python looked at many numbers that the layer had computed."))

    def _refuse(self, why: Message) -> None:
        self.refusals[str(why)] = why

    # -- numbers
    def _new(self, tensor: Any) -> int:
        self._cells += tensor.shape.num_elements() or 0
        if self._cells > MAX_CELLS and not self.too_large:
            self.too_large = True
            self._refuse(TOO_LARGE)
        self._numbers[id(tensor)] = len(self.tensors)
        self.tensors.append(None if self.too_large else tensor)
        return len(self.tensors) - 1

    def _alias(self, tensor: Any, number: int) -> None:
        self._numbers[id(tensor)] = number
        self._kept.append(tensor)


def _address(tensor: Any) -> int:
    """Where a tensor's numbers lie in memory; 0 for what has none."""
    if tensor.dtype in (tf.string, *_HANDLES) or not tensor.shape.num_elements():
        return 0
    if tensor.dtype == tf.bfloat16:  # NumPy would copy it; the same bits under another name are not copied
        tensor = tf.bitcast(tensor, tf.uint16)
    address: int = np.asarray(tensor).__array_interface__["data"][0]
    return address
