"""Frames and steps as they happened: with live tensors, not yet arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from explorer.core.keras_private import EagerTensor
from explorer.core.tracing.operation_list import Listing
from explorer.core.tracing.signatures import TENSORS, settled
from explorer.core.tracing.tap import Rewritten

_HANDLES = frozenset((tf.resource.as_datatype_enum, tf.variant.as_datatype_enum))


@dataclass(eq=False)
class OpenStep:
    """A step as it happened: live tensors, not yet arrays.

    Attributes:
        number: how many steps of the whole call ended before it.
        site: which place of the frame's source.
        values: the tensors it gave; of a variable, its value at that moment.
        given: the same as the call itself goes on with: tensors, and variables as they are.
        operation: the function that was called, an operator's sign, or "" where a name was only set.
        arguments, keywords: what the operation was given; in the place of a variable that no longer holds what it held
            at first, the tensor that it held.
        ops: the TensorFlow operations that ran for it, without those of the steps inside it.

    One without values is a call that opened a frame and gave no tensor.
    """

    number: int
    site: int
    values: tuple[Any, ...]
    given: tuple[Any, ...]
    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    ops: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.arguments = tuple(map(settled, self.arguments))
        self.keywords = {name: settled(value) for name, value in self.keywords.items()}


@dataclass(eq=False)
class OpenFrame:
    """One call of one function, as it happens.

    Attributes:
        name: "Attention.call".
        code: the rewritten function, or the list of what ran where it could not be rewritten.
        called_from: how many steps its parent had taken when it was opened.
        owner: the layer whose method it is, if it is one's.
    """

    name: str
    code: Rewritten | Listing
    owner: Any = None
    called_from: int = 0
    steps: list[OpenStep] = field(default_factory=list)
    children: list[OpenFrame] = field(default_factory=list)


def step_ids(number: int, count: int) -> list[str]:
    """The ids of a step's tensors: "step:3", or "step:3.0" and "step:3.1" where it gave several."""
    return [f"step:{number}"] if count == 1 else [f"step:{number}.{position}" for position in range(count)]


def is_eager(value: Any) -> bool:
    """Whether it holds numbers: an eager tensor or a variable, not a symbolic one, nor TensorFlow's handle of one."""
    if type(value) is not EagerTensor:
        if isinstance(value, keras.Variable):
            return True
        if not isinstance(value, TENSORS) or not hasattr(value, "numpy"):
            return False
    return value.dtype.as_datatype_enum not in _HANDLES
