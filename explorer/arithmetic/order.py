"""What depends on the order of numbers: sorting, ranks, the largest few, medians and quantiles, searching."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, choice_of, compared, copy_of, formula_of, sum_of
from explorer.arithmetic.operands import CannotExplain, Given, axes_of
from explorer.arithmetic.reductions import along, reduced
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number


@explains("keras.ops.sort")
def sort(case: Case) -> Explanation:
    """The number whose turn it is, by size."""
    column, place, falling = _turn(case)
    return _ranked(case, column, place, falling)


@explains("keras.ops.argsort")
def argsort(case: Case) -> Explanation:
    """Where that number stood."""
    column, place, falling = _turn(case)
    return _position(case, column, place, falling)


@explains("keras.ops.top_k")
def top_k(case: Case) -> Explanation:
    """The largest few, and where they stood."""
    x = case.need("x", 0)
    column, place = _row(case, x, x.array.ndim - 1), case.index[-1]
    return (_position if case.place.position else _ranked)(case, column, place, True)


def _turn(case: Case) -> tuple[Column, int, bool]:
    x = case.need("x", 0)
    axis = int(case.literal("axis", 1, -1)) % x.array.ndim
    return _row(case, x, axis), case.index[axis], case.literal("direction") == "DESCENDING"


def _row(case: Case, x: Given, axis: int) -> Column:
    """The numbers that are put in order together with this cell."""
    cells = np.tile(np.array(case.index, int), (x.array.shape[axis], 1))
    cells[:, axis] = np.arange(len(cells))
    return x.column(cells)


def _order(column: Column, falling: bool) -> np.ndarray:
    values = column.values.astype("float64")
    return np.argsort(-values if falling else values, kind="stable")


def _ranked(case: Case, column: Column, place: int, falling: bool) -> Explanation:
    number = column.number(int(_order(column, falling)[place]))
    result = copy_of("same number from", number, case.value, case.dtype)
    text = (
        "In falling order of {count} numbers, number {place}."
        if falling
        else "In rising order of {count} numbers, number {place}."
    )
    return case.answer(text, result, count=len(column.values), place=place + 1)


def _position(case: Case, column: Column, place: int, falling: bool) -> Explanation:
    said = int(case.value)  # type: ignore[arg-type]
    wanted = column.values[_order(column, falling)[place]]
    if not 0 <= said < len(column.values) or column.values[said] != wanted:
        raise CannotExplain("the recorded position holds another number")
    result = choice_of("position of", column, said, case.value, case.dtype, case.shown)
    text = (
        "In falling order of {count} numbers, the position of number {place}."
        if falling
        else "In rising order of {count} numbers, the position of number {place}."
    )
    return case.answer(text, result, count=len(column.values), place=place + 1)


@explains(
    "keras.ops.median",
    "keras.ops.nanmedian",
    "keras.ops.quantile",
    "keras.ops.nanquantile",
    "keras.ops.percentile",
    "keras.ops.nanpercentile",
)
def quantile(case: Case) -> Explanation:
    """A number between two neighbours in the order."""
    name = case.name
    median = name.endswith("median")
    share = 0.5 if median else float(case.need("q", 1).array.item()) / (100 if name.endswith("percentile") else 1)
    if case.literal("method", 3, "linear") != "linear":
        raise CannotExplain("another method than linear interpolation")
    column = reduced(case, 1 if median else 2)
    kept = np.flatnonzero(~np.isnan(column.values)) if name.startswith("nan") else np.arange(len(column.values))
    if not len(kept):
        raise CannotExplain("no numbers")
    order = kept[np.argsort(column.values[kept], kind="stable")]
    at = share * (len(order) - 1)
    low = math.floor(at)
    lower, upper = (column.number(int(order[k])) for k in (low, min(low + 1, len(order) - 1)))
    numbers = [
        Number(lower.value, lower.printed, lower.tensor, lower.index, "lower"),
        Number(upper.value, upper.printed, upper.tensor, upper.index, "upper"),
        Number(at - low, f"{at - low:.9g}", name="share"),
    ]
    scale = max(abs(float(n.value)) for n in numbers[:2])  # type: ignore[arg-type]
    result = formula_of(
        "function of",
        "lower + (upper - lower) * share",
        numbers,
        lambda a, b, s: a + (b - a) * s,
        case.value,
        case.dtype,
        scale=scale if math.isfinite(scale) else 0.0,
    )
    return case.answer("Between two neighbours in the order of {count} numbers.", result, count=len(order))


@explains("keras.ops.searchsorted", "keras.ops.digitize")
def searchsorted(case: Case) -> Explanation:
    """How many of the ordered numbers stand before this one."""
    binned = case.name.endswith("digitize")
    row = case.need("bins", 1) if binned else case.need("sorted_sequence", 0)
    wanted = case.need("x", 0) if binned else case.need("values", 1)
    number = wanted.number(case.index, name="x")
    axes = row.array.ndim
    cells = np.array([(*case.index[: axes - 1], k) for k in range(row.array.shape[-1])], int)
    column = row.column(cells.reshape(len(cells), axes))
    equal_too = binned or case.literal("side", 2, "left") == "right"
    before = compared("<=" if equal_too else "<", number.value, number.printed)
    result = sum_of("sum", [replace(column, name="x")], case.value, case.dtype, case.shown, each=before)
    text = (
        "How many of {count} numbers are at most {number}."
        if equal_too
        else "How many of {count} numbers are less than {number}."
    )
    return case.answer(text, result, count=result.count, number=number.printed)


@explains("keras.ops.in_top_k")
def in_top_k(case: Case) -> Explanation:
    """Whether fewer than k predictions are larger than the target's."""
    targets, scores = case.need("targets", 0), case.need("predictions", 1)
    row = case.index[0]
    own = scores.number((row, int(targets.array[row])))
    cells = np.array([(row, k) for k in range(scores.array.shape[1])], int)
    column = scores.column(cells)
    larger = compared(">", own.value, own.printed)
    part = sum_of("sum", [replace(column, name="x")], None, "int32", case.shown, each=larger)
    most = int(case.literal("k", 2))
    numbers = [Number(part.value, part.printed, name="larger", recomputed=True), Number(most, str(most), name="k")]
    result = formula_of("logical", "larger < k", numbers, lambda a, b: float(a < b), case.value, case.dtype)
    return case.answer(
        "Whether fewer than k of the predictions are larger than {number}.", result, (part,), number=own.printed
    )


