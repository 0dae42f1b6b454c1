"""Finite numbers, forwards and backwards, whatever finite numbers come."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.core.arrays import to_array
from explorer.core.doctor.compare import is_floating, tensors_of
from explorer.core.doctor.hunting.finite import Found, Hunt, hunt_of
from explorer.core.doctor.hunting.first_step import Blamed, first_bad_gradient, first_bad_value
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, check, failed, passed
from explorer.model.counterexample import Claim
from explorer.model.trace import Message


@check(
    Message("Its output is finite"),
    Message(
        "It was called on the given inputs, then on zeros, ones, equal, tiny, negative and large numbers; the output "
        "was searched for NaN and infinity."
    ),
    Message("Finite numbers wherever the inputs are finite."),
    Message("One NaN in a batch makes the loss NaN, and after one step every weight."),
    after=("returns_tensors",),
    stage=HUNT,
)
def finite(patient: Patient) -> Verdict:
    """NaN and infinity that the inputs did not bring."""
    outputs = [y for y in tensors_of(patient.first_outputs) if is_floating(y)]
    if not outputs:
        raise NotApplicable(Message("Its output is not made of floating-point numbers."))
    given = [to_array(x) for x in patient.tensors if is_floating(x)]
    if not all(np.isfinite(x).all() for x in given):
        raise NotApplicable(Message("The given inputs hold NaN or infinity themselves."))
    bad = sum(int((~np.isfinite(to_array(y))).sum()) for y in outputs)
    hunt = _hunt(patient)
    if bad:
        facts = _facts(patient, hunt.output, "finite") if hunt is not None and hunt.output is not None else {}
        facts.pop("blamed", None)
        return advice(Message("{count} cells are NaN or infinite.", {"count": bad}), "not_finite", **facts)
    if hunt is None:
        return passed(Message("All cells are finite."))
    if hunt.output is None:
        return passed(Message("All cells are finite, for the given inputs and {count} others.", {"count": hunt.tried}))
    return _told(patient, hunt.output, "finite", Message("On {inputs} an output is NaN or infinite"))


@check(
    Message("Its gradients are finite"),
    Message("On zeros, ones, equal, tiny, negative and large numbers the sum of the outputs was differentiated."),
    Message("Finite gradients for inputs and weights wherever the output is finite."),
    Message("The output looks right, and the first training step that meets such an input makes every weight NaN."),
    after=("finite",),
    stage=HUNT,
)
def finite_gradients(patient: Patient) -> Verdict:
    """A gradient that is NaN or infinite where the output is not: a square root at 0, a division hidden by where."""
    if any(".preprocessing." in base.__module__ for base in type(patient.subject).__mro__):
        raise NotApplicable(Message("It prepares data: no gradient goes through it."))
    hunt = _hunt(patient)
    if hunt is None:
        raise NotApplicable(Message("Its inputs are not batches of numbers."))
    if hunt.gradient is None:
        return passed(Message("Finite for {count} chosen inputs.", {"count": hunt.tried}))
    return _told(patient, hunt.gradient, "finite gradient", Message("On {inputs} a gradient is NaN or infinite"))


def _hunt(patient: Patient) -> Hunt | None:
    try:
        return hunt_of(patient)
    except NotApplicable:
        return None


def _told(patient: Patient, found: Found, claim: Claim, seen: Message) -> Verdict:
    facts = _facts(patient, found, claim)
    text = Message(seen.msgid, {"inputs": found.variation.name})
    blamed: Blamed | None = facts.pop("blamed", None)
    whole = (
        Message("{seen}.", {"seen": text})
        if blamed is None
        else Message("{seen}; the first step to blame is {step}.", {"seen": text, "step": blamed.text})
    )
    if found.variation.ordinary:
        return failed(whole, "not_finite" if claim == "finite" else "gradient_not_finite", **facts)
    return advice(whole, "not_finite" if claim == "finite" else "gradient_not_finite", **facts)


def _facts(patient: Patient, found: Found, claim: Claim) -> dict[str, Any]:
    """The smallest inputs that show it, and the step to blame."""
    trials = Trials(patient)
    case = shrunk(found.variation.case, found.breaks)
    blamed = (first_bad_value if claim == "finite" else first_bad_gradient)(trials, case)
    shows = Message("An output is NaN or infinite.") if claim == "finite" else Message("A gradient is NaN or infinite.")
    facts: dict[str, Any] = {"counterexample": trials.told(claim, shows, [case])}
    if blamed is not None:
        facts |= {"blamed": blamed, "place": blamed.place}
    return facts
