"""Where nothing is computed: a name is set, a list is made, a call was opened in a frame of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.arithmetic.case import Case, atlas, identity
from explorer.arithmetic.equations import copy_of, scalar
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.explanation import Explanation, Number
from explorer.trace import Frame, Message, Tensor, Trace


def opened_frame(case: Case) -> Explanation:
    """A call whose lines were recorded: the step inside it that gave this very tensor.

    Raises:
        CannotExplain: if it opened no frame, or if no step in there gave this tensor.
    """
    inside = set()
    for frame in _opened_by(case):
        inside |= {tensor.id for step in _all_steps(frame) for tensor in step}
    for name in reversed(_under_other_names(case)):
        if name in inside:
            headline = "{operation} is opened in its own frame; this is {source}."
            return _copied(case, name, "opened in its own frame", headline)
    raise CannotExplain("it opened no frame that gave this tensor")


@explains(
    "",
    "list",
    "tuple",
    "keras.activations.linear",
    "tf.identity",
    "keras.ops.identity",
    "keras.ops.stop_gradient",
    "keras.ops.copy",
    "tf.raw_ops.ReadVariableOp",
)
def same_array(case: Case) -> Explanation:
    """The same tensor under another name.

    Raises:
        CannotExplain: if it was not recorded before.
    """
    for name in _under_other_names(case):
        return _copied(case, name, "same number from", "The same tensor as {source}.")
    for operand in case.step.operands:
        if operand.tensor and " " not in operand.tensor and _same_bits(case.find(operand.tensor), case.tensor):
            return _copied(case, operand.tensor, "same number from", "The same number as in {source}.")
    return same_bits(case)


def same_bits(case: Case) -> Explanation:
    """The same tensor, or the same row of one, recorded before: code that was not recorded brought it here.

    Raises:
        CannotExplain: if no tensor before holds these bits.
    """
    earlier = list(atlas(case.trace).before(case.tensor.id))
    for place in reversed(earlier):
        if _same_bits(place.tensor, case.tensor):
            return _brought(case, place.tensor, case.index)
    value = case.tensor.value
    row = value[case.index[:-1]] if value.ndim else value.reshape(1)
    if row.size == 1 and row.ravel()[0] in (
        0,
        1,
        -1,
    ):  # such numbers are everywhere: look in the call's own frames only
        inside = {tensor.id for frame in _opened_before(case) for step in _all_steps(frame) for tensor in step}
        earlier = [place for place in earlier if place.tensor.id in inside]
    for place in reversed(earlier):
        other = place.tensor.value
        if not row.size or other.dtype != value.dtype or not other.ndim or other.shape[-1] != row.size:
            continue
        rows = other.reshape(-1, row.size)
        hits = np.flatnonzero((rows == row).all(axis=1))
        if len(hits):
            last = case.index[-1] if value.ndim else 0
            cells = [(*map(int, np.unravel_index(hit, other.shape[:-1])), last) for hit in hits]
            same_entry = [cell for cell in cells if case.index and cell[0] == case.index[0]]
            return _brought(case, place.tensor, (same_entry or cells)[-1])
    raise CannotExplain("the tensor was not recorded before it got this name")


def is_same(trace: Trace, one: str, other: str) -> bool:
    """Whether two ids are one tensor under two names: the same numbers in the same cells."""
    places = atlas(trace).places
    return _same_bits(places[one].tensor, places[other].tensor)


def _same_bits(one: Tensor, other: Tensor) -> bool:
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


def _under_other_names(case: Case) -> list[str]:
    """Ids under which this very array was recorded before, in order."""
    known = atlas(case.trace)
    names = known.by_array[identity(case.tensor.value)]
    return names[: names.index(case.tensor.id)]


def _copied(case: Case, source: str, form: str, headline: str) -> Explanation:
    value = scalar(case.find(source).value[case.index])
    number = Number(value, shortest(value, case.dtype), source, case.index)
    result = copy_of(form, number, case.value, case.dtype)
    return case.answer(headline, result, source=source, operation=case.step.operation)


def _opened_by(case: Case) -> Iterator[Frame]:
    """The frames that this step's call opened, the latest first."""
    frame = case.place.frame
    for child in reversed(frame.children if frame else ()):
        if child.called_from == case.place.number:
            yield child


def _opened_before(case: Case) -> Iterator[Frame]:
    """The frames that this frame had opened by then."""
    frame = case.place.frame
    for child in frame.children if frame else ():
        if child.called_from <= case.place.number:
            yield child


def _all_steps(frame: Frame) -> Iterator[tuple[Tensor, ...]]:
    for step in frame.steps:
        yield step.values
    for child in frame.children:
        yield from _all_steps(child)
