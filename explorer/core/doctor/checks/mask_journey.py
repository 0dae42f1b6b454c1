"""The way of a mask through the layer: that it arrives, that padding does not count, and that what leaves it fits."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from explorer.core.calling import instead_of_call
from explorer.core.doctor.blame import is_keras, method_place
from explorer.core.doctor.checks.masks import refused
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.finite import any_nan
from explorer.core.doctor.hunting.first_step import first_bad_gradient, first_bad_value
from explorer.core.doctor.hunting.masked import changed_cell, mask_for, smallest_leak, tried
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Seen, Trials
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.keras_private import mask_of, parts_of
from explorer.model.counterexample import TOLERANCE, Cell
from explorer.model.trace import Message

LONGER = (1, 3)
"""By how many steps sequences are made longer."""
_NO_STEPS = Message("Its input has no axis of steps that could be masked.")


def _masked(patient: Patient) -> tuple[Trials, Case, list[int]]:
    """Inputs that could be masked, for a layer that claims to handle masks, and their places.

    Raises:
        NotApplicable: for any other layer.
    """
    layer = patient.subject
    trials = Trials(patient)
    base = trials.base(seed=2)
    places = [i for i in trials.steps(base) if base.arrays[i].shape[1] > 1]
    if not places:
        raise NotApplicable(_NO_STEPS)
    if not (layer.supports_masking or _mask_arguments(layer)):
        raise NotApplicable(
            Message("It does not claim to handle masks (supports_masking is False): Keras drops the mask and warns.")
        )
    return trials, base, places


def _mask_arguments(layer: Any) -> list[str]:
    """The masks that Keras would give to its call: "mask", "query_mask"."""
    try:
        names = list(inspect.signature(layer.call).parameters)
    except (TypeError, ValueError):
        return []
    return [n for n in names if n == "mask" or (n.endswith("_mask") and n.removesuffix("_mask") in names)]


def _first_masked(trials: Trials, base: Case, places: list[int]) -> Case:
    """The last third of the steps of the first input masked."""
    return base.with_mask(places[0], mask_for(base.arrays[places[0]]))


def _all_masked(case: Case, places: list[int]) -> Case:
    """The last third of the steps of each input masked."""
    for place in places:
        case = case.with_mask(place, mask_for(case.arrays[place]))
    return case


@check(
    Message("A mask arrives where the call takes one"),
    Message("Every input got a mask, as from an Embedding, and it was noted which masks the call was given."),
    Message("A mask for each of the call's mask arguments."),
    Message("A call that waits for a mask that never comes treats padding as data, and nobody notices."),
    after=("returns_tensors",),
    stage=HUNT,
)
def masks_arrive(patient: Patient) -> Verdict:
    """With several tensor arguments Keras fills "a_mask" and "b_mask", and never "mask"."""
    layer = patient.copy()
    wanted = _mask_arguments(layer)
    trials = Trials(patient)
    base = trials.base(seed=2)
    places = trials.steps(base)
    if not wanted or not places:
        raise NotApplicable(Message("Its call takes no mask."))
    case = _all_masked(base, places)
    got: dict[str, Any] = {}
    original = layer.call

    @functools.wraps(original)
    def observed(*arguments: Any, **keywords: Any) -> Any:
        got.update(inspect.signature(original).bind_partial(*arguments, **keywords).arguments)
        got.update(got.pop("kwargs", {}))
        return original(*arguments, **keywords)

    arguments, keywords = patient.arranged(trials.tensors(case), layer)
    try:
        with instead_of_call(layer, observed):
            layer(*arguments, **keywords)
    except Exception as error:
        return refused(patient, error, trials.tensors(base))
    arrived = [name for name in wanted if got.get(name) is not None]
    missing = [name for name in wanted if name not in arrived and _was_sent(got.get(name.removesuffix("_mask")))]
    if "mask" in wanted and "mask" not in arrived and len(patient.tensors) > 1:
        return _never(patient, got, original)
    if missing:
        seen = Message("The inputs carried masks, and {names} did not come.", {"names": ", ".join(missing)})
        return advice(seen, "mask_never_arrives", place=method_place(patient.known, "call"))
    if not arrived:
        raise NotApplicable(Message("No input that a mask of its call belongs to has an axis of steps."))
    return passed(Message("The call was given {names}.", {"names": ", ".join(arrived)}))


def _was_sent(value: Any) -> bool:
    """Whether any tensor of an argument carries a mask."""
    return any(mask_of(leaf) is not None for leaf in keras.tree.flatten(value))


def _never(patient: Patient, got: dict[str, Any], original: Any) -> Verdict:
    taken = [n for n, p in inspect.signature(original).parameters.items() if n in got and p.default is p.empty]
    names = ", ".join(f"{name}_mask" for name in taken) or "x_mask"
    seen = Message(
        "The inputs carried masks, and mask was None: of a call with several tensors Keras fills {names} only.",
        {"names": names},
    )
    return failed(seen, "mask_never_arrives", place=method_place(patient.known, "call"))


@check(
    Message("The mask of the output fits the output"),
    Message(
        "The first input was masked, in sequences of the given length and longer ones; the mask that left was measured."
    ),
    Message("A mask with the first axes of its output, or none."),
    Message("The next layer that reads the mask fails on its shape, or masks the wrong steps."),
    after=("returns_tensors",),
    stage=HUNT,
)
def mask_fits(patient: Patient) -> Verdict:
    """An output that is shorter than its input, or has no steps at all, with the mask of the input."""
    trials, base, places = _masked(patient)
    place = places[0]
    masked = _first_masked(trials, base, places)
    told = 0
    for case in (masked, *(_longer(masked, place, more) for more in LONGER)):
        try:
            seen = trials.see(case)
        except Exception as error:
            if case is masked:  # longer sequences may be refused for another reason
                return refused(patient, error, trials.tensors(base))
            continue
        told += any(mask is not None for mask in seen.masks)
        if _misfit(seen):
            small = shrunk(case, lambda one: _misfit(tried(trials, one)) is not None)
            output, mask = _misfit(tried(trials, small)) or _misfit(seen) or ("", "")
            what = Message(
                "An output of shape {output} left with a mask of shape {mask}.", {"output": output, "mask": mask}
            )
            line = method_place(patient.known, "compute_mask") or method_place(patient.known, "call")
            return failed(
                what, "mask_of_another_shape", place=line, counterexample=trials.told("mask fits", what, [small])
            )
    return passed(Message("Each mask fits its output.") if told else Message("No mask leaves."))


def _misfit(seen: Seen | None) -> tuple[str, str] | None:
    for output, mask in zip(seen.outputs, seen.masks, strict=True) if seen is not None else ():
        if mask is not None and output.shape[: mask.ndim] != mask.shape:
            return str(output.shape), str(mask.shape)
    return None


@check(
    Message("A sequence that is all padding gives numbers"),
    Message("Every step of one sample was masked; outputs and gradients were searched for NaN and infinity."),
    Message("Finite numbers, whatever they are."),
    Message("A batch with one empty sequence makes the loss NaN, and after one step every weight."),
    after=("finite", "finite_gradients"),
    stage=HUNT,
)
def all_masked(patient: Patient) -> Verdict:
    """A softmax over minus infinity only, a mean over no steps."""
    trials, base, places = _masked(patient)
    place = places[0]
    mask = np.ones(base.arrays[place].shape[:2], bool)
    usual = tried(trials, base.with_mask(place, mask), gradients=True)
    mask = mask.copy()
    mask[0] = False
    case = base.with_mask(place, mask)
    try:
        seen = trials.see(case, gradients=True)
    except Exception as error:
        return refused(patient, error, trials.tensors(base))
    if usual is None:
        raise NotApplicable(Message("Its mask is not one of steps: (batch, time) does not fit."))
    if not (usual.finite and usual.finite_gradients):
        raise NotApplicable(Message("Its numbers are not finite without masked steps, either."))
    if seen.finite and seen.finite_gradients:
        return passed(Message("Outputs and gradients are finite."))
    forwards = not seen.finite
    breaks = functools.partial(_not_finite, trials, forwards)
    small = shrunk(case, breaks)
    blamed = (first_bad_value if forwards else first_bad_gradient)(trials, small)
    what = (
        Message("The output is NaN or infinite where a whole sequence is masked.")
        if forwards
        else Message("A gradient is NaN or infinite where a whole sequence is masked.")
    )
    text = (
        what
        if blamed is None
        else Message("{seen} The first step to blame is {step}.", {"seen": what, "step": blamed.text})
    )
    return (advice if is_keras(patient.known) else failed)(  # nobody can mend one of Keras's own
        text,
        "all_masked",
        place=blamed.place if blamed is not None else method_place(patient.known, "call"),
        counterexample=trials.told("finite" if forwards else "finite gradient", what, [small]),
    )


def _not_finite(trials: Trials, forwards: bool, case: Case) -> bool:
    seen = tried(trials, case, gradients=not forwards)
    return seen is not None and (any_nan(seen) if forwards else seen.finite and not seen.finite_gradients)


@check(
    Message("Padding may be added"),
    Message("Masked steps were added at the end of sequences; numbers of several signs were tried."),
    Message("The output of the steps that were there before stays the same."),
    Message("How long the padding is depends on the other sequences of the batch; a result must not depend on it."),
    after=("masked_steps", "all_masked", "masks_arrive", "every_mask"),
    stage=HUNT,
)
def padding_added(patient: Patient) -> Verdict:
    """A mean that divides by all steps, a maximum that sees the zeros of the padding."""
    if (
        patient.outcomes.get("masked_steps") not in ("passed", "advice")
        or patient.outcomes.get("every_mask") == "advice"
    ):
        raise NotApplicable(Message("Masked steps count already where none is added."))
    trials, base, places = _masked(patient)
    place = places[0]
    called = 0
    for number, case in enumerate(_signs(trials, base, place)):
        short = case  # padding that is there already would hide what is added
        for each in places:
            short = short.with_mask(each, np.ones(case.arrays[each].shape[:2], bool))
        for more in LONGER[-1:] if number else LONGER:
            before, after = tried(trials, short), tried(trials, _longer(short, place, more))
            if before is None or after is None:
                continue
            called += 1
            if _other_cell(before, after, short.masks[place]) is None:
                continue
            if patient.normalises([trials.tensors(short)[i] for i in range(len(short.arrays))]):
                return by_design(Message("It divides by statistics of the whole sample, all steps together."))
            return _padding_counts(patient, trials, short, place, more)
    if not called:
        raise NotApplicable(Message("It takes sequences of one length only."))
    return passed(Message("Added padding changed nothing."))


def _padding_counts(patient: Patient, trials: Trials, short: Case, place: int, more: int) -> Verdict:
    def cell(case: Case) -> tuple[Cell, Cell] | None:
        mask = case.masks[place]
        before, after = tried(trials, case), tried(trials, _longer(case, place, more))
        if mask is None or not mask.any(axis=1).all() or before is None or after is None:
            return None
        return _other_cell(before, after, mask)

    small = shrunk(short, lambda case: cell(case) is not None)
    cells = cell(small)
    if cells is None:
        small, cells = short, cell(short)
    if cells is None:
        raise NotApplicable(Message("It could not be repeated."))
    longer = _longer(small, place, more)
    before, after = (tried(trials, case) for case in (small, longer))
    numbers = [
        f"{float(seen.outputs[c.output][c.index]):.6g}"
        for seen, c in zip((before, after), cells, strict=True)
        if seen is not None
    ]
    what = Message(
        "With {more} masked steps more, output {cell} changed from {before} to {after}.",
        {"more": more, "cell": str(list(cells[0].index)), "before": numbers[0], "after": numbers[1]},
    )
    return failed(
        what,
        "padding_counts",
        place=method_place(patient.known, "call"),
        counterexample=trials.told("equal", what, [small, longer], cells),
    )


@check(
    Message("Ids of padding do not count"),
    Message("A layer inside it masks the id 0 (mask_zero); zeros were added at the end of sequences."),
    Message("The output of the steps that were there before stays the same."),
    Message("The embedding makes a mask, and what follows must use it: a plain mean or maximum does not."),
    after=("all_masked",),
    stage=HUNT,
)
def padding_ids(patient: Patient) -> Verdict:
    """A mean over the vectors of padded ids, a recurrent layer behind an operation that lost the mask."""
    trials = Trials(patient)
    base = trials.base(seed=2)
    parts = parts_of(patient.subject, itself=False)
    ids = [i for i, x in enumerate(base.arrays) if x.ndim == 2 and x.dtype.kind in "iu" and x.shape[1] > 1]
    if not ids or not any(getattr(part, "mask_zero", False) for part in parts):
        raise NotApplicable(Message("No layer inside it masks ids."))
    place = ids[0]
    other = int(max(1, trials.ranges[place][1]))
    short = base.with_array(place, np.where(base.arrays[place] == 0, other, base.arrays[place]))

    def cells(case: Case) -> tuple[Cell, Cell] | None:
        if (case.arrays[place] == 0).any():
            return None
        before, after = tried(trials, case), tried(trials, _padded(case, place))
        kept = np.ones(case.arrays[place].shape, bool)
        return None if before is None or after is None else _other_cell(before, after, kept)

    if tried(trials, _padded(short, place)) is None:
        raise NotApplicable(Message("It takes sequences of one length only."))
    if cells(short) is None:
        return passed(Message("Added padding changed nothing."))
    small = shrunk(short, lambda case: cells(case) is not None)
    what = Message("Two ids of padding at the end of a sequence changed the output.")
    told = trials.told("equal", what, [small, _padded(small, place)], cells(small) or ())
    return failed(what, "padding_counts", place=method_place(patient.known, "call"), counterexample=told)


def _padded(case: Case, place: int) -> Case:
    array = case.arrays[place]
    return case.with_array(place, np.concatenate([array, np.zeros_like(array[:, :1]), np.zeros_like(array[:, :1])], 1))


@check(
    Message("The mask of every input counts"),
    Message("Each further input was masked in turn, and its masked steps were changed."),
    Message("The output stays the same, wherever its own mask is true."),
    Message("A layer of two sequences that uses the mask of one only takes the other's padding for data."),
    after=("masked_steps", "masks_arrive"),
    stage=HUNT,
)
def every_mask(patient: Patient) -> Verdict:
    """The second, third ... input of a layer whose first one's mask counts."""
    trials, base, places = _masked(patient)
    if len(places) < 2:
        raise NotApplicable(Message("Only one of its inputs has an axis of steps."))
    if patient.outcomes.get("masked_steps") != "passed":
        raise NotApplicable(Message("The mask of its first input does not count, either."))
    case = _all_masked(base, places)
    try:
        trials.see(case)
    except Exception as error:
        return refused(patient, error, trials.tensors(base))
    for place in places[1:]:
        if changed_cell(trials, case, place) is None:
            continue
        parts = parts_of(patient.subject, itself=False)
        if parts and not patient.subject.supports_masking and not any(part.supports_masking for part in parts):
            return by_design(Message("It hands the mask to its parts, and none of them claims to handle masks."))
        what = Message("Changing masked steps of input {number} changed the output.", {"number": place})
        found = smallest_leak(trials, case, place, what)
        return advice(what, "mask_leak", place=method_place(patient.known, "call"), counterexample=found)
    return passed(Message("Masked steps count in no input."))


