"""Where each cell comes from: labels that are pushed through the program of a call instead of numbers.

A cell's label on an axis of an input says which positions on that axis reach the cell: the first and the last of them,
so that one position is told exactly, and of several how far they lie apart. Moves carry labels, operations on single
cells join those of their operands, contractions and reductions join all that they add up. What a cell does not depend
on may be in its label, never the other way round; of an operation without a rule the result is unknown.

A factor of zero that no number of the input moves (a mask, a score that a softmax was told to hide) lets nothing
through.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.cell_moves import Call, Unknown, moved, moves
from explorer.model.tape import NOWHERE, SEVERAL, UNKNOWN, InputAxis, Known, Tape

NONE = np.int32(1 << 30)
"""The first position of a label that holds none."""
MISSING = -NONE
"""The first position of a label of which nothing is known."""
MOST_CELLS = 1 << 22
"""The most cells that all labels of a call may take, or those of one contraction that is looked at cell by cell."""
MOST_TOLD = 1 << 20
"""The most positions that a tape may tell: the browser keeps them."""


@dataclass(frozen=True, eq=False)
class State:
    """What is known of one value.

    Attributes:
        marks: for every axis of the inputs the first position of each cell, then for every one the last with its sign
            turned: to join two labels is to take the smaller numbers of both.
        zero: which cells are zero whatever the inputs are.
    """

    marks: np.ndarray
    zero: np.ndarray


class Labels:
    """The labels of all values of a tape.

    Args:
        tape: a program that is the whole truth about a call.
        values: the numbers that values had, by the values' numbers, as far as they are known.

    Attributes:
        axes: of the inputs.
        states: by the values' numbers.
    """

    def __init__(self, tape: Tape, values: Mapping[int, np.ndarray] | None = None) -> None:
        self.tape = tape
        self.values = values or {}
        self.constants = {known.value: known.array for known in tape.constants}
        inputs = {name: number for name, number in tape.leaves.items() if name.startswith("input:")}
        self.axes = tuple(
            InputAxis(name, axis, length)
            for name, number in inputs.items()
            for axis, length in enumerate(tape.values[number].shape)
        )
        self.states: dict[int, State] = {}
        for number in (*self.constants, *tape.leaves.values()):
            self.states[number] = self._without(number)
        for name, number in inputs.items():
            self._begin(name, number)
        for operation in tape.operations:
            call = Call(tape, operation, self.constants, self.values)
            given = [self.state(number) for number in operation.inputs]
            self.states.update(zip(operation.outputs, _made(call, given), strict=True))

    def state(self, number: int) -> State:
        """What is known of a value; of one that something made of which nobody was told, nothing."""
        if number not in self.states:
            nothing = np.full(2 * len(self.axes), MISSING)
            self.states[number] = _filled(nothing, self.tape.values[number].shape)
        return self.states[number]

    def reaches(self, number: int) -> bool:
        """Whether any input reaches a value."""
        return bool((self.state(number).marks != NONE).any())

    def first(self, number: int, axis: int) -> np.ndarray:
        """The first position of each cell of a value on an input's axis: `NONE`, or `MISSING`, or from 0 on."""
        return np.asarray(self.state(number).marks[axis])

    def last(self, number: int, axis: int) -> np.ndarray:
        """The last position, `-NONE` if there is none, and `-MISSING` if nothing is known."""
        return np.asarray(-self.state(number).marks[len(self.axes) + axis])

    def _without(self, number: int) -> State:
        """A value that depends on no input."""
        shape = self.tape.values[number].shape
        known = self.constants.get(number)
        zero = known == 0 if known is not None and known.shape == shape else np.zeros(shape, bool)
        return State(np.full((2 * len(self.axes), *shape), NONE), np.asarray(zero))

    def _begin(self, name: str, number: int) -> None:
        marks = self.states[number].marks
        for at, axis in enumerate(self.axes):
            if axis.tensor == name:
                marks[at] = np.indices(marks.shape[1:])[axis.axis]
                marks[len(self.axes) + at] = -marks[at]


