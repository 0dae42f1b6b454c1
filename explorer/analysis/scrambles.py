"""Reshapes that tear axes apart: cells of one row that end in different rows, where a transpose was meant.

Each value is an arrangement of the cells of the last value before it that was computed, not only moved. An arrangement
is in order if each axis of the old value runs along axes of the new one, independently of the others; splitting,
joining, transposing and cutting keep it so. What counts is the arrangement that is computed with: two reshapes may be
right together that are wrong alone, and the other way round.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.cell_moves import Call, Unknown, moved, moves
from explorer.analysis.labels import CELLWISE
from explorer.model.tape import Operation, Tape

ARRANGING = frozenset({"Reshape", "Squeeze", "ExpandDims", "EnsureShape", "Transpose", "Identity", "Cast"})
"""Operations that only give all cells another arrangement."""


@dataclass(frozen=True)
class Scramble:
    """A reshape, told by its place on the tape.

    Attributes:
        operation: the position of the operation.
        before: the shape of what its cells were arranged in.
        after: the shape that it gave them.
    """

    operation: int
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Arranged:
    """A value as cells of another one.

    Attributes:
        root: the number of that one.
        shape: its axes.
        grid: for each cell its place in it; -1 for one that was filled in.
        torn: the first reshape after which it is out of order; None as long as it is not.
        cut: a reshape that joined a part of one axis with a part of another; None after the next reshape.
    """

    root: int
    shape: tuple[int, ...]
    grid: np.ndarray
    torn: Scramble | None = None
    cut: Scramble | None = None

    @property
    def wrong(self) -> Scramble | None:
        """The reshape to blame if this is computed with."""
        return self.torn or self.cut


def scrambles(tape: Tape) -> list[Scramble]:
    """The reshapes that tear axes apart, in the order of the call; of what is made of weights alone, none counts."""
    constants = {known.value: known.array for known in tape.constants}
    known: dict[int, _Arranged] = {
        number: _whole(tape, number) for name, number in tape.leaves.items() if name.startswith("input:")
    }
    found: dict[int, Scramble] = {}
    for at, operation in enumerate(tape.operations):
        if known.keys().isdisjoint(operation.inputs):
            continue
        made = _made(Call(tape, operation, constants, {}), known, at)
        if made is None:
            used = [known[number].wrong for number in operation.inputs if number in known]
            found |= {one.operation: one for one in used if one is not None}
            made = [_new(tape, operation, position) for position in range(len(operation.outputs))]
        known |= dict(zip(operation.outputs, made, strict=True))
    outputs = [number for name, number in tape.shown.items() if name.startswith("output:")]
    used = [known[number].wrong for number in outputs if number in known]
    found |= {one.operation: one for one in used if one is not None}
    return [found[at] for at in sorted(found)]


def _whole(tape: Tape, number: int) -> _Arranged:
    shape = tape.values[number].shape
    return _Arranged(number, shape, np.arange(int(np.prod(shape))).reshape(shape))


def _new(tape: Tape, operation: Operation, position: int) -> _Arranged:
    """A computed value; one that was put together has an axis more, for its parts, where they are equally long."""
    made = _whole(tape, operation.outputs[position])
    if operation.kind != "ConcatV2":
        return made
    parts = [tape.values[number].shape for number in operation.inputs[:-1]]
    axis = next((a for a, n in enumerate(made.shape) if n != parts[0][a]), len(made.shape) - 1)
    if axis == len(made.shape) - 1 or len(set(parts)) > 1:  # features of several kinds side by side are one row
        return made
    shape = (*made.shape[:axis], len(parts), parts[0][axis], *made.shape[axis + 1 :])
    return _Arranged(made.root, shape, made.grid)


def _made(call: Call, known: Mapping[int, _Arranged], at: int) -> list[_Arranged] | None:
    """The results as cells of the operand's root; None where they are computed, or come from several."""
    operation = call.operation
    if operation.kind in CELLWISE:
        return _kept(call, known)
    if not moves(operation.kind):
        return None
    try:
        sources, grids = moved(call)
    except (Unknown, ValueError, IndexError):
        return None
    if not all(number in known for number in sources):
        return None
    given = [known[number] for number in sources]
    if operation.kind not in ARRANGING and all(one.wrong is None for one in given):
        return None  # rolled, padded or picked: that is a row of its own, which may be split again
    if len({(one.root, one.shape) for one in given}) > 1:
        return None
    cells = np.concatenate([*(one.grid.ravel() for one in given), [-1]])
    return [_judged(call, at, given, cells[grid]) for grid in grids]


def _judged(call: Call, at: int, given: Sequence[_Arranged], grid: np.ndarray) -> _Arranged:
    """A moved value, and whether it is in order."""
    root, shape = given[0].root, given[0].shape
    reshaped = call.operation.kind == "Reshape"
    cut = next((one.cut for one in given if one.cut is not None), None)
    if reshaped:
        cut = Scramble(at, call.shape(0), grid.shape) if _cut_across(call.shape(0), grid.shape) else None
    if in_order(grid, shape):
        return _Arranged(root, shape, grid, None, cut)
    torn = next((one.torn for one in given if one.torn is not None), None)
    if reshaped and torn is None:
        torn = Scramble(at, shape, grid.shape)
    return _Arranged(root, shape, grid, torn, cut)


def _kept(call: Call, known: Mapping[int, _Arranged]) -> list[_Arranged] | None:
    """An operation on single cells keeps the arrangement of the one operand that is as large as the result."""
    shape = call.result_shape()
    given = [known[number] for number in call.operation.inputs if number in known]
    whole = [one for one in given if one.grid.shape == shape]
    if not whole or any(one.wrong is not None for one in given if one.grid.shape != shape):
        return None
    first, *others = whole
    same = all(one.root == first.root and np.array_equal(one.grid, first.grid) for one in others)
    return [first] if same else None


def in_order(grid: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether each position in the old shape is a sum of what the new axes say, one by one."""
    if grid.size == 0 or grid.min() < 0:
        return True
    return all(np.array_equal(place, _sum_of_axes(place)) for place in np.unravel_index(grid, shape))


def _sum_of_axes(place: np.ndarray) -> np.ndarray:
    """The first cell, and along each axis how far those in line with it differ from it."""
    total = np.full_like(place, place.flat[0])
    for axis, length in enumerate(place.shape):
        line = np.moveaxis(place, axis, 0).reshape(length, -1)[:, 0] - place.flat[0]
        total += line.reshape(-1, *(1,) * (place.ndim - axis - 1))
    return total


def _cut_across(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether an axis of the new shape begins inside one of the old and ends inside another."""
    old, new = _borders(before), _borders(after)
    inside = {border: at for border in new for at, (a, b) in enumerate(itertools.pairwise(old)) if a < border < b}
    return any(a in inside and b in inside and inside[a] != inside[b] for a, b in itertools.pairwise(new))


def _borders(shape: tuple[int, ...]) -> list[int]:
    return [1, *(int(n) for n in np.cumprod([n for n in shape if n > 1]))]
