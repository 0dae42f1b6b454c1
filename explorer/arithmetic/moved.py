"""The same number from another place: the operation is run on a grid of cell numbers, and the grid tells the source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import copy_of, formula_of, origin_of
from explorer.arithmetic.operands import CannotExplain, Given, axes_of, index_text, of_tensor, of_text
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number
from explorer.model.trace import Operand

Mover = Callable[[Case, np.ndarray], np.ndarray]


def moved(
    case: Case, sources: Sequence[Given], move: Callable[[list[np.ndarray]], Any], none: str = "A cell that was added."
) -> Explanation:
    """Run the movement on grids in which every cell of every source has a number of its own; -1 is no cell at all.

    Args:
        case: the cell.
        sources: what is moved.
        move: does it.
        none: what is said of a cell that comes from none of them.
    """
    grids, first = [], 0
    for source in sources:
        grids.append(np.arange(first, first + source.array.size).reshape(source.array.shape))
        first += source.array.size
    try:
        result = np.asarray(move(grids))
    except (ValueError, IndexError, TypeError, np.exceptions.AxisError) as error:
        raise CannotExplain(str(error)) from error
    if result.shape != case.tensor.value.shape:
        raise CannotExplain(f"expected shape {case.tensor.value.shape}, received {result.shape}")
    origin = int(result[case.index])
    if origin < 0:
        return case.answer(none, origin_of("constant", case.value, case.dtype))
    for source, grid in zip(sources, grids, strict=True):
        if origin < int(grid.ravel()[0] if grid.size else 0) + source.array.size:
            cell = tuple(int(i) for i in np.unravel_index(origin - int(grid.ravel()[0]), source.array.shape))
            number = source.number(cell, case.dtype)
            return case.answer(
                "The same number, from {source}.",
                copy_of("same number from", number, case.value, case.dtype),
                source=source.tensor,
            )
    raise CannotExplain("no source")


def mover(*operations: str, none: str = "A cell that was added.", only: bool = False) -> Callable[[Mover], Mover]:
    """Register a movement of one tensor."""

    def register(move: Mover) -> Mover:
        @explains(*operations, only=only)
        def explain(case: Case) -> Explanation:
            return moved(case, [case.need("x", 0)], lambda grids: move(case, grids[0]), none)

        del explain
        return move

    return register


@mover("keras.ops.reshape", "keras.ops.ravel", "tf.ensure_shape", "keras.ops.squeeze", "keras.ops.expand_dims")
def _reshape(case: Case, grid: np.ndarray) -> np.ndarray:
    return grid.reshape(case.tensor.value.shape)  # the order of cells is the same, whatever the shape was called


@mover("keras.ops.transpose")
def _transpose(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.transpose(grid, case.literal("axes", 1))


@mover("keras.ops.swapaxes")
def _swapaxes(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.swapaxes(grid, case.literal("axis1", 1), case.literal("axis2", 2))


@mover("keras.ops.moveaxis")
def _moveaxis(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.moveaxis(grid, case.literal("source", 1), case.literal("destination", 2))


@mover("keras.ops.broadcast_to")
def _broadcast(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.broadcast_to(grid, case.tensor.value.shape)


@mover("keras.ops.flip")
def _flip(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.flip(grid, axes_of(case.literal("axis", 1), grid.ndim))


@mover("keras.ops.roll")
def _roll(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.roll(grid, case.literal("shift", 1), case.literal("axis", 2))


@mover("keras.ops.repeat")
def _repeat(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.repeat(grid, case.literal("repeats", 1), case.literal("axis", 2))


@mover("keras.ops.tile")
def _tile(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.tile(grid, case.literal("repeats", 1) or case.literal("multiples", 1))


@mover("keras.ops.split", "keras.ops.array_split")
def _split(case: Case, grid: np.ndarray) -> np.ndarray:
    axis = case.literal("axis", 2, 0)
    sections = case.literal("indices_or_sections", 1) or case.literal("num_or_size_splits", 1)
    if case.step.operation.startswith("tf.") and isinstance(sections, list):
        sections = np.cumsum(sections)[:-1].tolist()
    pieces: list[np.ndarray] = np.split(grid, sections, axis)
    return pieces[case.place.position]


@mover("keras.ops.unstack")
def _unstack(case: Case, grid: np.ndarray) -> np.ndarray:
    first: np.ndarray = np.moveaxis(grid, case.literal("axis", 2, 0), 0)
    return np.asarray(first[case.place.position])


@mover("keras.ops.pad")
def _pad(case: Case, grid: np.ndarray) -> np.ndarray:
    width = case.literal("pad_width", 1) or case.literal("paddings", 1)
    mode = str(case.literal("mode", 2, "constant")).lower()
    if mode == "constant":
        return np.pad(grid, width, constant_values=-1)
    padded: np.ndarray = np.pad(grid, width, mode=mode)  # type: ignore[call-overload]
    return padded


@mover("keras.ops.diagonal")
def _diagonal(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.diagonal(grid, case.literal("offset", 1, 0), case.literal("axis1", 2, 0), case.literal("axis2", 3, 1))


@mover("keras.ops.slice")
def _slice(case: Case, grid: np.ndarray) -> np.ndarray:
    start = case.literal("start_indices", 1)
    return grid[tuple(slice(a, a + n) for a, n in zip(start, case.tensor.value.shape, strict=True))]


@explains("keras.ops.concatenate")
def concatenate(case: Case) -> Explanation:
    """One after another along an axis."""
    axis = case.literal("axis", 1, 0)
    return moved(case, case.several("x", 0), lambda grids: np.concatenate(grids, axis))


@explains("keras.ops.stack", "tf.pack")
def stack(case: Case) -> Explanation:
    """Side by side along a new axis."""
    axis = case.literal("axis", 1, 0)
    return moved(case, case.several("x", 0), lambda grids: np.stack(grids, axis))


@explains("keras.ops.meshgrid")
def meshgrid(case: Case) -> Explanation:
    """One of the coordinates, repeated along the others."""
    sources = [case.read(o) for o in case.step.operands if not o.name]
    indexing = case.literal("indexing", None, "xy")
    return moved(case, sources, lambda grids: np.meshgrid(*grids, indexing=indexing)[case.place.position])


@explains("[]")
def item(case: Case) -> Explanation:
    """What stands between the brackets says where."""
    source, index = case.step.operands[0], case.step.operands[1]
    if len(source.tensors) > 1:
        chosen = of_text(index.text).literal
        names = source.tensors[chosen]
        if isinstance(names, tuple):
            names = names[case.place.position]
        given = Given(names, np.asarray(case.find(names).value), case.find(names).dtype)
        return moved(case, [given], lambda grids: grids[0])
    given = case.read(source)
    where = _where(case, index)
    if isinstance(where, np.ndarray) and where.dtype.kind == "f":
        raise CannotExplain("an index that is no integer")
    return moved(case, [given], lambda grids: grids[0][where if not isinstance(where, list) else tuple(where)])


def _where(case: Case, index: Operand) -> Any:
    """What stands between the brackets: arrays, or literals, or a tuple of both."""
    held = [of_tensor(case.find(name)) for name in index.tensors]
    if held and not index.text:
        return held[0].array if len(held) == 1 else tuple(one.array for one in held)
    try:
        return of_text(index.text, held).literal
    except CannotExplain:
        return index_text(case.step.text)


@explains("keras.ops.take", "tf.gather", "tf.embedding_lookup")
def take(case: Case) -> Explanation:
    """The rows that the indices name."""
    table, wanted = case.need("x", 0), case.need("indices", 1)
    axis = case.literal("axis", 2)
    if axis is None and not case.step.operation.startswith("keras"):
        axis = case.literal("batch_dims", 4, 0)
    rows = wanted.array.astype(int)
    size = table.array.shape[axis] if axis is not None else table.array.size
    rows = np.where(rows < 0, rows + size, rows)
    batch = int(case.literal("batch_dims", 4, 0))
    return moved(case, [table], lambda grids: _taken(grids[0], rows, axis, batch))


def _taken(grid: np.ndarray, rows: np.ndarray, axis: int | None, batch: int) -> np.ndarray:
    """Of each entry of the batch its own rows."""
    if not batch or axis is None:
        return np.asarray(np.take(grid, rows, axis))
    axis = axis % grid.ndim
    pairs = zip(grid, np.broadcast_to(rows, (len(grid), *rows.shape[1:])), strict=True)
    return np.stack([_taken(one, own, max(axis - 1, 0), batch - 1) for one, own in pairs])


@explains("keras.ops.take_along_axis")
def take_along_axis(case: Case) -> Explanation:
    """From each row, the cells that the indices name."""
    table, wanted = case.need("x", 0), case.need("indices", 1)
    axis = case.literal("axis", 2)
    return moved(case, [table], lambda grids: np.take_along_axis(grids[0], wanted.array.astype(int), axis))


@explains("keras.ops.one_hot")
def one_hot(case: Case) -> Explanation:
    """1 where the position is the number, else 0."""
    x = case.need("x", 0)
    axis = case.literal("axis", 2, -1) % len(case.index)
    cell = tuple(i for a, i in enumerate(case.index) if a != axis)
    number = x.number(cell)
    named = Number(number.value, number.printed, number.tensor, number.index, "x")
    here = Number(case.index[axis], str(case.index[axis]), name="position")
    result = formula_of("logical", "x == position", (named, here), lambda a, b: float(a == b), case.value, case.dtype)
    return case.answer("1 in the position that the number names, 0 elsewhere.", result)