@explains("keras.ops.ptp")
def spread(case: Case) -> Explanation:
    """The largest less the smallest."""
    column = reduced(case)
    if not len(column.values):
        raise CannotExplain("no numbers")
    ends = [int(np.argmax(column.values)), int(np.argmin(column.values))]
    two = Column(column.values[ends], column.tensor, _rows(column, ends), column.dtype)
    sign = Column(np.array([1.0, -1.0]), dtype="float64")
    result = sum_of("sum", [sign, two], case.value, case.dtype, case.shown)
    return case.answer("The largest less the smallest of {count} numbers.", result, count=len(column.values))


@explains("keras.ops.unique", "tf.unique")
def unique(case: Case) -> Explanation:
    """The different numbers: sorted by Keras, in the order in which they appear by TensorFlow."""
    x = case.need("x", 0)
    values, first = np.unique(x.array.ravel(), return_index=True)
    if case.step.operation.startswith("tf."):
        order = np.argsort(first)
        values, first = values[order], first[order]
    if case.place.position or x.array.dtype.kind not in "iub" or len(case.index) != 1:
        raise CannotExplain("only the different numbers themselves are explained")
    cell = tuple(int(i) for i in np.unravel_index(first[case.index[0]], x.array.shape))
    result = copy_of("same number from", x.number(cell), case.value, case.dtype)
    return case.answer(
        "Number {place} of {count} different numbers; here it stands first.",
        result,
        place=case.index[0] + 1,
        count=len(values),
    )


@explains("keras.ops.nonzero")
def nonzero(case: Case) -> Explanation:
    """One coordinate of a cell that is not 0."""
    x = case.need("x", 0)
    cells = np.array(list(np.ndindex(*x.array.shape)), int).reshape(x.array.size, x.array.ndim)
    column = x.column(cells)
    place = case.index[0]
    winner = int(np.flatnonzero(column.values)[place])
    if cells[winner][case.place.position] != case.value:
        raise CannotExplain("the recorded position holds another number")
    result = choice_of("position of", column, winner, case.value, case.dtype, case.shown)
    text = "Among {count} numbers, where number {place} of those that are not 0 stands, along axis {axis}."
    return case.answer(text, result, count=len(cells), place=place + 1, axis=case.place.position)


@explains("keras.ops.shuffle")
def shuffle(case: Case) -> Explanation:
    """A row of the input, at a place drawn at random."""
    x = case.need("x", 0)
    axis = int(case.literal("axis", 1, 0)) % x.array.ndim
    rows, wanted = np.moveaxis(x.array, axis, 0), np.moveaxis(case.tensor.value, axis, 0)[case.index[axis]]
    alike = [k for k, row in enumerate(rows) if np.array_equal(row, wanted, equal_nan=row.dtype.kind == "f")]
    if len(alike) != 1:
        raise CannotExplain("several rows are equal, and which of them was taken was not recorded")
    cell = (*case.index[:axis], alike[0], *case.index[axis + 1 :])
    result = copy_of("same number from", x.number(cell, case.dtype), case.value, case.dtype)
    return case.answer("The same number, from {source}: its new place was drawn at random.", result, source=x.tensor)


@explains("keras.ops.isin")
def is_in(case: Case) -> Explanation:
    """Whether the number is one of a set."""
    x, among = case.need("x1", 0), case.need("x2", 1)
    number = x.number(x.index_for(case.index))
    cells = np.array(list(np.ndindex(*among.array.shape)), int).reshape(among.array.size, among.array.ndim)
    same = among.array.ravel() == number.value
    column = replace(among.column(cells), name="x")
    hits = np.flatnonzero(same)
    if case.literal("invert", 3) or not len(same):
        raise CannotExplain("the opposite was asked for")
    result = choice_of(
        "maximum of",
        column,
        int(hits[0]) if len(hits) else 0,
        case.value,
        case.dtype,
        case.shown,
        compared("==", number.value, number.printed),
    )
    return case.answer("Whether {number} is one of {count} numbers.", result, number=number.printed, count=len(same))


def _rows(column: Column, positions: list[int]) -> np.ndarray | None:
    return None if column.indices is None else column.indices[positions]


def picked(column: Column, positions: np.ndarray) -> Column:
    """Some of a column's numbers."""
    return Column(
        column.values[positions],
        column.tensor,
        _rows(column, [int(k) for k in positions]),
        column.dtype,
        column.recomputed,
    )


def without_nan(case: Case, axis_position: int = 1) -> Column:
    """The numbers that were reduced, without NaN."""
    column = reduced(case, axis_position)
    return picked(column, np.flatnonzero(~np.isnan(column.values.astype("float64"))))


def line(case: Case, x: Given, axis: int | None) -> np.ndarray:
    """The cells of the line through this cell along an axis, or of the whole read cell after cell."""
    if axis is None:
        return along(case, x, axes_of(None, x.array.ndim), ())
    cells = np.tile(np.array(case.index, int), (x.array.shape[axis], 1))
    cells[:, axis] = np.arange(len(cells))
    return cells
