"""What a run gives back: values only. NumPy is the one thing needed to read a trace."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from explorer.model.display import Displayed

Role: TypeAlias = Literal[
    "input", "mask", "weight", "intermediate", "output", "before", "gradient", "after", "constrained", "this", "other",
    "difference",
]  # fmt: skip
Param: TypeAlias = "str | int | float | bool | Message | None"


@dataclass(frozen=True)
class Message:
    """A text and what fills its braces. Views translate `msgid` for their own session, then format it.

    Attributes:
        msgid: the text, in English.
        params: texts, numbers, and messages that are translated in their turn; of anything else its text is kept.
    """

    msgid: str
    params: Mapping[str, Param] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(type(param) in _PARAMS for param in self.params.values()):
            object.__setattr__(self, "params", {name: _param(param) for name, param in self.params.items()})

    def __str__(self) -> str:
        return self.msgid.format(**self.params)


_PARAMS = (str, int, float, bool, type(None), Message)


def _param(value: Any) -> Param:
    if isinstance(value, (np.integer, np.bool_)):
        value = value.item()
    return value if isinstance(value, _PARAMS) else str(value)


MAX_SHOWN = 64 << 20
"""The most bytes that inputs, masks, weights and outputs may take together."""
TOO_LARGE_TO_SHOW = Message("The layer's inputs, weights and outputs are too large to show.")


@dataclass(frozen=True, eq=False)
class Tensor:
    """One recorded tensor.

    Attributes:
        id: "input:0", "weight:kernel", "step:3", "other:0", "output:0"; unique in its trace, the same for equal
            experiments.
        name: what the reader calls it.
        role: what it is to the layer, or to a comparison.
        value: the array. bfloat16 arrives as float32, a string tensor as an array of `str`.
        dtype: TensorFlow's name of the dtype, so "bfloat16" and "string" are not lost.
        axes: names of the axes, as many as `value.ndim`.
        scale: how to colour it, one of `layers.card.SCALES`.
        trainable: of a weight; `None` for anything else.
        initializer: of a weight, as text.
        help: one sentence (an English msgid).
    """

    id: str
    name: str
    role: Role
    value: np.ndarray
    dtype: str
    axes: tuple[str, ...] = ()
    scale: str = "signed"
    trainable: bool | None = None
    initializer: str = ""
    help: str = ""


@dataclass(frozen=True)
class Operand:
    """What an operation was given.

    Attributes:
        name: the keyword, or "" for a positional argument.
        tensors: the ids of the recorded tensors that it is or holds.
        text: what it was if it was no recorded tensor, in a few words of Python. Of a list that holds recorded tensors
            and other things: Python in which "{0}" stands for the first of the tensors, "{1}" for the second.
    """

    name: str
    tensors: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, eq=False)
class Step:
    """One evaluated sub-expression.

    Attributes:
        line, column, end_line, end_column: its place in the frame's source, from 1 for lines, from 0 for columns
            (characters, not bytes).
        text: its source.
        target: the name that the value was assigned to, or "".
        values: the tensors it gave.
        operation: what was computed: an operator's sign, "keras.ops.matmul", a layer's class; "" where a name was set.
        operands: what the operation was given, in order.
        ops: the TensorFlow operations that ran for it, in order, without those of the steps inside it.
        error: why it failed, in one line; "" if it did not. What failed gave no values.
        signature: the parameters of the function that was called, as Python writes them: "x, axis=None"; "" for an
            operator, a layer and whatever has none that can be known.

    A step without values and without an error is a call that opened a frame and gave no tensor.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    target: str
    values: tuple[Tensor, ...]
    operation: str = ""
    operands: tuple[Operand, ...] = ()
    ops: tuple[str, ...] = ()
    error: str = ""
    signature: str = ""


@dataclass(frozen=True, eq=False)
class Frame:
    """One call of one method.

    Attributes:
        function: its qualified name, "Attention.call".
        source: the text of the function; of one that could not be followed, a list of the TensorFlow operations that
            ran, one a line, and then `first_line` is 0.
        first_line: the line of its file where that text starts.
        steps: in order of evaluation.
        children: frames that it opened, in order.
        called_from: how many steps its parent had taken when it was opened: the parent's step of that number opened it.
    """

    function: str
    source: str
    first_line: int
    steps: tuple[Step, ...] = ()
    children: tuple[Frame, ...] = ()
    called_from: int = 0


@dataclass(frozen=True)
class Check:
    """Agreement of the output with its NumPy derivation: |difference| <= tolerance everywhere, NaN where NaN."""

    agrees: bool
    difference: float
    tolerance: float


@dataclass(frozen=True, eq=False)
class Trace(Displayed):
    """Everything a run recorded.

    Attributes:
        layer: the layer's class name.
        inputs, weights, outputs: flat sequences, in the order of the call.
        mask: the mask that entered, and the mask that left, where there are any.
        frames: top-level frames of the call; () where nothing in it could be recorded.
        others: operands that no recorded step gave: a time step that a library's loop took out, a kernel that a
            property computed. Their ids are "other:0" and so on, their names the source of the operand.
        losses: `(name, value)` of every loss that the layer itself added.
        facts: `(label, text)` about things that hold no numbers (a symbolic tensor).
        config: the layer's own `get_config()`, as JSON.
        check: agreement with the NumPy derivation, `None` where there is no derivation.
        notes: what a reader should know about this run (a cast, a warning of Keras).
        printed: what typed code printed while its layer was built and called.
    """

    layer: str
    inputs: tuple[Tensor, ...] = ()
    weights: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    mask: tuple[Tensor, ...] = ()
    frames: tuple[Frame, ...] = ()
    others: tuple[Tensor, ...] = ()
    losses: tuple[tuple[str, float], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    check: Check | None = None
    notes: tuple[Message, ...] = ()
    printed: str = ""

    @property
    def intermediates(self) -> tuple[Tensor, ...]:
        """The last value of every named local of the top-level frames, in order of assignment."""
        named: dict[str, Tensor] = {}
        for frame in self.frames:
            for step in frame.steps:
                if step.target and len(step.values) == 1:
                    named[step.target] = step.values[0]
        return tuple(named.values())

    def tensors(self) -> Iterator[Tensor]:
        """Inputs, weights, intermediates, outputs and masks, each once."""
        yield from self.inputs
        yield from self.mask
        yield from self.weights
        yield from self.intermediates
        yield from self.outputs

    def tensor(self, tensor_id: str) -> Tensor:
        """The tensor of that id.

        Raises:
            KeyError: if the trace has none.
        """
        for tensor in (*self.tensors(), *self.others):
            if tensor.id == tensor_id:
                return tensor
        raise KeyError(tensor_id)


def with_values(frame: Frame, made: Callable[[Tensor], Tensor]) -> Frame:
    """A frame and those inside of it, with other tensors in place of their values; what stays the same is kept."""

    def step(one: Step) -> Step:
        values = tuple(map(made, one.values))
        same = all(map(operator.is_, values, one.values))
        return one if same else replace(one, values=values)

    children = tuple(with_values(child, made) for child in frame.children)
    return replace(frame, steps=tuple(map(step, frame.steps)), children=children)
