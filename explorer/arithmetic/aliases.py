"""Where nothing is computed: a name is set, a list is made, a call was opened in a frame of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer.arithmetic.case import Case, Place, atlas, identity
from explorer.arithmetic.equations import copy_of, scalar
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.explanation import COPIES, Explanation, Number
from explorer.trace import Frame, Message, Tensor


def opened_frame(case: Case) -> Explanation:
    """A call whose lines were recorded: the step inside it that gave this very tensor.

    Raises:
        CannotExplain: if it opened no frame, or if no step in there gave this tensor.
    """
    frames = list(_opened_by(case))
    if not frames:
        raise CannotExplain("no explainer knows this operation")
    inside = {tensor.id for frame in frames for step in _all_steps(frame) for tensor in step}
    for name in reversed(_under_other_names(case)):
        if name in inside:
            headline = "{operation} is opened in its own frame; this is {source}."
            return _copied(case, name, "opened in its own frame", headline)
    raise CannotExplain("none of the steps inside it gave this tensor")


@explains(
    "",
    "list",
    "tuple",
    "keras.activations.linear",
    "tf.identity",
    "keras.ops.stop_gradient",
    "keras.ops.copy",
    "tf.raw_ops.ReadVariableOp",
    "keras.ops.assign",
)
def same_array(case: Case) -> Explanation:
    """The same tensor under another name, or one that only a copy was made of.

    Raises:
        CannotExplain: if it was not recorded before.
    """
    given = dict.fromkeys(one for operand in case.step.operands for one in operand.tensor.split())
    alike = [one for one in given if _same_bits(case.find(one), case.tensor)]
    if not _under_other_names(case) and len(alike) == 1:
        return _copied(case, alike[0], "same number from", "The same number as in {source}.")
    return other_name(case)


def other_name(case: Case) -> Explanation:
    """The same memory under another name.

    Raises:
        CannotExplain: if it was not recorded before.
    """
    for name in _under_other_names(case):
        return _copied(case, name, "same number from", "The same tensor as {source}.")
    return same_bits(case)


def same_bits(case: Case) -> Explanation:
    """The same tensor, or the same row of one, recorded before: code that was not recorded brought it here.

    Raises:
        CannotExplain: if no tensor before holds these bits, if several do, or if such bits are everywhere.
    """
    value = case.tensor.value
    row = value[case.index[:-1]] if value.ndim else value.reshape(1)
    earlier = list(atlas(case.trace).before(case.tensor.id))
    whole = [(place.tensor, case.index) for place in earlier if _same_bits(place.tensor, case.tensor)]
    if _telling(value) and (source := _only_one(case, whole)):
        return _brought(case, *source)
    if _telling(row) and (source := _only_one(case, list(_rows_with(row, case, earlier)))):
        return _brought(case, *source)
    raise CannotExplain("where its numbers were taken from was not recorded")


def _rows_with(row: np.ndarray, case: Case, earlier: list[Place]) -> Iterator[tuple[Tensor, tuple[int, ...]]]:
    """Every cell that stands in such a row as this one in its own."""
    last = case.index[-1] if case.index else 0
    for place in earlier:
        other = place.tensor.value
        if other.dtype != row.dtype or not other.ndim or other.shape[-1] != row.size:
            continue
        hits = np.flatnonzero((other.reshape(-1, row.size) == row).all(axis=1))
        yield from ((place.tensor, (*map(int, np.unravel_index(k, other.shape[:-1])), last)) for k in hits)


def _telling(numbers: np.ndarray) -> bool:
    """Whether equal bits are no accident: numbers such as 0, 1 and other small whole ones are everywhere."""
    if numbers.dtype.kind not in "fiu" or not numbers.size:
        return numbers.dtype.kind in "OUS" and numbers.size > 0
    with np.errstate(all="ignore"):
        broken = np.isfinite(numbers) & (numbers * 64 != np.floor(numbers * 64))
    return 3 * int(broken.sum()) + int((np.abs(numbers) > 1).sum()) >= _EVIDENCE


_EVIDENCE = 3
_MOST_PLACES = 12
"""Among so many places with equal bits it is looked whether all but one are copies."""


def _only_one(case: Case, found: list[tuple[Tensor, tuple[int, ...]]]) -> tuple[Tensor, tuple[int, ...]] | None:
    """The latest of them, if all are one cell handed on; None if they are several that happen to be equal."""
    if not found or len(found) > _MOST_PLACES:
        return None
    return found[-1] if len({_origin(case, tensor.id, cell) for tensor, cell in found}) == 1 else None


def _origin(case: Case, tensor: str, cell: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Where a number that was only handed on comes from."""
    from explorer.arithmetic.entry import explain

    found = explain(case.trace, tensor, cell)
    number = next((t.factors[0] for t in found.terms if t.marked), None) if found.form in COPIES else None
    if number is None or not number.tensor or number.tensor == tensor:
        return tensor, cell
    return _origin(case, number.tensor, number.index)


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


def _all_steps(frame: Frame) -> Iterator[tuple[Tensor, ...]]:
    for step in frame.steps:
        yield step.values
    for child in frame.children:
        yield from _all_steps(child)