def is_small(tape: Tape) -> bool:
    """Whether the labels of a tape take no more memory than a page may have."""
    axes = sum(len(tape.values[number].shape) for name, number in tape.leaves.items() if name.startswith("input:"))
    return 2 * axes * sum(math.prod(kind.shape) for kind in tape.values) <= MOST_CELLS


# -- one operation
Rule = Callable[[Call, list[State]], list[State]]
_RULES: dict[str, Rule] = {}


def _made(call: Call, given: list[State]) -> list[State]:
    """The results of an operation, by the first rule that tells them: a move may hang on numbers that are not known."""
    kind = call.operation.kind
    for one in [*([_carried] if moves(kind) else []), *([_RULES[kind]] if kind in _RULES else [])]:
        with contextlib.suppress(Unknown, ValueError, IndexError, TypeError):
            made = one(call, given)
            if [state.zero.shape for state in made] == _shapes(call):
                return made
    return _unknown(call, given)


def _shapes(call: Call) -> list[tuple[int, ...]]:
    return [call.result_shape(at) for at in range(len(call.operation.outputs))]


def _unknown(call: Call, given: list[State]) -> list[State]:
    """Nothing is known on the axes that reach any operand."""
    whole = np.minimum.reduce([state.marks.reshape(len(state.marks), -1).min(1, initial=NONE) for state in given])
    marks = np.where(whole == NONE, NONE, MISSING)
    marks = np.minimum(marks, np.roll(marks, len(marks) // 2))
    return [_filled(marks, shape) for shape in _shapes(call)]


def _filled(marks: np.ndarray, shape: tuple[int, ...]) -> State:
    whole = np.broadcast_to(marks.reshape(len(marks), *(1 for _ in shape)), (len(marks), *shape))
    return State(whole, np.zeros(shape, bool))


def _carried(call: Call, given: list[State]) -> list[State]:
    sources, grids = moved(call)
    by_number = dict(zip(call.operation.inputs, given, strict=True))
    states = [by_number[number] for number in sources]
    marks = np.concatenate([state.marks.reshape(len(state.marks), -1) for state in states], 1)
    zero = np.concatenate([state.zero.ravel() for state in states])
    marks = np.concatenate([marks, np.full((len(marks), 1), NONE)], 1)  # where -1 points
    zero = np.append(zero, call.operation.kind == "Pad")
    return [State(marks[:, grid], zero[grid]) for grid in grids]


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Register how operations of these kinds join labels."""

    def register(function: Rule) -> Rule:
        _RULES.update(dict.fromkeys(kinds, function))
        return function

    return register


def _joined(states: Sequence[State], shape: tuple[int, ...]) -> np.ndarray:
    parts = [_aligned(state.marks, len(shape)) for state in states]
    return np.broadcast_to(np.minimum.reduce(np.broadcast_arrays(*parts)), (len(parts[0]), *shape))


def _aligned(marks: np.ndarray, rank: int) -> np.ndarray:
    """Marks whose cells have as many axes as asked, new ones in front."""
    return marks.reshape(len(marks), *(1 for _ in range(rank + 1 - marks.ndim)), *marks.shape[1:])


_UNARY_AT_ZERO = frozenset({"Neg", "Abs", "Square", "Sqrt", "Relu", "Relu6", "Tanh", "Sign", "Floor", "Ceil", "Round"})
"""Operations on a cell that leave a zero a zero."""
CELLWISE = _UNARY_AT_ZERO | frozenset({
    "Add", "AddV2", "AddN", "Sub", "Mul", "MulNoNan", "Div", "RealDiv", "DivNoNan", "FloorDiv", "FloorMod", "Mod",
    "TruncateDiv", "TruncateMod", "Pow", "Maximum", "Minimum", "SquaredDifference", "Xlogy", "Xdivy", "Xlog1py",
    "Atan2", "NextAfter", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
    "LogicalOr", "LogicalNot", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "Invert", "LeftShift", "RightShift",
    "Exp", "Expm1", "Log", "Log1p", "Reciprocal", "Inv", "Rsqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh",
    "Cosh", "Asinh", "Acosh", "Atanh", "Sigmoid", "Erf", "Erfc", "Erfinv", "Ndtri", "Lgamma", "Digamma", "Elu", "Selu",
    "Softplus", "Softsign", "LeakyRelu", "Rint", "IsNan", "IsInf", "IsFinite", "ClipByValue", "SelectV2", "Select",
    "Bucketize", "Complex", "Real", "Imag", "Conj", "ComplexAbs", "Angle", "Bitcast",
})  # fmt: skip
"""Operations whose cells read the cells in the same place of their operands."""
_HIDDEN = frozenset({"Exp", "Sigmoid"})
"""Operations whose result is zero only where the number was so small that its neighbourhood gives zero, too."""


@rule(*CELLWISE)
def _cellwise(call: Call, given: list[State]) -> list[State]:
    """Join the cells in the same place; a product with a fixed zero is one."""
    kind, shape = call.operation.kind, call.result_shape()
    if kind == "Select" and given[0].zero.ndim not in (0, len(shape)):
        raise Unknown  # it chooses rows, and not by the last axis as others would
    zeros = [np.broadcast_to(state.zero, shape) for state in given]
    if kind in ("Select", "SelectV2") and call.is_fixed(0):
        chosen = np.broadcast_to(call.fixed(0) != 0, shape)
        marks = np.where(chosen, *(_joined([state], shape) for state in given[1:]))
        return [State(marks, np.where(chosen, *zeros[1:]))]
    marks = _joined(given, shape)
    if kind in ("Mul", "MulNoNan"):
        zero = np.logical_or(*zeros)
    elif kind in ("RealDiv", "Div", "DivNoNan", *_UNARY_AT_ZERO):
        zero = zeros[0]
    elif kind in ("AddV2", "Add", "Sub", "AddN"):
        zero = np.logical_and.reduce(zeros)
    else:
        zero = _gone(call) if kind in _HIDDEN else np.zeros(shape, bool)
    return [State(np.where(zero, NONE, marks), zero)]


@rule("BiasAdd")
def _biased(call: Call, given: list[State]) -> list[State]:
    """A bias runs along the last axis, or along the second."""
    x, bias = given
    if call.option("data_format") == "NCHW":
        after = (1,) * (x.zero.ndim - 2)
        bias = State(bias.marks.reshape(*bias.marks.shape, *after), bias.zero.reshape(-1, *after))
    return _cellwise(call, [x, bias])


def _gone(call: Call) -> np.ndarray:
    """Which cells of the result are zero, as far as its numbers are known."""
    value = call.values.get(call.operation.outputs[0])
    known = value is not None and value.shape == call.result_shape()
    return np.asarray(value == 0) if known else np.zeros(call.result_shape(), bool)


@rule("Softmax", "LogSoftmax")
def _softmax(call: Call, given: list[State]) -> list[State]:
    """Each cell reads its row, but for cells that weigh nothing."""
    zero = _gone(call) if call.operation.kind == "Softmax" else np.zeros(call.result_shape(), bool)
    row = np.where(zero, NONE, given[0].marks).min(-1, keepdims=True)
    return [State(np.where(zero, NONE, row), zero)]


@rule("Sum", "Mean", "Max", "Min", "Prod", "Any", "All", "EuclideanNorm", "ArgMax", "ArgMin")
def _reduced(call: Call, given: list[State]) -> list[State]:
    axes = tuple(int(axis) % max(1, given[0].zero.ndim) for axis in call.fixed(1).ravel())
    shape = call.result_shape()
    marks = given[0].marks.min(tuple(1 + axis for axis in axes), initial=NONE)
    return [State(marks.reshape(len(marks), *shape), given[0].zero.all(axes).reshape(shape))]


@rule("L2Loss")
def _whole(call: Call, given: list[State]) -> list[State]:
    return [_filled(given[0].marks.reshape(len(given[0].marks), -1).min(1), call.result_shape())]


@rule("Cumsum", "Cumprod", "CumulativeLogsumexp")
def _cumulated(call: Call, given: list[State]) -> list[State]:
    """Each cell reads those before it."""
    axis = int(call.fixed(1)) % given[0].zero.ndim + 1
    marks = np.flip(given[0].marks, axis) if call.option("reverse") else given[0].marks
    marks = np.minimum.accumulate(marks, axis)
    if call.option("exclusive"):
        marks = np.roll(marks, 1, axis)
        np.moveaxis(marks, axis, 0)[0] = NONE
    return [State(np.flip(marks, axis) if call.option("reverse") else marks, np.zeros(call.result_shape(), bool))]


@rule("TopKV2", "FFT", "IFFT", "RFFT", "IRFFT")
def _by_row(call: Call, given: list[State]) -> list[State]:
    row = _joined(given[1:], ()) if len(given) > 1 and given[1].zero.ndim == 0 else np.full(len(given[0].marks), NONE)
    marks = np.minimum(given[0].marks.min(-1, keepdims=True), row.reshape(-1, *(1 for _ in given[0].zero.shape)))
    return [State(np.broadcast_to(marks, (len(marks), *shape)), np.zeros(shape, bool)) for shape in _shapes(call)]


@rule("OneHot")
def _one_hot(call: Call, given: list[State]) -> list[State]:
    axis = int(call.option("axis", -1))
    zero = np.zeros(call.result_shape(), bool)
    wanted = State(np.expand_dims(given[0].marks, axis + 1 if axis >= 0 else axis), zero)
    return [State(_joined([wanted, *given[2:4]], zero.shape), zero)]  # after the depth: the values of on and off


@rule("GatherV2")
def _looked_up(call: Call, given: list[State]) -> list[State]:
    """Rows that numbers of the input name: each reads its number, and may be any row."""
    table, wanted = given[:2]
    axis = int(call.fixed(2)) % table.zero.ndim
    if call.option("batch_dims", 0):
        raise Unknown
    rows = table.marks.min(1 + axis)
    after = table.zero.ndim - axis - 1
    rows = rows.reshape(len(rows), *table.zero.shape[:axis], *(1 for _ in wanted.zero.shape), *rows.shape[1 + axis :])
    numbers = wanted.marks.reshape(len(rows), *(1 for _ in range(axis)), *wanted.zero.shape, *(1 for _ in range(after)))
    shape = call.result_shape()
    return [State(np.broadcast_to(np.minimum(rows, numbers), (len(rows), *shape)), np.zeros(shape, bool))]


# -- products
@rule("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _product(call: Call, given: list[State]) -> list[State]:
    names = ("transpose_a", "transpose_b") if call.operation.kind == "MatMul" else ("adj_x", "adj_y")
    turned = [bool(call.option(name)) for name in names]
    ranks = [len(call.shape(at)) - 2 for at in (0, 1)]
    batch = [chr(ord("A") + at) for at in range(max(ranks))]
    one = "".join(batch[len(batch) - ranks[0] :]) + ("ba" if turned[0] else "ab")
    other = "".join(batch[len(batch) - ranks[1] :]) + ("cb" if turned[1] else "bc")
    return [_contracted(given, [one, other], "".join(batch) + "ac", call.result_shape())]


@rule("Einsum")
def _einsum(call: Call, given: list[State]) -> list[State]:
    before, _, result = str(call.option("equation")).replace(" ", "").partition("->")
    terms = before.split(",")
    letters = [len(term.replace("...", "")) for term in terms]
    ranks = [
        len(call.shape(at)) - count if "..." in term else 0
        for at, (term, count) in enumerate(zip(terms, letters, strict=True))
    ]
    free = [letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in before][: max(ranks)]
    named = [term.replace("...", "".join(free[len(free) - rank :])) for term, rank in zip(terms, ranks, strict=True)]
    return [_contracted(given, named, result.replace("...", "".join(free)), call.result_shape())]


def _contracted(states: Sequence[State], terms: Sequence[str], result: str, shape: tuple[int, ...]) -> State:
    """The labels of an equation: what is added up is joined, but for products with a fixed zero."""
    if any(len(set(term)) != len(term) for term in terms):
        raise Unknown
    order = result + "".join(dict.fromkeys(letter for term in terms for letter in term if letter not in result))
    lengths = dict.fromkeys(order, 1)
    for term, state in zip(terms, states, strict=True):
        lengths |= {letter: max(n, lengths[letter]) for letter, n in zip(term, state.zero.shape, strict=True)}
    added = tuple(range(len(result), len(order)))
    over = tuple(1 + axis for axis in added)
    marks = [_spread(state.marks, term, order) for term, state in zip(terms, states, strict=True)]
    zeros = [_spread(state.zero[None], term, order)[0] for term, state in zip(terms, states, strict=True)]
    exact = any(state.zero.any() for state in states) and len(marks[0]) * math.prod(lengths.values()) <= MOST_CELLS
    if exact:
        zero = np.logical_or.reduce(np.broadcast_arrays(*zeros))
        joined = np.where(zero, NONE, np.minimum.reduce(np.broadcast_arrays(*marks))).min(over, initial=NONE)
        none = zero.all(added)
    else:
        joined = np.minimum.reduce(np.broadcast_arrays(*(one.min(over, initial=NONE) for one in marks)))
        none = np.zeros((), bool)
    return State(np.broadcast_to(joined, (len(joined), *shape)), np.broadcast_to(none, shape))


def _spread(cells: np.ndarray, term: str, order: str) -> np.ndarray:
    """Cells with an axis for each letter, of length 1 where they have none; the first axis stays."""
    moved_ = cells.transpose(0, *(1 + term.index(letter) for letter in order if letter in term))
    lengths = iter(moved_.shape[1:])
    return moved_.reshape(len(cells), *(next(lengths) if letter in term else 1 for letter in order))


# -- windows
@rule("Conv2D", "Conv3D", "DepthwiseConv2dNative", "MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")
def _windowed(call: Call, given: list[State]) -> list[State]:
    """Each cell reads a window; a convolution reads all channels of it, but not where its kernel is a fixed zero."""
    kind = call.operation.kind
    if not str(call.option("data_format", "NHWC")).endswith("C"):
        raise Unknown
    kernel = given[1] if "Conv" in kind else None
    marks = given[0].marks
    if kernel is not None:
        if kind != "DepthwiseConv2dNative":
            marks = marks.min(-1, keepdims=True)
        marks = np.minimum(
            marks, kernel.marks.min(tuple(range(1, kernel.marks.ndim))).reshape(-1, *(1,) * (marks.ndim - 1))
        )
    window = kernel.zero.shape[:-2] if kernel is not None else tuple(call.option("ksize")[1:-1])
    shape = call.result_shape()
    steps = list(call.option("strides"))[1:-1]
    gaps = list(call.option("dilations") or (1,) * (len(window) + 2))[1:-1]
    before = [_before(call, at, *sizes) for at, sizes in enumerate(zip(window, steps, gaps, strict=True))]
    reach = [
        step * (n - 1) + gap * (k - 1) + 1 for n, k, step, gap in zip(shape[1:-1], window, steps, gaps, strict=True)
    ]
    padded = np.full(
        (
            *marks.shape[:2],
            *(b + max(r, n) for b, r, n in zip(before, reach, marks.shape[2:-1], strict=True)),
            marks.shape[-1],
        ),
        NONE,
    )
    padded[(slice(None), slice(None), *(slice(b, b + n) for b, n in zip(before, marks.shape[2:-1], strict=True)))] = (
        marks
    )
    found = np.full((*marks.shape[:2], *shape[1:-1], marks.shape[-1]), NONE)
    for offset in itertools.product(*map(range, window)):
        if kernel is None or not kernel.zero[offset].all():
            places = zip(offset, shape[1:-1], steps, gaps, strict=True)
            cut = tuple(slice(o * gap, o * gap + step * (n - 1) + 1, step) for o, n, step, gap in places)
            found = np.minimum(found, padded[(slice(None), slice(None), *cut)])
    if kind == "DepthwiseConv2dNative":
        found = np.repeat(found, shape[-1] // found.shape[-1], -1)
    return [State(np.broadcast_to(found, (len(found), *shape)), np.zeros(shape, bool))]


def _before(call: Call, at: int, window: int, step: int, gap: int) -> int:
    """How many cells are added in front of a spatial axis."""
    padding = call.option("padding", "VALID")
    if padding == "EXPLICIT":
        return int(call.option("explicit_paddings")[2 * (at + 1)])
    if padding == "VALID":
        return 0
    length, made = call.shape(0)[at + 1], call.result_shape()[at + 1]
    return int(max((made - 1) * step + gap * (window - 1) + 1 - length, 0)) // 2


@rule("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def _by_sample(call: Call, given: list[State]) -> list[State]:
    """A transposed convolution: a sample may read all of itself."""
    marks = given[2].marks.min(tuple(range(2, given[2].marks.ndim)), keepdims=True)
    shape = call.result_shape()
    marks = np.minimum(marks, given[1].marks.min(tuple(range(1, given[1].marks.ndim))).reshape(-1, *(1 for _ in shape)))
    return [State(np.broadcast_to(marks, (len(marks), *shape)), np.zeros(shape, bool))]


@rule("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea")
def _resized(call: Call, given: list[State]) -> list[State]:
    marks = given[0].marks.min((2, 3), keepdims=True)
    shape = call.result_shape()
    return [State(np.broadcast_to(marks, (len(marks), *shape)), np.zeros(shape, bool))]


@rule("FusedBatchNormV3")
def _batch_normalised(call: Call, given: list[State]) -> list[State]:
    """While it trains, each channel reads all of itself."""
    if call.option("data_format", "NHWC") != "NHWC":
        raise Unknown
    rest = _unknown(call, given)[1:]
    marks = given[0].marks.min((1, 2, 3), keepdims=True) if call.option("is_training", True) else given[0].marks
    marks = np.broadcast_to(
        np.minimum.reduce(np.broadcast_arrays(marks, *(_aligned(s.marks, 4) for s in given[1:]))),
        (len(marks), *call.result_shape()),
    )
    return [State(marks, np.zeros(call.result_shape(), bool)), *rest]


def told(labels: Labels, number: int, axis: int) -> np.ndarray:
    """For every cell of a value its position on an input's axis, or what `explorer.model.tape` says in its place."""
    first, last = labels.first(number, axis), labels.last(number, axis)
    return np.select([first == NONE, first == MISSING, first == last], [NOWHERE, UNKNOWN, first], SEVERAL)


def with_origins(tape: Tape, values: Mapping[str, np.ndarray]) -> Tape:
    """A tape that also tells where the cells of its tensors come from; as it was, if it is refused or large.

    Of an input nothing is told: each of its cells comes from where it stands.

    Args:
        tape: of a call.
        values: the numbers of its shown tensors, by their ids.
    """
    if tape.refusals or not is_small(tape):
        return tape
    labels = Labels(tape, {number: values[name] for name, number in tape.shown.items() if name in values})
    axes = [at for at, axis in enumerate(labels.axes) if axis.length > 1]
    inputs = {tape.leaves[axis.tensor] for axis in labels.axes}
    numbers = sorted({*tape.leaves.values(), *tape.shown.values()} - inputs)
    found = {number: np.stack([told(labels, number, at) for at in axes]) for number in numbers} if axes else {}
    longest = max((axis.length for axis in labels.axes), default=0)
    kind = next(one for one in (np.int8, np.int16, np.int32) if longest <= np.iinfo(one).max)
    origins = [Known(number, array.astype(kind)) for number, array in found.items() if (array != NOWHERE).any()]
    if sum(known.array.size for known in origins) > MOST_TOLD:
        return tape
    return dataclasses.replace(tape, axes=tuple(labels.axes[at] for at in axes), origins=tuple(origins))
