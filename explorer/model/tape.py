"""The program of TensorFlow operations that one call of a layer ran: values only, to be run again elsewhere.

A tape is a straight line. Its leaves are the call's inputs, its weights, and parameters that are only numbers in it; a
constant is any other number that an operation was given: literals, shapes, random draws, and what was computed from
none of the leaves. What no leaf reaches and what leads to no recorded tensor is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.model.trace import Message

PARAMETER = "param:"
"""How the id of a leaf begins that is a parameter of the layer: its name follows."""


@dataclass(frozen=True)
class Kind:
    """What a value of a tape is.

    Attributes:
        dtype: TensorFlow's name of it.
        shape: the length of each axis.
    """

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One operation of TensorFlow.

    Attributes:
        kind: its name: "MatMul".
        attributes: what says how it computes, as JSON; not the dtypes and counts, which its values tell.
        inputs, outputs: numbers of values, in TensorFlow's order.
    """

    kind: str
    attributes: Mapping[str, Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Known:
    """Numbers of a value that are known beforehand.

    Attributes:
        value: its number.
        array: the numbers, in a dtype that a browser has: float16 and bfloat16 as float32, int64 as float64, a complex
            number as two float32 on a last axis.
    """

    value: int
    array: np.ndarray


@dataclass(frozen=True)
class InputAxis:
    """An axis of an input, along which cells are told apart.

    Attributes:
        tensor: the input's id.
        axis: which of its axes.
        length: how many positions it has.
    """

    tensor: str
    axis: int
    length: int


NOWHERE, SEVERAL, UNKNOWN = -1, -2, -3
"""In place of a position on an input's axis: of no position, of several, nobody knows."""


@dataclass(frozen=True, eq=False)
class Tape:
    """What ran, and which recorded tensor each value is.

    Attributes:
        values: of every value what it is.
        operations: in the order in which they ran.
        leaves: ids of inputs and weights, with the numbers of their values. Their numbers are in the trace. A parameter
            that enters as a number is a leaf, too; its number is among the constants.
        shown: ids of the other tensors of the trace that a leaf reaches, with the numbers of their values.
        constants: every value that is made by no operation and is no input and no weight.
        guards: values at which Python looked; with other numbers than these it might have gone another way.
        refusals: why the tape is not the whole truth about the call; () if it is.
        axes: the axes of the inputs along which the cells of `origins` are told apart.
        origins: of values that an input reaches, for each of these axes from which position on it every cell comes:
            the array has one axis more than the value, in front. An input is missing, for each of its cells comes from
            where it stands; any other value that is missing comes from nowhere on them.
    """

    values: tuple[Kind, ...] = ()
    operations: tuple[Operation, ...] = ()
    leaves: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, int] = field(default_factory=dict)
    constants: tuple[Known, ...] = ()
    guards: tuple[Known, ...] = ()
    refusals: tuple[Message, ...] = ()
    axes: tuple[InputAxis, ...] = ()
    origins: tuple[Known, ...] = ()
