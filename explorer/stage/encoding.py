"""How arrays are sent to the browser: whole, as their first slices, or as an overview of blocks.

How an array is sent, and how many bytes that takes, follows from its shape and dtype alone. So many arrays are fitted
into one message before a single cell is looked at.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.stage.overview import overview

MAX_EXACT = 1_048_576
"""The most cells of one tensor that are sent whole."""
MAX_BLOCKS = 512
"""The most blocks along an axis of an overview."""
COARSEST = 16
"""The fewest blocks along an axis of an overview; a tensor that is too large even then is named, not drawn."""
MAX_TEXTS = 10_000
"""The most cells of a text tensor that are sent."""
MAX_TEXT = 200
"""The most characters of one text that are sent."""
MAX_MESSAGE = 12 * 1024 * 1024
"""The most bytes of arrays in one message."""

_ENCODINGS = {"f8": "f8", "f4": "f4", "f2": "f4", "i8": "i8", "i4": "i4", "u1": "u1", "b1": "u1", "u8": "u8"}
_WIDER = {"i1": "i4", "i2": "i4", "u2": "i4", "u4": "i8"}
Drawn = tuple[np.ndarray, Sequence[str]]
"""An array and the names of its axes."""
Parts = tuple[dict[str, Any], list[np.ndarray]]
"""What the browser is told about an array, and the arrays that follow."""


def fitted(drawn: Sequence[Drawn], most: int, *, leave_out: bool = False) -> list[Parts]:
    """Every array encoded; the largest ones more coarsely until all take `most` bytes.

    Args:
        drawn: the arrays.
        most: bytes.
        leave_out: whether an array that is too large at its coarsest goes as "none", without its cells.
    """
    plans = [_plan(value, axes, 0 if value.size <= MAX_EXACT else MAX_BLOCKS) for value, axes in drawn]
    queue = [(-plan.nbytes, position) for position, plan in enumerate(plans)]
    total = sum(plan.nbytes for plan in plans)
    heapq.heapify(queue)
    while queue and total > most:
        _, position = heapq.heappop(queue)
        coarser = _coarser(*drawn[position], plans[position]) or (_Plan("none") if leave_out else None)
        if coarser is None:
            continue
        total += coarser.nbytes - plans[position].nbytes
        plans[position] = coarser
        heapq.heappush(queue, (-coarser.nbytes, position))
    return [_encoded(value, plan) for (value, _), plan in zip(drawn, plans, strict=True)]


def grid_axes(axes: Sequence[str], rank: int) -> tuple[int, int]:
    """The two axes that a picture shows first: height and width where the tensor has them, else the last two."""
    names = list(axes)
    if "height" in names and "width" in names:
        return names.index("height"), names.index("width")
    return rank - 2, rank - 1


def padded(size: int) -> int:
    """The next multiple of 8."""
    return -(-size // 8) * 8


@dataclass(frozen=True)
class _Plan:
    """How one array is sent.

    Attributes:
        encoding: "text", "none", "overview", or the dtype in which its cells go.
        nbytes: how many bytes its arrays take.
        limit: the most blocks along an axis; 0 if it goes whole.
        order: its axes in the order in which slices are cut: the last two make a slice. () if it has fewer than two.
        grid: (slices, rows, columns).
        shown: how many slices go.
    """

    encoding: str
    nbytes: int = 0
    limit: int = 0
    order: tuple[int, ...] = ()
    grid: tuple[int, int, int] = (0, 0, 0)
    shown: int = 0


def _plan(value: np.ndarray, axes: Sequence[str], limit: int) -> _Plan:
    if value.dtype.kind not in "biuf":
        return _Plan("text")
    sent = _sent_dtype(value)
    if not limit or value.size == 0:
        return _Plan(sent.str[1:], padded(value.size * sent.itemsize))
    shape = value.shape if value.ndim > 1 else (1, value.size)
    seen = grid_axes(axes if value.ndim > 1 else (), len(shape))
    order = (*(axis for axis in range(len(shape)) if axis not in seen), *seen)
    rows, columns = (shape[axis] for axis in seen)
    total, size = value.size // (rows * columns), rows * columns
    layout = limit, order if value.ndim > 1 else (), (total, rows, columns)
    if size <= limit * limit:
        shown = min(total, max(1, max(size, MAX_EXACT * limit // MAX_BLOCKS) // size))
        return _Plan(sent.str[1:], padded(shown * size * sent.itemsize), *layout, shown)
    shown = min(total, max(1, 4 * limit // MAX_BLOCKS))
    blocks = shown * math.prod(-(-length // -(-length // limit)) for length in (rows, columns))
    return _Plan("overview", 3 * padded(4 * blocks) + padded(blocks), *layout, shown)


def _coarser(value: np.ndarray, axes: Sequence[str], plan: _Plan) -> _Plan | None:
    """The next coarser way that takes fewer bytes: an overview has four planes and can be larger than the whole."""
    limit = plan.limit // 2 or MAX_BLOCKS // 2
    while limit >= COARSEST:
        coarser = _plan(value, axes, limit)
        if coarser.nbytes < plan.nbytes:
            return coarser
        limit //= 2
    return None


def _encoded(value: np.ndarray, plan: _Plan) -> Parts:
    if plan.encoding == "text":
        texts = [str(text)[:MAX_TEXT] for text in value.ravel()[:MAX_TEXTS].tolist()]
        return {"encoding": "text", "texts": texts, "shown": len(texts)}, []
    if plan.encoding == "none":
        return {"encoding": "none"}, []
    if not plan.limit:
        return {"encoding": plan.encoding}, [_native(value)]
    moved = value.transpose(plan.order) if plan.order else value
    slices = moved.reshape(plan.grid)[: plan.shown]
    entry = {"encoding": plan.encoding, "order": list(plan.order), "total": plan.grid[0], "shown": plan.shown}
    if plan.encoding != "overview":
        return {**entry, "reduced": "slices"}, [_native(slices)]
    blocks = overview(slices, plan.limit)
    planes = [blocks.minimum, blocks.maximum, blocks.mean, blocks.flags]
    return {**entry, "reduced": "overview", "block": list(blocks.block), "blocks": list(blocks.flags.shape[1:])}, planes


def _sent_dtype(value: np.ndarray) -> np.dtype[Any]:
    """A dtype that a browser has a typed array for, little-endian."""
    name = value.dtype.str[1:]
    return np.dtype(f"<{_ENCODINGS.get(name) or _WIDER.get(name) or 'f8'}")


def _native(value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value, dtype=_sent_dtype(value))
