"""A layer before and after a change: what it gives, bit by bit, and what its report says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_variables, to_array
from explorer.core.doctor.compare import tensors_of
from explorer.core.doctor.hunting.trials import weighted_sum
from explorer.core.doctor.isolation import reseed, undisturbed
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.read_only import read_only_properties
from explorer.core.keras_private import mask_of, set_mask
from explorer.core.plain import said
from explorer.model.counterexample import MOST_NUMBERS, Given
from explorer.model.report import OUTCOMES, Finding, Report
from explorer.model.trace import Message

WRONG = (
    "reshape_order",
    "softmax_axis",
    "future_unseen",
    "batch_independence",
    "repeatable",
    "no_new_variables",
    "graph_equals_eager",
    "returns_tensors",
    "attributes_stay",
)
"""Checks that call the outputs on the given inputs wrong. What they find may change these numbers, not their shapes."""
WRONG_MISTAKES = ("broadcast_shapes",)
WRONG_CALLS = {
    "masked": ("masked_steps", "padding_added", "padding_ids", "every_mask", "masks_arrive"),
    "training": ("fresh_noise", "training_argument"),
}
"""Checks that call the outputs of one kind of call wrong, and no others."""
TOLD = ("failed", "broken", "advice")


@dataclass(frozen=True)
class Called:
    """How a layer is made and called.

    Attributes:
        make: gives a fresh layer.
        inputs, keywords: as `examine` takes them.
        seed: of all random numbers.
    """

    make: Callable[[], Any]
    inputs: Sequence[Any]
    keywords: Mapping[str, Any] | None
    seed: int


@dataclass(frozen=True, eq=False)
class Behaviour:
    """What a layer gives.

    Attributes:
        outputs: the flat outputs of some calls, by the name of the call; of a call that fails there are none.
        weights: the values with which it gave them, by path and shape.
    """

    outputs: dict[str, list[np.ndarray]] = field(default_factory=dict)
    weights: dict[tuple[str, tuple[int, ...]], np.ndarray] = field(default_factory=dict)


def behaviour(called: Called, like: Behaviour | None = None) -> Behaviour:
    """What a layer gives for the given inputs, in both modes and masked, and for others of the same shapes.

    Args:
        called: the layer.
        like: of another layer, whose weights it takes over; without it a call counts only if it repeats itself.
    """
    found = Behaviour()
    with undisturbed(called.seed), read_only_properties():
        patient = Patient(None, called.make, called.inputs, called.keywords)
        other = [x * -1.5 + 0.7 if x.dtype.is_floating else x for x in patient.tensors]
        for name, tensors, training in (
            ("inference", patient.tensors, False),
            ("training", patient.tensors, True),
            ("other", other, False),
            ("masked", patient.tensors, False),
        ):
            try:
                tensors = _masked(tensors) if name == "masked" else tensors
                given = _gave(patient, tensors, training, found, like)
                again = given if like is not None else _gave(patient, tensors, training, found, found)
            except Exception:
                continue
            if _same_bits(given, again):
                found.outputs[name] = given
    return found


def _masked(tensors: Sequence[Any]) -> list[Any]:
    """The tensors, the first with a mask: of the first sample one step is left, of the others most."""
    first = tf.identity(tensors[0])
    mask = np.ones(first.shape[:2], bool)
    mask[:, mask.shape[1] - mask.shape[1] // 3 :] = False
    mask[0, 1:] = False
    set_mask(first, tf.constant(mask))
    return [first, *tensors[1:]]


def _gave(
    patient: Patient, tensors: Sequence[Any], training: bool, into: Behaviour, like: Behaviour | None
) -> list[np.ndarray]:
    """The outputs of a second call of a new layer: the first one builds it."""
    layer = patient.twin()
    patient.outputs(layer)
    for name, variable in named_variables(layer, layer.variables).items():
        key = name, tuple(variable.shape)
        if like is None:
            into.weights.setdefault(key, to_array(variable))
        if (value := (like or into).weights.get(key)) is not None:
            variable.assign(value)
    return [to_array(y) for y in patient.outputs(layer, tensors, training)]


def _same_bits(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> bool:
    return len(one) == len(other) and all(_bits(a) == _bits(b) for a, b in zip(one, other, strict=True))


def _bits(array: np.ndarray) -> tuple[Any, ...]:
    return array.shape, array.dtype.str, array.tolist() if array.dtype == object else array.tobytes()


def not_kept(before: Behaviour, after: Behaviour, finding: Finding) -> Message | None:
    """What a change did to outputs that were right; None if all of them kept their bits."""
    wrong = finding.check in WRONG or finding.mistake in WRONG_MISTAKES
    for name, old in before.outputs.items():
        new = after.outputs.get(name)
        if not old:
            continue
        if new is None:
            return Message("A call that gave a result fails now.")
        if [(y.shape, y.dtype) for y in old] != [(y.shape, y.dtype) for y in new]:
            shapes = [", ".join(f"{y.dtype} {y.shape}" for y in ys) for ys in (old, new)]
            return Message("The outputs were {before}, and are {after}.", {"before": shapes[0], "after": shapes[1]})
        free = wrong or finding.check in WRONG_CALLS.get(name, ())
        for a, b in zip(old, new, strict=True) if not free else ():
            right = np.isfinite(a) if a.dtype.kind in "fc" else np.ones(a.shape, bool)
            if _bits(a[right]) != _bits(b[right]):
                cells = (i for i in np.ndindex(a.shape) if right[i])
                cell = next(i for i in cells if _bits(np.asarray(a[i])) != _bits(np.asarray(b[i])))
                facts = {"before": str(a[cell]), "after": str(b[cell])}
                return Message("It changes an output that was right, from {before} to {after}.", facts)
    floats = [y for y in before.outputs.get("inference", ()) if y.dtype.kind in "fc"]
    nothing = bool(floats) and not any(np.isfinite(y).any() for y in floats)
    if (_follows(before) or nothing) and not _follows(after):
        return Message("The output does not follow the inputs any more.")
    return None


def _follows(found: Behaviour) -> bool:
    """Whether other inputs give other outputs."""
    one, other = (found.outputs.get(name) for name in ("inference", "other"))
    return one is not None and other is not None and not _same_bits(one, other)


# ------------------------------------------------------------------------------------------------ reports
_NOT_WEIGHED = frozenset({"arguments_matter", "values_used"})
"""Checks that a cure may change: a default that is None now has no value to put another in place of, and a value that
the changed line read may be left over, which harms nothing.
"""


def told_by(report: Report, check: str) -> list[Finding]:
    """What a check found wrong."""
    return [finding for finding in report.findings if finding.check == check and finding.outcome in TOLD]


def graver(before: Report, after: Report, cured: str) -> Message | None:
    """The first other check that finds more than before; one that found nothing, because another came first, does not
    count: see `revealed`.
    """
    for check in _checks(before):
        old, new = _gravest(before, check), _gravest(after, check)
        if check == cured or check in _NOT_WEIGHED or new is None or old.waits_for:
            continue
        worse = new.outcome in TOLD and OUTCOMES.index(new.outcome) < OUTCOMES.index(old.outcome)
        more = new.outcome == old.outcome and len(told_by(after, check)) > len(told_by(before, check))
        silent = old.outcome == "passed" and new.outcome == "not applicable" and new.remark != "left out"
        if worse or more or silent:
            return Message("“{title}” passes no more: {seen}", {"title": new.title, "seen": new.seen})
    return None


def revealed(before: Report, after: Report) -> int:
    """How many checks that had to wait for others find something wrong now."""
    waited = [check for check in _checks(before) if _gravest(before, check).waits_for]
    return sum(bool(told_by(after, check)) for check in waited)


def _checks(report: Report) -> Iterator[str]:
    yield from dict.fromkeys(finding.check for finding in report.findings)


def _gravest(report: Report, check: str) -> Any:
    found = [finding for finding in report.findings if finding.check == check]
    return min(found, key=lambda finding: OUTCOMES.index(finding.outcome), default=None)


# ------------------------------------------------------------------------------------------------ shown
def shown(called: Called, finding: Finding) -> tuple[str, ...]:
    """What the layer gives on the inputs that show a finding, a line for each tensor."""
    with undisturbed(called.seed), read_only_properties():
        patient = Patient(None, called.make, called.inputs, called.keywords)
        example = finding.counterexample
        calls = [[_tensor(x) for x in call] for call in example.calls] if example else [patient.tensors]
        training = bool(example.training) if example else False
        layer = None
        lines: list[str] = []
        for number, tensors in enumerate(calls):
            place = f" of call {number + 1}" if len(calls) > 1 else ""
            try:
                layer = patient.twin() if layer is None else layer
                lines += [
                    f"{name}{place} = {text}" for name, text in _lines(patient, layer, tensors, training, finding)
                ]
            except Exception as error:
                lines.append(f"{said(error).splitlines()[0][:160]}{place}")
        return tuple(lines) or ("None",)


def _lines(
    patient: Patient, layer: Any, tensors: Sequence[Any], training: bool, finding: Finding
) -> Iterator[tuple[str, str]]:
    """Outputs, and what the finding is about beside them: gradients, masks, losses."""
    claim = finding.counterexample.claim if finding.counterexample else ""
    floats = {f"x{i}": x for i, x in enumerate(tensors) if x.dtype.is_floating}
    reseed()
    with tf.GradientTape() as tape:
        tape.watch([*floats.values()])
        outputs = tensors_of(patient.call(layer, tensors, training))
        total = weighted_sum(outputs)
    for number, output in enumerate(outputs):
        yield f"y{number}", _told(to_array(output))
        if claim == "mask fits" and (mask := mask_of(output)) is not None:
            yield f"mask of y{number}", _told(to_array(mask))
    if claim == "finite gradient" and total is not None:
        for name, gradient in zip(floats, tape.gradient(total, [*floats.values()]), strict=True):
            yield f"gradient of {name}", "None" if gradient is None else _told(to_array(gradient))
    if claim == "equal loss":
        yield "loss", f"{sum(float(tf.reduce_sum(loss)) for loss in layer.losses):g}"


def _tensor(given: Given) -> Any:
    tensor = tf.cast(tf.constant(np.array(given.values, "float64").reshape(given.shape)), given.dtype)
    if given.mask is not None:
        set_mask(tensor, tf.constant(np.array(given.mask).reshape(given.shape[:2])))
    return tensor


def _told(array: np.ndarray) -> str:
    if array.dtype == object:
        return f"string {array.shape}"
    values = tuple(float(np.real(cell)) for cell in array.ravel()[: MOST_NUMBERS + 1])
    return f"{array.dtype} {array.shape}: {Given(str(array.dtype), array.shape, values).told_values}"
