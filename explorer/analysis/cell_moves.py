"""The operations of TensorFlow that compute nothing: each cell of the result is a cell of an operand, or was filled in.

A move is run on grids, in which every cell of an operand has a number of its own; -1 is a cell that was filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.model.tape import Operation, Tape


class Unknown(Exception):
    """What an operation does to its cells cannot be told."""


@dataclass(frozen=True, eq=False)
class Call:
    """One operation of a tape, and the numbers that are known of its operands.

    Attributes:
        tape: the program.
        operation: one of its operations.
        constants: the arrays of values that depend on no leaf, by their numbers.
        values: arrays of other values, by their numbers, as far as they are known.
    """

    tape: Tape
    operation: Operation
    constants: Mapping[int, np.ndarray]
    values: Mapping[int, np.ndarray]

    def shape(self, position: int) -> tuple[int, ...]:
        """The shape of an operand."""
        return self.tape.values[self.operation.inputs[position]].shape

    def result_shape(self, position: int = 0) -> tuple[int, ...]:
        """The shape of a result."""
        return self.tape.values[self.operation.outputs[position]].shape

    def is_fixed(self, position: int) -> bool:
        """Whether an operand is a constant."""
        return self.operation.inputs[position] in self.constants

    def fixed(self, position: int) -> np.ndarray:
        """The whole numbers of an operand that is a constant.

        Raises:
            Unknown: if it is none.
        """
        if not self.is_fixed(position):
            raise Unknown
        return self.constants[self.operation.inputs[position]].astype(int)

    def option(self, name: str, usual: Any = None) -> Any:
        """An attribute."""
        return self.operation.attributes.get(name, usual)


Move = Callable[[Call, list[np.ndarray]], list[np.ndarray]]
_MOVES: dict[str, tuple[Callable[[Call], list[int]], Move]] = {}


def moves(kind: str) -> bool:
    """Whether operations of this kind only move cells."""
    return kind in _MOVES


def moved(call: Call) -> tuple[list[int], list[np.ndarray]]:
    """What an operation moves.

    Returns:
        The numbers of the values whose cells it moves; and for each result, of each cell its place among all cells of
        those values one after the other, or -1.
    Raises:
        Unknown: if that depends on numbers that are not known.
    """
    positions, move = _MOVES[call.operation.kind]
    sources, grids, first = positions(call), [], 0
    for position in sources:
        shape = call.shape(position)
        size = int(np.prod(shape))
        grids.append(np.arange(first, first + size).reshape(shape))
        first += size
    results = move(call, grids)
    if [grid.shape for grid in results] != [call.result_shape(at) for at in range(len(call.operation.outputs))]:
        raise Unknown
    return [call.operation.inputs[position] for position in sources], results


def _first(*kinds: str) -> Callable[[Callable[[Call, np.ndarray], np.ndarray]], Any]:
    """Register a move of the first operand that has one result."""

    def register(move: Callable[[Call, np.ndarray], np.ndarray]) -> Any:
        for kind in kinds:
            _MOVES[kind] = (lambda call: [0]), (lambda call, grids: [np.asarray(move(call, grids[0]))])
        return move

    return register


def _several(kind: str, positions: Callable[[Call], list[int]]) -> Callable[[Move], Move]:
    """Register a move of several operands, or one with several results."""

    def register(move: Move) -> Move:
        _MOVES[kind] = positions, move
        return move

    return register


@_first("Reshape", "Squeeze", "ExpandDims", "EnsureShape")
def _reshape(call: Call, grid: np.ndarray) -> np.ndarray:
    return grid.reshape(call.result_shape())


@_first("Identity", "StopGradient", "Snapshot", "PreventGradient", "CheckNumerics", "Cast")
def _same(call: Call, grid: np.ndarray) -> np.ndarray:
    return grid


@_first("Transpose")
def _transpose(call: Call, grid: np.ndarray) -> np.ndarray:
    return grid.transpose(call.fixed(1))


@_first("ReverseV2")
def _reverse(call: Call, grid: np.ndarray) -> np.ndarray:
    return np.flip(grid, tuple(call.fixed(1).ravel()))


@_first("Roll")
def _roll(call: Call, grid: np.ndarray) -> np.ndarray:
    return np.roll(grid, tuple(call.fixed(1).ravel()), tuple(call.fixed(2).ravel()))


@_first("Tile")
def _tile(call: Call, grid: np.ndarray) -> np.ndarray:
    return np.tile(grid, call.fixed(1))


@_first("BroadcastTo")
def _broadcast(call: Call, grid: np.ndarray) -> np.ndarray:
    return np.broadcast_to(grid, call.result_shape())


@_first("Pad", "PadV2", "MirrorPad")
def _pad(call: Call, grid: np.ndarray) -> np.ndarray:
    if call.operation.kind == "MirrorPad":
        mode = "reflect" if str(call.option("mode")).upper() == "REFLECT" else "symmetric"
        mirrored: np.ndarray = np.pad(grid, call.fixed(1), mode=mode)  # type: ignore[call-overload]
        return mirrored
    if len(call.operation.inputs) > 2 and not call.is_fixed(2):
        raise Unknown
    return np.pad(grid, call.fixed(1), constant_values=-1)


@_first("Slice")
def _slice(call: Call, grid: np.ndarray) -> np.ndarray:
    pairs = zip(call.fixed(1), call.result_shape(), strict=True)
    return grid[tuple(slice(start, start + length) for start, length in pairs)]


@_first("StridedSlice")
def _strided_slice(call: Call, grid: np.ndarray) -> np.ndarray:
    def has(mask: str, at: int) -> bool:
        return bool(int(call.option(f"{mask}_mask", 0)) >> at & 1)

    where: list[Any] = []
    for at, (begin, end, step) in enumerate(zip(*(call.fixed(i).tolist() for i in (1, 2, 3)), strict=True)):
        if has("ellipsis", at):
            where.append(...)
        elif has("new_axis", at):
            where.append(None)
        elif has("shrink_axis", at):
            where.append(begin)
        else:
            where.append(slice(None if has("begin", at) else begin, None if has("end", at) else end, step))
    return np.asarray(grid[tuple(where)])


@_first("GatherV2")
def _gather(call: Call, grid: np.ndarray) -> np.ndarray:
    if call.option("batch_dims", 0):
        raise Unknown
    return np.take(grid, call.fixed(1), int(call.fixed(2)))


@_first("GatherNd")
def _gather_nd(call: Call, grid: np.ndarray) -> np.ndarray:
    return np.asarray(grid[tuple(np.moveaxis(call.fixed(1), -1, 0))])


@_first("MatrixBandPart")
def _band_part(call: Call, grid: np.ndarray) -> np.ndarray:
    below, above = int(call.fixed(1)), int(call.fixed(2))
    rows, columns = np.indices(grid.shape[-2:])
    kept = ((below < 0) | (rows - columns <= below)) & ((above < 0) | (columns - rows <= above))
    return np.where(kept, grid, -1)


@_first("SpaceToDepth", "DepthToSpace")
def _blocks(call: Call, grid: np.ndarray) -> np.ndarray:
    if call.option("data_format", "NHWC") != "NHWC":
        raise Unknown
    size, (batch, height, width, channels) = int(call.option("block_size")), grid.shape
    if call.operation.kind == "SpaceToDepth":
        cut = grid.reshape(batch, height // size, size, width // size, size, channels).transpose(0, 1, 3, 2, 4, 5)
    else:
        cut = grid.reshape(batch, height, width, size, size, channels // size**2).transpose(0, 1, 3, 2, 4, 5)
    return cut.reshape(call.result_shape())


def _all_but_the_last(call: Call) -> list[int]:
    return list(range(len(call.operation.inputs) - 1))


@_several("ConcatV2", _all_but_the_last)
def _concat(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    return [np.concatenate(grids, int(call.fixed(len(grids))))]


@_several("Pack", lambda call: list(range(len(call.operation.inputs))))
def _pack(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    return [np.stack(grids, int(call.option("axis", 0)))]


@_several("IdentityN", lambda call: list(range(len(call.operation.inputs))))
def _same_all(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    return grids


@_several("Unpack", lambda call: [0])
def _unpack(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    return list(np.moveaxis(grids[0], int(call.option("axis", 0)), 0))


@_several("Split", lambda call: [1])
def _split(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    return np.split(grids[0], len(call.operation.outputs), int(call.fixed(0)))


@_several("SplitV", lambda call: [0])
def _split_at(call: Call, grids: list[np.ndarray]) -> list[np.ndarray]:
    axis = int(call.fixed(2))
    lengths = [call.result_shape(at)[axis] for at in range(len(call.operation.outputs))]
    return np.split(grids[0], np.cumsum(lengths)[:-1].tolist(), axis)
