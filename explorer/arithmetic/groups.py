"""Sums over cells that were told to belong together: segments, scattered updates, counts, lists of tensors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, Listed, choice_of, compared, copy_of, origin_of, sum_of
from explorer.arithmetic.families import product_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.reductions import mean_of
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation


@explains(*(f"keras.ops.segment_{name}" for name in ("sum", "mean", "max", "min", "prod")))
def segment(case: Case) -> Explanation:
    """The rows of one segment, put together."""
    x, names = case.need("x", 0), case.need("segments", 1)
    rows = np.flatnonzero(names.array.ravel() == case.index[0])
    column = x.column(np.array([(row, *case.index[1:]) for row in rows], int).reshape(len(rows), x.array.ndim))
    how = case.name.rsplit("_", 1)[-1]
    if not len(rows):
        return case.answer("No row belongs to this segment.", origin_of("constant", case.value, case.dtype))
    if how == "mean":
        result, part = mean_of(column, case)
        return case.answer("The mean of {count} numbers.", result, (part,), count=part.count)
    if how == "prod":
        return product_of(case, column)
    if how == "sum":
        result = sum_of("sum", [column], case.value, case.dtype, case.shown)
        return case.answer("A sum of the {count} rows of this segment.", result, count=len(rows))
    winner = int(np.argmax(column.values) if how == "max" else np.argmin(column.values))
    form = "maximum of" if how == "max" else "minimum of"
    result = choice_of(form, column, winner, case.value, case.dtype, case.shown)
    text = "The largest of {count} numbers." if how == "max" else "The smallest of {count} numbers."
    return case.answer(text, result, count=len(rows))


@explains("keras.ops.scatter", "tf.scatter_nd")
def scatter(case: Case) -> Explanation:
    """Every update that was sent to this cell, added; 0 where none was."""
    updates = case.given("updates", 1) or case.need("x", 1)
    column = _sent(case, case.need("indices", 0), updates)
    if not len(column.values):
        return case.answer("No number was sent here.", origin_of("constant", case.value, case.dtype))
    result = sum_of("sum", [column], case.value, case.dtype, case.shown)
    return case.answer("A sum of the {count} numbers that were sent here.", result, count=result.count)


@explains("keras.ops.scatter_update", "tf.tensor_scatter_nd_update", "tf.tensor_scatter_update")
def scatter_update(case: Case) -> Explanation:
    """The update that was sent to this cell, or what was there."""
    x = case.need("x", 0)
    column = _sent(case, case.need("indices", 1), case.need("updates", 2))
    if case.literal("reduction", 3) is not None or len(column.values) > 1:
        raise CannotExplain("several updates of one cell")
    sent = len(column.values) == 1
    number = column.number(0) if sent else x.number(case.index, case.dtype)
    result = copy_of("same number from", number, case.value, case.dtype)
    return case.answer("The number that was sent here." if sent else "The number that was here before.", result)


@explains("tf.tensor_scatter_nd_add", "tf.tensor_scatter_add", "tf.tensor_scatter_nd_sub", "tf.tensor_scatter_sub")
def scatter_add(case: Case) -> Explanation:
    """What was there, and every update that was sent here."""
    x = case.need("x", 0)
    column = _sent(case, case.need("indices", 1), case.need("updates", 2))
    own = x.number(case.index, case.dtype)
    numbers = [own, *(column.number(k) for k in range(len(column.values)))]
    sign = -1.0 if case.name.endswith(("sub", "subtract")) else 1.0
    signs = Column(np.array([1.0, *[sign] * len(column.values)]), dtype="float64")
    columns = [signs, Listed(*numbers)] if sign < 0 else [Listed(*numbers)]
    result = sum_of("sum", columns, case.value, case.dtype, case.shown)
    return case.answer("A sum of {count} numbers.", result, count=result.count)


def _sent(case: Case, indices: Given, updates: Given) -> Column:
    """The updates whose indices name this cell."""
    deep = indices.array.shape[-1]
    rows = indices.array.reshape(-1, deep)
    hits = np.flatnonzero((rows == np.array(case.index[:deep])).all(axis=1))
    lead = indices.array.shape[:-1]
    cells = [(*map(int, np.unravel_index(hit, lead)), *case.index[deep:]) for hit in hits]
    return updates.column(np.array(cells, int).reshape(len(cells), updates.array.ndim))


@explains("keras.ops.bincount")
def bincount(case: Case) -> Explanation:
    """How often a number occurs, or the sum of the weights of those that are it."""
    x, weights = case.need("x", 0), case.given("weights", 1)
    if x.array.ndim != 1:
        raise CannotExplain("several rows")
    hits = np.flatnonzero(x.array == case.index[-1])
    if weights is not None:
        result = sum_of("sum", [weights.column(hits[:, None])], case.value, case.dtype, case.shown)
        return case.answer("A sum of {count} weights.", result, count=result.count)
    cells = np.arange(x.array.size)[:, None]
    same = compared("==", case.index[-1], str(case.index[-1]))
    result = sum_of("sum", [replace(x.column(cells), name="x")], case.value, case.dtype, case.shown, each=same)
    return case.answer("How many of {count} numbers are {number}.", result, count=result.count, number=case.index[-1])


@explains("tf.add_n", "tf.accumulate_n")
def add_n(case: Case) -> Explanation:
    """The cells in the same place of several tensors."""
    return _added(case, case.several("x", 0))


@explains("sum", "_functools.reduce", only=True)
def python_sum(case: Case) -> Explanation:
    """Python's own sum of a list, from 0 or from what it was given."""
    operands = list(case.step.operands)
    if case.step.operation == "_functools.reduce":
        if operands.pop(0).text != "_operator.add":
            raise CannotExplain("a function that is not followed")
        return _added(case, _items(case, operands))
    return _added(case, _items(case, operands))


def _items(case: Case, operands: list[Any]) -> list[Given]:
    items = [case.read(operand) for operand in operands[1:]]
    listed = operands[0]
    held = listed.tensors
    if len(held) == 1 and not listed.text:  # one tensor, row by row
        raise CannotExplain("a tensor that Python went through row by row")
    return [*items, *case.items(listed)]


def _added(case: Case, items: list[Given]) -> Explanation:
    numbers = [item.number(item.index_for(case.index), case.dtype) for item in items]
    result = sum_of("sum", [Listed(*numbers)], case.value, case.dtype, case.shown)
    return case.answer("A sum of {count} numbers.", result, count=result.count)


@explains("max", "min", only=True)
def python_extreme(case: Case) -> Explanation:
    """Python's own choice among several numbers."""
    listed = case.step.operands
    items = case.items(listed[0]) if len(listed) == 1 else [case.read(operand) for operand in listed]
    if any(item.array.ndim for item in items) or not items:
        raise CannotExplain("not plain numbers")
    numbers = [item.number((), case.dtype) for item in items]
    values = np.array([number.value for number in numbers], dtype="float64")
    largest = case.step.operation == "max"
    winner = int(np.argmax(values) if largest else np.argmin(values))
    form = "maximum of" if largest else "minimum of"
    result = choice_of(form, Listed(*numbers), winner, case.value, case.dtype, case.shown)
    text = "The largest of {count} numbers." if largest else "The smallest of {count} numbers."
    return case.answer(text, result, count=len(numbers))
