"""explain(trace, tensor, cell): find what made the tensor, and let the operation's explainer write it down."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import numpy as np

from explorer.arithmetic import equations
from explorer.arithmetic.aliases import opened_frame, other_name
from explorer.arithmetic.bits import same_bits
from explorer.arithmetic.case import Case, Place, atlas, identity
from explorer.arithmetic.operands import CannotExplain, of_tensor
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import Explainer, explainer_of
from explorer.model.explanation import Explanation, Number
from explorer.model.trace import Message, Operand, Trace

_LOG = logging.getLogger(__name__)


def explain(trace: Trace, tensor_id: str, index: tuple[int, ...], shown: int | None = equations.SHOWN) -> Explanation:
    """How one cell came to its number.

    Args:
        trace: what was recorded.
        tensor_id: of any input, weight, mask, step or output.
        index: the cell, as many integers as the tensor has axes, counted from 0.
        shown: how many terms of a long sum to list, the largest; None for all.
    Returns:
        The explanation; its form is "unexplained" where no explainer knows the operation or where it was given
        something that was not recorded.
    Raises:
        KeyError: if the trace has no such tensor.
        IndexError: if the tensor has no such cell.
    """
    place = atlas(trace).places[tensor_id]
    shape = place.tensor.value.shape
    index = tuple(int(i) for i in index)
    if len(index) != len(shape) or any(not 0 <= i < size for i, size in zip(index, shape, strict=True)):
        raise IndexError(f"expected a cell of a tensor of shape {shape}, received {index}")
    if place.step is None:
        return _without_step(trace, place, index)
    case = Case(trace, place, index, shown)
    reasons = []
    for explainer in (explainer_of(case.step.operation), opened_frame, other_name):
        found = _attempt(explainer, case) if explainer else None
        if isinstance(found, Explanation):
            return found
        reasons += [found] if found else []
        if found and found.final:
            break
    if not explainer_of(case.step.operation) and any(ran.startswith("tf.function.") for ran in case.step.ops):
        return _unexplained(case, "TensorFlow has compiled it, and runs it as one operation")
    return _unexplained(case, str(reasons[0]))


def _attempt(explainer: Explainer, case: Case) -> Explanation | CannotExplain:
    """What an explainer says, or why it says nothing. A fault of its own is logged, and never reaches the reader."""
    try:
        with np.errstate(all="ignore"):
            found = explainer(case)
    except CannotExplain as why:
        return why
    except Exception:
        _LOG.exception("%s: its explainer failed at %s%s", case.step.operation, case.tensor.id, case.index)
        return CannotExplain("this program failed to read it, and has noted the fault")
    if not _names_its_cells(case.trace, found):
        return CannotExplain("a number is not the cell that it is said to be")
    if all(equation.holds for equation in (found.result, *found.parts)):
        return found
    return CannotExplain("the numbers that were recorded do not give the recorded result")


def _names_its_cells(trace: Trace, found: Explanation) -> bool:
    """Whether every number that is said to be a cell of a recorded tensor is that cell's number."""
    places = atlas(trace).places
    for equation in (*found.parts, found.result):
        for number in (n for term in equation.terms for n in term.factors if n.tensor):
            there = equations.scalar(places[number.tensor].tensor.value[number.index])
            if number.value != there and not (number.value != number.value and there != there):
                return False
    return True


def _without_step(trace: Trace, place: Place, index: tuple[int, ...]) -> Explanation:
    """Inputs and weights come from outside; an output is what some step gave."""
    tensor = place.tensor
    value = equations.scalar(tensor.value[index])
    if tensor.role == "output" or tensor.id.startswith("mask:out"):
        source = _last_with(trace, tensor.value)
        if source:
            number = Number(value, shortest(value, tensor.dtype), source, index)
            return Explanation(
                tensor.id,
                index,
                "",
                Message("The number of {source}.", {"source": source}),
                equations.copy_of("same number from", number, value, tensor.dtype),
                depends=(source,),
                printed=number.printed,
            )
    if tensor.id.startswith("other:"):
        found = _attempt(same_bits, Case(trace, place, index))
        if isinstance(found, Explanation):
            return found
    text = {
        "input": "A number of the input.",
        "weight": "A number of a weight, as it was before the call.",
        "mask": "The mask that came with the input.",
    }.get(tensor.role, "Where it comes from was not recorded.")
    form = "given" if tensor.role in ("input", "weight", "mask") else "unexplained"
    origin = equations.origin_of(form, value, tensor.dtype)
    return Explanation(tensor.id, index, "", Message(text), origin, printed=origin.printed)


def _last_with(trace: Trace, array: np.ndarray) -> str:
    """The id under which the array was last recorded; by identity, or else by its bits."""
    known = atlas(trace)
    found = known.by_array.get(identity(array), [])
    if found:
        return found[-1]
    for name, place in reversed(known.places.items()):
        other = place.tensor.value
        if place.tensor.role in ("output", "mask") or other.shape != array.shape or other.dtype != array.dtype:
            continue
        if array.dtype != object and other.tobytes() == array.tobytes():
            return name
    return ""


def _unexplained(case: Case, reason: str) -> Explanation:
    """What an operation without an explainer was given: a link to each cell that stands in the same place."""
    operands = [f"{o.name}={_told(o)}" if o.name else _told(o) for o in case.step.operands]
    return case.answer(
        "{operation} is not explained cell by cell. It was given: {operands}.",
        equations.origin_of("unexplained", case.value, case.dtype, list(_in_the_same_place(case))),
        notes=(Message("Why: {reason}.", {"reason": reason}),),
        operation=case.step.operation or case.step.text,
        operands=", ".join(operands) or "-",
    )


def _told(operand: Operand) -> str:
    return operand.text if operand.text and not operand.tensors else " ".join(operand.tensors)


def _in_the_same_place(case: Case) -> Iterator[Number]:
    """Of every recorded operand of the same shape, or one that broadcasts to it, the cell in the same place."""
    for operand in case.step.operands:
        for name in operand.tensors:
            with contextlib.suppress(CannotExplain, ValueError, IndexError):
                given = of_tensor(case.find(name))
                if np.broadcast_shapes(given.array.shape, case.tensor.value.shape) == case.tensor.value.shape:
                    yield given.number(given.index_for(case.index), name=operand.name)
