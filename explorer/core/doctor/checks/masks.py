"""Masks: what is masked does not count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import method_place, raised_by, raised_here
from explorer.core.doctor.compare import is_floating, tensors_of
from explorer.core.doctor.findings import told
from explorer.core.doctor.hunting.masked import changed_cells, mask_for, other_numbers, smallest_leak
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient, takes
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.doctor.samples import like
from explorer.core.keras_private import mask_of, parts_of, set_mask
from explorer.model.counterexample import Counterexample
from explorer.model.trace import Message

ROWS = 2
_OF_ANOTHER_KIND = Message("Its mask is not one of steps: (batch, time) does not fit.")
_FAILS_ALREADY = Message("A call on masked steps fails already: see “Masked steps do not count”.")


@check(
    Message("Masked steps do not count"),
    Message("The last steps of a sequence were masked, and then changed."),
    Message("The output stays the same, wherever its own mask is true."),
    Message("Sequences are padded to one length, and padding must not change a result."),
    after=("call", "returns_tensors", "repeatable", "attributes_stay"),
)
def masked_steps(patient: Patient) -> Verdict:
    """Disturb masked steps; only a layer that claims masks is held to them."""
    layer = patient.copy()
    claims = bool(layer.supports_masking) or takes(layer, "mask")
    first = patient.tensors[0] if patient.tensors else None
    steps = None if first is None or first.shape.rank < 2 + is_floating(first) else first.shape[1]
    if steps is None or steps < 2 or patient.batching.added or patient.batching.axes[0] != 0:
        raise NotApplicable(Message("Its input has no axis of steps that could be masked."))
    if not claims:
        raise NotApplicable(
            Message("It does not claim to handle masks (supports_masking is False): Keras drops the mask and warns.")
        )
    inputs = patient.batch(ROWS, seed=2)
    array = to_array(inputs[0])
    mask = mask_for(array)
    changed = other_numbers(array, mask)
    if changed is None:
        raise NotApplicable(Message("Its input holds only one value: masked steps cannot be changed."))
    disturbed = [like(changed, inputs[0]), *inputs[1:]]
    given = inputs
    try:
        one, kept = _called(patient, layer, inputs, mask)
        given = disturbed
        other, _ = _called(patient, layer, disturbed, mask)
    except Exception as error:
        return refused(patient, error, given)
    if not all(_agree(a, b, valid) for a, b, valid in zip(one, other, kept, strict=True)):
        return _blamed(patient, layer, inputs, kept) or _leak(patient, one, other, kept, mask)
    return passed(Message("They do not."))


def refused(patient: Patient, error: Exception, tensors: Sequence[Any]) -> Verdict:
    """What to say of a layer whose call failed where its inputs carried masks of shape (batch, time).

    Args:
        patient: the layer under examination.
        error: what it raised.
        tensors: the inputs, which are tried without masks.
    Raises:
        NotApplicable: if it fails without masks, too, if it refuses such a mask on purpose or takes masks of another
            shape, if the exception did not pass through its own source, or if "masked_steps" has told of it.
    """
    if patient.outcomes.get("masked_steps") == "failed":
        raise NotApplicable(_FAILS_ALREADY) from error
    facts, known = told(error, patient.known), patient.known
    own = raised_by(error, known) and not raised_here(error, known)
    if (own and _takes(patient, tensors) and not _takes_square_masks(patient)) or facts.get(
        "mistake"
    ) == "compute_mask_signature":
        return failed(**facts)
    raise NotApplicable(_OF_ANOTHER_KIND) from error


def _takes_square_masks(patient: Patient) -> bool:
    """Whether its call takes masks of shape (batch, time, time) or (batch, 1, time, time)."""
    batch, steps = patient.tensors[0].shape[:2]
    masks = [tf.ones(shape, "bool") for shape in ((batch, steps, steps), (batch, 1, steps, steps))]
    return takes(patient.subject, "mask") and any(_takes(patient, patient.tensors, mask=mask) for mask in masks)


def _takes(patient: Patient, tensors: Sequence[Any], **more: Any) -> bool:
    """Whether a call on tensors without masks gives a result."""
    layer = patient.copy()
    arguments, keywords = patient.arranged([tf.identity(tensor) for tensor in tensors], layer)
    try:
        layer(*arguments, **keywords, **more)
    except Exception:
        return False
    return True


def _leak(
    patient: Patient, one: list[Any], other: list[Any], kept: list[np.ndarray | None], mask: np.ndarray
) -> Verdict:
    place = method_place(patient.known, "call")
    if any(valid is not None for valid in kept):
        seen = Message("Changing masked steps changed steps that the output's own mask calls valid.")
        return failed(seen, "mask_leak", place=place, counterexample=_shown(patient, seen))
    steps = [tuple(a.shape[:2]) == mask.shape for a in one]
    if all(steps) and all(_agree(a, b, mask) for a, b in zip(one, other, strict=True)):
        seen = Message(
            "Changing masked steps changed their own steps of the output only. The output has no mask that says so: "
            "the next layer takes them for valid."
        )
        return advice(seen, place=place)
    seen = Message("Changing masked steps changed the output.")
    return failed(seen, "mask_leak", place=place, counterexample=_shown(patient, seen))


def _shown(patient: Patient, seen: Message) -> Counterexample | None:
    """The smallest inputs that show it, where they can be made smaller."""
    try:
        trials = Trials(patient)
    except NotApplicable:
        return None
    base = trials.base(seed=2)
    found: Counterexample | None = smallest_leak(trials, base.with_mask(0, mask_for(base.arrays[0])), 0, seen)
    return found


def _blamed(patient: Patient, layer: Any, inputs: list[Any], kept: list[np.ndarray | None]) -> Verdict | None:
    explained = _explained(patient, layer, inputs, kept)
    return None if explained is None else by_design(explained)


def _explained(patient: Patient, layer: Any, inputs: list[Any], kept: list[np.ndarray | None]) -> Message | None:
    """What about the layer, found by experiment, makes masked steps count."""
    own = [mask_of(y) for y in patient.outputs(layer, [tf.identity(x) for x in inputs])]
    if any(m is not None for m in own) and all(
        m is not None and v is not None and np.array_equal(to_array(m), v) for m, v in zip(own, kept, strict=True)
    ):
        return Message("It makes a mask of its own from the input's values, in the place of the one that came.")
    parts = parts_of(layer, itself=False)
    if parts and not layer.supports_masking and not any(part.supports_masking for part in parts):
        return Message("It hands the mask to its parts, and none of them claims to handle masks.")
    if layer.supports_masking and not takes(layer, "mask") and patient.normalises(inputs):
        return Message("It divides by statistics of the whole sample, all steps together.")
    return None


def _called(
    patient: Patient, layer: Any, inputs: list[Any], mask: np.ndarray
) -> tuple[list[Any], list[np.ndarray | None]]:
    tensors = [tf.identity(tensor) for tensor in inputs]
    set_mask(tensors[0], tf.constant(mask))
    outputs = patient.outputs(layer, tensors)
    masks = [mask_of(y) for y in outputs]
    return outputs, [None if m is None else to_array(m) for m in masks]


def _agree(one: Any, other: Any, valid: np.ndarray | None) -> bool:
    a, b = to_array(one), to_array(other)
    return a.shape == b.shape and not changed_cells(a, b, valid).any()


@check(
    Message("Masks pass through"),
    Message("supports_masking, the arguments of its call and the shapes of its outputs were read."),
    Message("A layer that keeps the axis of steps says so with supports_masking, and hands the mask on."),
    Message("A mask that ends here is missing in every layer after it."),
    after=("masked_steps",),
)
def mask_travels(patient: Patient) -> Verdict:
    """Advice for layers whose call takes a mask and whose output has the input's first two axes, but no mask."""
    layer = patient.subject
    first = patient.tensors[0] if patient.tensors else None
    outputs = tensors_of(patient.first_outputs)
    if first is None or first.shape.rank < 3 or not outputs or patient.batching.added:
        raise NotApplicable(Message("Its input has no axis of steps that could be masked."))
    if layer.supports_masking:
        return passed(Message("supports_masking is True."))
    if takes(layer, "mask"):
        place = method_place(patient.known, "call")
        seen = Message("The call takes a mask, but supports_masking is False: the output has none.")
        if any(y.shape.rank >= 2 and y.shape[:2] == first.shape[:2] for y in outputs):
            return advice(seen, place=place)
    raise NotApplicable(Message("It does not claim to handle masks."))
