"""More movements of cells: stacks, halves, triangles, diagonals, patches, blocks, named axes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import sum_of
from explorer.arithmetic.moved import moved, mover
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.registry import explains
from explorer.arithmetic.windows import padding_before, several
from explorer.model.explanation import Explanation

STACKS: dict[str, Callable[..., Any]] = {"hstack": np.hstack, "vstack": np.vstack, "dstack": np.dstack}
SPLITS: dict[str, Callable[..., Any]] = {"hsplit": np.hsplit, "vsplit": np.vsplit, "dsplit": np.dsplit}
FLIPS: dict[str, Callable[..., Any]] = {"fliplr": np.fliplr, "flipud": np.flipud}
TRIANGLES: dict[str, Callable[..., Any]] = {"tril": np.tril, "triu": np.triu}
_BESIDE = "A 0: the cell lies beside what was kept."


@explains(*(f"keras.ops.{name}" for name in STACKS))
def stacks(case: Case) -> Explanation:
    """Next to each other along a certain axis."""
    stack = STACKS[case.name]
    return moved(case, case.several("x", 0), stack)


@explains("keras.ops.append")
def append(case: Case) -> Explanation:
    """One behind the other."""
    axis = case.literal("axis", 2)
    return moved(case, [case.need("x1", 0), case.need("x2", 1)], lambda grids: np.append(grids[0], grids[1], axis))


@mover(*(f"keras.ops.{name}" for name in SPLITS))
def _splits(case: Case, grid: np.ndarray) -> np.ndarray:
    split = SPLITS[case.name]
    return np.asarray(split(grid, case.literal("sections", 1))[case.place.position])


@mover(*(f"keras.ops.{name}" for name in FLIPS))
def _flips(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.asarray(FLIPS[case.name](grid))


@mover(*(f"keras.ops.{name}" for name in TRIANGLES), none=_BESIDE)
def _triangles(case: Case, grid: np.ndarray) -> np.ndarray:
    triangle = TRIANGLES[case.name]
    return np.where(triangle(np.ones_like(grid), case.literal("k", 1, 0)), grid, -1)


@mover("tf.band_part", none=_BESIDE)
def _band(case: Case, grid: np.ndarray) -> np.ndarray:
    below, above = case.literal("num_lower", 1), case.literal("num_upper", 2)
    rows, columns = np.indices(grid.shape[-2:])
    kept = (below < 0) | (rows - columns <= below)
    kept &= (above < 0) | (columns - rows <= above)
    return np.where(kept, grid, -1)


@mover("keras.ops.diag", "keras.ops.diagflat", "tf.tensor_diag", "tf.matrix_diag", none=_BESIDE)
def _diag(case: Case, grid: np.ndarray) -> np.ndarray:
    k = int(case.literal("k", 1, 0))
    name = case.name
    if name == "matrix_diag" or grid.ndim > 1:
        grid = grid.ravel() if name == "diagflat" else grid
    if name == "diag" and grid.ndim == 2 and case.step.operation.startswith("keras"):
        return np.diagonal(grid, k)
    wide = np.full((*grid.shape, grid.shape[-1] + abs(k)), -1)
    wide = np.full((*grid.shape[:-1], grid.shape[-1] + abs(k), grid.shape[-1] + abs(k)), -1)
    place = np.arange(grid.shape[-1])
    wide[..., place + max(-k, 0), place + max(k, 0)] = grid
    return wide


@explains("tf.matrix_set_diag", "tf.set_diag")
def set_diag(case: Case) -> Explanation:
    """The diagonal from the second operand, the rest from the first."""

    def move(grids: list[np.ndarray]) -> np.ndarray:
        whole, place = grids[0].copy(), np.arange(min(grids[0].shape[-2:]))
        whole[..., place, place] = grids[1]
        return whole

    return moved(case, [case.need("x", 0), case.need("x2", 1)], move)


@mover("keras.ops.rot90")
def _rot90(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.rot90(grid, case.literal("k", 1, 1), tuple(case.literal("axes", 2, (0, 1))))


@mover("keras.ops.get_item")
def _get_item(case: Case, grid: np.ndarray) -> np.ndarray:
    return np.asarray(grid[case.literal("key", 1)])


@mover("tf.gather_nd")
def _gather_nd(case: Case, grid: np.ndarray) -> np.ndarray:
    if case.literal("batch_dims", 2):
        raise CannotExplain("a batch of indices")
    indices = case.need("indices", 1).array
    return np.asarray(grid[tuple(np.moveaxis(indices, -1, 0))])


@mover("tf.boolean_mask")
def _boolean_mask(case: Case, grid: np.ndarray) -> np.ndarray:
    if case.literal("axis", 2):
        raise CannotExplain("a mask of a later axis")
    return np.asarray(grid[case.need("mask", 1).array])


@mover("tf.strided_slice")
def _strided_slice(case: Case, grid: np.ndarray) -> np.ndarray:
    if any(case.literal(f"{name}_mask") for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")):
        raise CannotExplain("a slice with masks")
    begin, end = case.literal("start_indices", 1), case.literal("end", 2)
    step = case.literal("strides", 3) or [1] * len(begin)
    return np.asarray(grid[tuple(map(slice, begin, end, step))])


@explains("keras.ops.slice_update")
def slice_update(case: Case) -> Explanation:
    """Some cells from the update, the others as they were."""
    start = case.need("start_indices", 1).array.ravel().tolist()

    def move(grids: list[np.ndarray]) -> np.ndarray:
        whole = grids[0].copy()
        whole[tuple(slice(int(a), int(a) + n) for a, n in zip(start, grids[1].shape, strict=True))] = grids[1]
        return whole

    return moved(case, [case.need("x", 0), case.need("updates", 2)], move)


@mover("keras.ops.depth_to_space")
def _depth_to_space(case: Case, grid: np.ndarray) -> np.ndarray:
    block = _block(case)
    batch, high, wide, deep = grid.shape
    parts = grid.reshape(batch, high, wide, block, block, deep // block**2).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(case.tensor.value.shape)


@mover("keras.ops.space_to_depth")
def _space_to_depth(case: Case, grid: np.ndarray) -> np.ndarray:
    block = _block(case)
    batch, high, wide, deep = grid.shape
    parts = grid.reshape(batch, high // block, block, wide // block, block, deep).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(case.tensor.value.shape)


def _block(case: Case) -> int:
    if case.literal("data_format", 2, "channels_last") not in ("channels_last", "NHWC"):
        raise CannotExplain("channels before space")
    return int(case.literal("block_size", 1))


@mover("keras.ops.extract_sequences", "tf.frame", none="A cell of padding.")
def _sequences(case: Case, grid: np.ndarray) -> np.ndarray:
    length, stride = case.literal("sequence_length", 1), case.literal("sequence_stride", 2)
    starts = np.arange(case.tensor.value.shape[-2]) * stride
    return np.asarray(grid[..., starts[:, None] + np.arange(length)])


@mover(
    "keras.ops.extract_patches",
    "keras.ops.extract_patches_3d",
    "tf.extract_patches_v2",
    "tf.raw_ops.ExtractImagePatches",
    none="A cell of padding.",
)
def _patches(case: Case, grid: np.ndarray) -> np.ndarray:
    axes = grid.ndim - 2
    if case.literal("data_format", 5) == "channels_first":
        raise CannotExplain("channels before space")
    wanted = case.literal("size", 1) or case.literal("sizes", 1) or case.literal("ksizes", 1)
    size = several(wanted, axes)
    strides = several(case.literal("strides", 2) or size, axes)
    dilation = several(case.literal("dilation_rate", 3, 1), axes)
    out = case.tensor.value.shape[1:-1]
    for axis, (window, step, gap) in enumerate(zip(size, strides, dilation, strict=True)):
        before = padding_before(case.literal("padding", 4, "valid"), grid.shape[1 + axis], window, step, gap)
        behind = max((out[axis] - 1) * step + (window - 1) * gap + 1 - before - grid.shape[1 + axis], 0)
        widths = [(before, behind) if a == axis + 1 else (0, 0) for a in range(grid.ndim)]
        grid = np.pad(grid, widths, constant_values=-1)
    places = [
        np.arange(n)[:, None] * s + np.arange(k)[None] * d
        for n, s, k, d in zip(out, strides, size, dilation, strict=True)
    ]
    for axis, place in enumerate(places):  # each axis of space becomes two: where the window is, and where in it
        grid = np.take(grid, place, axis=1 + 2 * axis)
    order = [0, *range(1, 2 * axes + 1, 2), *range(2, 2 * axes + 1, 2), grid.ndim - 1]
    return grid.transpose(order).reshape(case.tensor.value.shape)


@mover("keras.ops.unfold", none="A cell of padding.")
def _unfold(case: Case, grid: np.ndarray) -> np.ndarray:
    return _unfolded(case, grid)


def _unfolded(case: Case, grid: np.ndarray, moved_by: int = 0) -> np.ndarray:
    """Windows of (batch, channels, height, width) as columns."""
    names = (("kernel_size", 1), ("dilation", 2), ("padding", 3), ("stride", 4))
    size, gap, beside, step = (several(case.literal(name, at + moved_by, at > 1 and at != 3), 2) for name, at in names)
    grid = np.pad(grid, [(0, 0), (0, 0), *((n, n) for n in beside)], constant_values=-1)
    counts = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(grid.shape[2:], size, gap, step, strict=True)]
    rows, columns = (
        np.arange(k)[:, None] * d + np.arange(n)[None] * s for k, d, n, s in zip(size, gap, counts, step, strict=True)
    )
    windows = grid[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    return windows.reshape(grid.shape[0], grid.shape[1] * math.prod(size), math.prod(counts))


@explains("keras.ops.fold")
def fold(case: Case) -> Explanation:
    """Columns laid back as windows; what overlaps is added."""
    x = case.need("x", 0)
    target = case.tensor.value
    places = _unfolded(case, np.arange(target.size).reshape(target.shape), 1)
    hits = np.argwhere(places == np.ravel_multi_index(case.index, target.shape))
    result = sum_of("sum", [x.column(hits)], case.value, case.dtype, case.shown)
    return case.answer("A sum of the {count} cells that were laid here.", result, count=result.count)


@mover("keras.ops.rearrange")
def _rearrange(case: Case, grid: np.ndarray) -> np.ndarray:
    left, arrow, right = str(case.literal("pattern", 1)).partition("->")
    names = re.findall(r"[A-Za-z_]\w*", left)
    wanted = re.findall(r"[A-Za-z_]\w*", right)
    if not arrow or "..." in left or sorted(names) != sorted(wanted) or re.search(r"\d", left + right):
        raise CannotExplain("a pattern that adds or drops axes")
    sizes: list[int] = []
    for group, size in zip(re.findall(r"\([^)]*\)|\w+", left), grid.shape, strict=True):
        inner = re.findall(r"[A-Za-z_]\w*", group)
        known = [case.bound.named[name].text if name in case.bound.named else "" for name in inner]
        rest = size // math.prod(int(text) for text in known if text)
        sizes += [int(text) if text else rest for text in known]
    moved_axes = grid.reshape(sizes).transpose([names.index(name) for name in wanted])
    return moved_axes.reshape(case.tensor.value.shape)
