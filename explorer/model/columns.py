"""A trace as columns: few long lists instead of many small objects. The engine's channel and the browser get the same.

A step differs from another of the same expression in little: its tensors and its operands. These are in columns of
numbers, all the rest is in a row of a table, once. An LSTM over 50 steps makes 1,416 steps out of a few dozen rows.
Rows are steps, tensors, frames and operands with nothing in the fields that have columns: a new field travels in them.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np

from explorer.model.trace import Frame, Operand, Step, Tensor, Trace

PARTS = ("inputs", "mask", "weights", "others", "outputs")
"""The fields of a trace that hold tensors."""
MAX_ITEMS = 200_000
"""The most tensors, frames, steps or operands; a recording stops at a small part of it."""
MAX_IDS = 16 << 20
"""The most characters that the ids of all tensors may have."""
MAX_DEPTH = 400
"""How deep frames may lie inside each other; Python's own limit lets no layer come so far."""

_LONGEST = 15
_BLANK = np.empty(0)
_Item = TypeVar("_Item")


@dataclass(frozen=True, eq=False)
class TraceColumns:
    """A trace. Columns whose names begin alike are equally long.

    Attributes:
        trace: it, without tensors and frames.
        parts: for each of `PARTS`, the numbers of its tensors.
        tensors: rows; the id without the number at its end, no value.
        tensor_row, tensor_number, tensor_value: of every tensor its row, the number at the end of its id (-1: none),
            and its array.
        frames: rows, without source, steps and children.
        frame_row, frame_source, frame_parent, frame_steps, frame_from: of every frame, parents before children, its
            row, the number of its source, the number of its parent (-1: none), how many of the steps are its own, and
            `called_from`.
        sources: the texts of functions.
        steps: rows, without values and operands.
        step_row, step_values, step_operands: of every step, frame by frame, its row, and how many of the values and
            operands are its own.
        values: numbers of tensors, step by step.
        operands: rows, without tensors.
        operand_row, operand_ids: of every operand, step by step, its row and the number of its ids.
        ids: what operands call their tensors, all those of one operand together.
    """

    trace: Trace
    parts: Mapping[str, tuple[int, ...]]
    tensors: tuple[Tensor, ...]
    tensor_row: tuple[int, ...]
    tensor_number: tuple[int, ...]
    tensor_value: tuple[np.ndarray, ...]
    frames: tuple[Frame, ...]
    frame_row: tuple[int, ...]
    frame_source: tuple[int, ...]
    frame_parent: tuple[int, ...]
    frame_steps: tuple[int, ...]
    frame_from: tuple[int, ...]
    sources: tuple[str, ...]
    steps: tuple[Step, ...]
    step_row: tuple[int, ...]
    step_values: tuple[int, ...]
    step_operands: tuple[int, ...]
    values: tuple[int, ...]
    operands: tuple[Operand, ...]
    operand_row: tuple[int, ...]
    operand_ids: tuple[int, ...]
    ids: tuple[tuple[str, ...], ...]

    def tensor_ids(self) -> list[str]:
        """The id of every tensor."""
        rows = _chosen(self.tensors, self.tensor_row)
        pairs = zip(rows, self.tensor_number, strict=True)
        return [row.id if number < 0 else f"{row.id}{number}" for row, number in pairs]


def columns_of(trace: Trace, carried: Collection[int] | None = None) -> TraceColumns:
    """The columns of a trace.

    Args:
        trace: what to write.
        carried: `id` of every array that travels; all do if None. Steps and others lose the tensors of other arrays.
    """
    writer = _Writer(carried)
    parts = {part: writer.tensors_of(getattr(trace, part)) for part in PARTS}
    for frame in trace.frames:
        writer.frame(frame, -1)
    rest = _with(trace, frames=(), **dict.fromkeys(PARTS, ()))
    return TraceColumns(
        trace=rest,
        parts=parts,
        sources=tuple(writer.sources),
        ids=tuple(writer.ids),
        **{name: tuple(table.rows) for name, table in writer.tables.items()},
        **{name: tuple(column) for name, column in writer.columns.items()},
    )


def trace_of(columns: TraceColumns) -> Trace:
    """The trace that `columns_of` was given. Shared tensors are shared again.

    Raises:
        ValueError, KeyError: if columns contradict each other, or point to what is not there.
    """
    items = (columns.tensor_row, columns.frame_row, columns.step_row, columns.operand_row)
    rows = _chosen(columns.tensors, columns.tensor_row)
    if max(map(len, items)) > MAX_ITEMS or sum(len(row.id) for row in rows) > MAX_IDS:
        raise ValueError("Expected fewer items, or shorter ids.")
    made = zip(rows, columns.tensor_ids(), columns.tensor_value, strict=True)
    tensors = [_with(row, id=tensor_id, value=value) for row, tensor_id, value in made]
    parts = {part: _chosen(tensors, columns.parts[part]) for part in PARTS}
    return _with(columns.trace, frames=_frames(columns, _steps(columns, tensors)), **parts)


class _Table(Generic[_Item]):
    """Distinct rows, numbered in order of arrival. A row is an item with nothing in the fields that have columns."""

    def __init__(self, kind: type[_Item], **blank: Any) -> None:
        names = [field.name for field in dataclasses.fields(kind) if field.name not in blank]  # type: ignore[arg-type]
        self.key, self.blank = operator.attrgetter(*names), blank
        self.numbers: dict[Any, int] = {}
        self.rows: list[_Item] = []

    def number(self, item: _Item, **kept: Any) -> int:
        key = (*self.key(item), *kept.values())
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.rows)
            self.rows.append(_with(item, **self.blank | kept))
        return number