# -- cases
def _longer(case: Case, place: int, more: int) -> Case:
    """Masked steps added to one input, and to every other of the same length."""
    length = case.arrays[place].shape[1]
    for position, array in enumerate(case.arrays):
        if position != place and (array.ndim < 3 or array.shape[1] != length):
            continue
        padding = np.take(array, [0] * more, axis=1)
        if array.dtype.kind == "f":
            padding = np.full_like(padding, 0.5)
        case = case.with_array(position, np.concatenate([array, padding], 1))
        mask = case.masks[position]
        if mask is not None:
            case = case.with_mask(position, np.concatenate([mask, np.zeros((len(mask), more), bool)], 1))
    return case


def _signs(trials: Trials, base: Case, place: int) -> Iterator[Case]:
    """The numbers as they are, all negative, all positive: a maximum and a minimum do not see padding otherwise."""
    yield base
    array = base.arrays[place]
    if array.dtype.kind == "f":
        yield base.with_array(place, -np.abs(array) - 1)
        yield base.with_array(place, np.abs(array) + 1)


def _other_cell(before: Seen, after: Seen, mask: np.ndarray | None) -> tuple[Cell, Cell] | None:
    """The first cell of an output that longer padding has changed: of valid steps, or of an output without steps."""
    for number, (one, other) in enumerate(zip(before.outputs, after.outputs, strict=False)):
        if one.dtype.kind != "f" or one.ndim != other.ndim or mask is None:
            continue
        steps = mask.shape[1]
        if one.shape == other.shape:
            valid = np.ones(one.shape, bool) if one.ndim < 2 or one.shape[1] != steps else None
        elif one.shape[:2] == mask.shape and other.shape[1] > steps and one.shape[2:] == other.shape[2:]:
            other = other[:, :steps]
            valid = np.broadcast_to(mask.reshape(mask.shape + (1,) * (one.ndim - 2)), one.shape)
        else:
            valid = None
        if valid is None:
            continue
        wrong = np.argwhere(valid & ~np.isclose(one, other, **TOLERANCE, equal_nan=True))
        if len(wrong):
            cell = Cell(number, tuple(int(i) for i in wrong[0]))
            return cell, cell
    return None
