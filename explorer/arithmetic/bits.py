"""Numbers that unrecorded code brought somewhere: found again by their bits, where only one place has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case, Place, atlas
from explorer.arithmetic.equations import copy_of, scalar
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.printing import shortest
from explorer.model.explanation import COPIES, Explanation, Number
from explorer.model.trace import Message, Operand, Tensor

Found = tuple[Tensor, tuple[int, ...]]


def same_bits(case: Case) -> Explanation:
    """The same tensor, or the same row of one, recorded before: code that was not recorded brought it here.

    Raises:
        CannotExplain: if no tensor before holds these bits, if several do, or if such bits are everywhere.
    """
    value = case.tensor.value
    row = value[case.index[:-1]] if value.ndim else value.reshape(1)
    earlier = list(atlas(case.trace).before(case.tensor.id))
    whole = [(place.tensor, case.index) for place in earlier if equal_bits(place.tensor, case.tensor)]
    for numbers, least, found in (
        (value, 1, iter(whole)),
        (value, _EVIDENCE, _in_series(case, earlier)),
        (row, _EVIDENCE, _rows_with(row, case, earlier)),
    ):
        if _evidence(numbers) >= least and (source := _only_one(case, list(found))):
            return _brought(case, *source)
    raise CannotExplain("where its numbers were taken from was not recorded")


def _in_series(case: Case, earlier: list[Place]) -> Iterator[Found]:
    """Where one place of the source gave, turn after turn, what lies side by side in this tensor."""
    value = case.tensor.value
    series: dict[Any, list[Tensor]] = {}
    for place in earlier:
        if place.step is not None and place.frame is not None and place.tensor.value.ndim == value.ndim - 1:
            site = (place.frame.function, place.step.line, place.step.column, place.step.text, place.position)
            series.setdefault(site, []).append(place.tensor)
    for tensors in series.values():
        for axis, size in enumerate(value.shape):
            for turns in (tensors[-size:], tensors[-size:][::-1]) if 1 < size <= len(tensors) else ():
                turn = _turn(case, turns, axis)
                if turn is not None:
                    yield turns[turn], (*case.index[:axis], *case.index[axis + 1 :])


def _turn(case: Case, turns: Sequence[Tensor], axis: int) -> int | None:
    """Which turn this cell is from, if every slice is its turn's, the one before it (a mask keeps it), or all 0."""
    entry = case.index[0] if axis else ...
    slices = np.moveaxis(case.tensor.value, axis, 0)
    sources: list[int | None] = []
    for k, turn in enumerate(turns):
        part = slices[k][entry]
        if turn.value.shape == slices[k].shape and _equal(np.asarray(turn.value[entry]), np.asarray(part)):
            sources.append(k)
        elif k and sources[-1] is not None and np.array_equal(part, slices[k - 1][entry]):
            sources.append(sources[-1])
        elif not np.any(part):
            sources.append(None)
        else:
            return None
    return sources[case.index[axis]]


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _rows_with(row: np.ndarray, case: Case, earlier: list[Place]) -> Iterator[Found]:
    """Every cell that stands in such a row as this one in its own."""
    last = case.index[-1] if case.index else 0
    for place in earlier:
        other = place.tensor.value
        if other.dtype != row.dtype or not other.ndim or other.shape[-1] != row.size:
            continue
        hits = np.flatnonzero((other.reshape(-1, row.size) == row).all(axis=1))
        yield from ((place.tensor, (*map(int, np.unravel_index(k, other.shape[:-1])), last)) for k in hits)


def _evidence(numbers: np.ndarray) -> int:
    """How little of an accident equal bits are: numbers such as 0, 1 and other small whole ones are everywhere."""
    if numbers.dtype.kind not in "fiu":
        return _EVIDENCE * (numbers.dtype.kind in "OUS") * numbers.size
    with np.errstate(all="ignore"):
        finite = np.isfinite(numbers)
        broken, rare = (finite & (numbers * n != np.floor(numbers * n)) for n in (1, 64))
    return int(broken.sum()) + 2 * int(rare.sum()) + int((finite & (np.abs(numbers) > 1)).sum())


_EVIDENCE = 3
"""So much is needed where only a part of a tensor is alike."""
_MOST_PLACES = 24
"""Among so many places with equal bits it is looked whether all but one are copies."""


def _only_one(case: Case, found: list[Found]) -> Found | None:
    """The latest of them, if all are one cell handed on; None if they are several that happen to be equal.

    What is computed twice from the same numbers counts once. If there are still several, those that no name and no
    last line could carry out of their frame are left out.
    """
    for places in (found, [one for one in found if _leaves_its_frame(case, one[0])]):
        if 0 < len(places) <= _MOST_PLACES and len({_origin(case, tensor.id, cell) for tensor, cell in places}) == 1:
            return places[-1]
    return None


def _leaves_its_frame(case: Case, tensor: Tensor) -> bool:
    place = atlas(case.trace).places[tensor.id]
    if place.step is None or place.frame is None or place.frame is case.place.frame:
        return True
    return bool(place.step.target) or place.step.end_line == place.frame.steps[-1].end_line


def _origin(case: Case, tensor: str, cell: tuple[int, ...]) -> tuple[Any, ...]:
    """Where a number that was only handed on comes from, as what was computed there from which numbers."""
    from explorer.arithmetic.entry import explain

    found = explain(case.trace, tensor, cell)
    number = next((t.factors[0] for t in found.terms if t.marked), None) if found.form in COPIES else None
    if number is not None and number.tensor and number.tensor != tensor:
        return _origin(case, number.tensor, number.index)
    place = atlas(case.trace).places[tensor]
    if place.step is None or not place.step.operands:
        return tensor, cell
    given = tuple(_contents(case, operand) for operand in place.step.operands)
    return place.step.text, place.step.line, place.position, given, cell


def _contents(case: Case, operand: Operand) -> tuple[Any, ...]:
    held = (case.find(name) for name in operand.tensors)
    return (operand.text, *((one.dtype, one.value.shape, one.value.tobytes()) for one in held))


def equal_bits(one: Tensor, other: Tensor) -> bool:
    """Whether two recorded tensors hold the same bits."""
    if one.dtype != other.dtype or one.value.shape != other.value.shape:
        return False
    if one.value.dtype == object:
        return bool((one.value == other.value).all())
    return one.value.tobytes() == other.value.tobytes()


def _brought(case: Case, source: Tensor, cell: tuple[int, ...]) -> Explanation:
    value = scalar(source.value[cell])
    number = Number(value, shortest(value, case.dtype), source.id, cell)
    note = Message("Found by its bits: the code that brought the number here was not recorded.")
    result = copy_of("same number from", number, case.value, case.dtype)
    return case.answer("The same number as in {source}.", result, notes=(note,), source=source.id)