class _Writer:
    def __init__(self, carried: Collection[int] | None) -> None:
        self.carried = carried
        self.tables: dict[str, _Table[Any]] = {
            "tensors": _Table(Tensor, id="", value=_BLANK),
            "frames": _Table(Frame, source="", steps=(), children=(), called_from=0),
            "steps": _Table(Step, values=(), operands=()),
            "operands": _Table(Operand, tensors=()),
        }
        others = {*self.tables, "trace", "parts", "sources", "ids"}
        names = [field.name for field in dataclasses.fields(TraceColumns) if field.name not in others]
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self.sources: dict[str, int] = {}
        self.ids: dict[tuple[str, ...], int] = {}
        self.known: dict[int, int] = {}

    def tensor(self, tensor: Tensor) -> int:
        number = self.known.get(id(tensor))
        if number is None:
            number = self.known[id(tensor)] = len(self.known)
            start, last = _parted(tensor.id)
            self.columns["tensor_row"].append(self.tables["tensors"].number(tensor, id=start))
            self.columns["tensor_number"].append(last)
            self.columns["tensor_value"].append(tensor.value)
        return number

    def tensors_of(self, tensors: Sequence[Tensor]) -> tuple[int, ...]:
        carried = self.carried
        return tuple([self.tensor(one) for one in tensors if carried is None or id(one.value) in carried])

    def frame(self, frame: Frame, parent: int) -> None:
        columns, tables, number = self.columns, self.tables, len(self.columns["frame_row"])
        columns["frame_row"].append(tables["frames"].number(frame))
        columns["frame_source"].append(self.sources.setdefault(frame.source, len(self.sources)))
        columns["frame_parent"].append(parent)
        columns["frame_steps"].append(len(frame.steps))
        columns["frame_from"].append(frame.called_from)
        for step in frame.steps:
            values = self.tensors_of(step.values)
            columns["step_row"].append(tables["steps"].number(step))
            columns["step_values"].append(len(values))
            columns["step_operands"].append(len(step.operands))
            columns["values"] += values
            for operand in step.operands:
                columns["operand_row"].append(tables["operands"].number(operand))
                columns["operand_ids"].append(self.ids.setdefault(operand.tensors, len(self.ids)))
        for child in frame.children:
            self.frame(child, number)


def _steps(columns: TraceColumns, tensors: Sequence[Tensor]) -> tuple[Step, ...]:
    for step in columns.steps:
        if min(step.line, step.column, step.end_line, step.end_column) < 0:
            raise ValueError("A step lies before its source.")
    named = zip(_chosen(columns.operands, columns.operand_row), _chosen(columns.ids, columns.operand_ids), strict=True)
    operands = _cut(tuple([_with(row, tensors=ids) for row, ids in named]), columns.step_operands)
    values = _cut(_chosen(tensors, columns.values), columns.step_values)
    made = zip(_chosen(columns.steps, columns.step_row), values, operands, strict=True)
    return tuple([_with(row, values=own, operands=given) for row, own, given in made])


def _frames(columns: TraceColumns, steps: tuple[Step, ...]) -> tuple[Frame, ...]:
    if min((*columns.frame_from, *(frame.first_line for frame in columns.frames)), default=0) < 0:
        raise ValueError("A frame lies before its source, or before its parent.")
    rows, sources = _chosen(columns.frames, columns.frame_row), _chosen(columns.sources, columns.frame_source)
    own_steps, parents = _cut(steps, columns.frame_steps), columns.frame_parent
    found = list(zip(rows, sources, parents, own_steps, columns.frame_from, strict=True))
    depths = [0]
    for number, parent in enumerate(parents):
        if not -1 <= parent < number or depths[parent + 1] >= MAX_DEPTH:
            raise ValueError("A frame lies too deep, or comes before its parent.")
        depths.append(depths[parent + 1] + 1)
    children: list[list[Frame]] = [[] for _ in depths]  # the first list is the top level's
    while found:  # a child comes after its parent, so children are made first
        row, source, parent, own, called_from = found.pop()
        inside = tuple(reversed(children[len(found) + 1]))
        frame = _with(row, source=source, steps=own, children=inside, called_from=called_from)
        children[parent + 1].append(frame)
    return tuple(reversed(children[0]))


def _parted(tensor_id: str) -> tuple[str, int]:
    """An id without the number at its end, and that number; -1 where there is none."""
    start = tensor_id.rstrip("0123456789")
    digits = tensor_id[len(start) :]
    if not digits or len(digits) > _LONGEST or digits[0] == "0" != digits:
        return tensor_id, -1
    return start, int(digits)


def _chosen(items: Sequence[_Item], numbers: Sequence[int]) -> tuple[_Item, ...]:
    """The items of these numbers."""
    if numbers and not (min(numbers) >= 0 and max(numbers) < len(items)):
        raise ValueError(f"Expected numbers from 0 to {len(items) - 1}. Received: {min(numbers)}, {max(numbers)}")
    return tuple(map(items.__getitem__, numbers))


def _cut(items: tuple[_Item, ...], lengths: Sequence[int]) -> list[tuple[_Item, ...]]:
    """The items, cut into pieces of these lengths."""
    if min(lengths, default=0) < 0 or sum(lengths) != len(items):
        raise ValueError(f"Expected {len(items)} in all. Received: {sum(lengths)}")
    return [items[end - length : end] for end, length in zip(accumulate(lengths), lengths, strict=True)]


def _with(item: _Item, **changes: Any) -> _Item:
    """As `dataclasses.replace` does, at a tenth of its cost: a trace has thousands of items."""
    made = object.__new__(type(item))
    made.__dict__.update(item.__dict__)
    made.__dict__.update(changes)
    return made
