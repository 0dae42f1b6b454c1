"""Where nothing is computed: a name is set, a list is made, a call was opened in a frame of its own."""

from __future__ import annotations

from collections.abc import Iterator

from explorer.arithmetic.bits import equal_bits, same_bits
from explorer.arithmetic.case import Case, atlas, identity
from explorer.arithmetic.equations import copy_of, scalar
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number
from explorer.model.trace import Frame, Tensor, Trace


def opened_frame(case: Case) -> Explanation:
    """A call whose lines were recorded: the step inside it that gave this very tensor.

    Raises:
        CannotExplain: if it opened no frame, or if no step in there gave this tensor.
    """
    frames = list(_opened_by(case))
    if not frames:
        raise CannotExplain("no explainer knows this operation")
    inside = {tensor.id for frame in frames for step in _all_steps(frame) for tensor in step}
    headline = "{operation} is opened in its own frame; this is {source}."
    for name in reversed(_under_other_names(case)):
        if name in inside:
            return _copied(case, name, "opened in its own frame", headline)
    last = frames[0].steps[-1].values if frames[0].steps else ()
    if len(last) == 1 and equal_bits(last[0], case.tensor):  # what it gave back was made anew on the way out
        return _copied(case, last[0].id, "opened in its own frame", headline)
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
    given = dict.fromkeys(one for operand in case.step.operands for one in operand.tensors)
    alike = [one for one in given if equal_bits(case.find(one), case.tensor)]
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


def is_same(trace: Trace, one: str, other: str) -> bool:
    """Whether two ids are one tensor under two names: the same numbers in the same cells."""
    places = atlas(trace).places
    return equal_bits(places[one].tensor, places[other].tensor)


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
