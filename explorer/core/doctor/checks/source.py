"""What the source alone makes suspicious, where no experiment can show it."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.core.doctor.findings import from_source
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import CHECKS, LAST, NotApplicable, Verdict, advice, check, failed, passed
from explorer.model.trace import Message

TRIED_BY: Mapping[str, str] = {
    "misspelled_argument": "training_argument",
    "constant_seed": "fresh_noise",
    "untracked_weight": "tracked_state",
    "layer_in_call": "no_new_variables",
    "counter_in_call": "attributes_stay",
    "weight_reassigned": "attributes_stay",
    "argument_missing_from_config": "config_complete",
    "unserializable_argument": "config",
    "children_not_built": "complete_build",
    "no_gradient_path": "gradients",
    "argument_not_deserialized": "revived",
    "constructor_without_kwargs": "revived",
    "missing_return": "returns_tensors",
}
"""The check that tries in fact what the source only lets one suspect: where it came to something, that counts."""
CERTAIN = frozenset({"misspelled_method"})
"""What the source proves: nobody ever calls a method of that name."""


@check(
    Message("Its source has no known pitfall"),
    Message("The source of the class was read, without running it."),
    Message("None of the typical mistakes is to be seen."),
    Message("Some mistakes show only in other uses than were tried here."),
    after=(),
    stage=LAST,
    reads=tuple(dict.fromkeys(TRIED_BY.values())),
)
def source(patient: Patient) -> list[Verdict]:
    """The suspects of `explorer.core.mistakes`."""
    found = [one for one in from_source(patient.known) if not _tried(patient, one[0])]
    if not found:
        return [passed(Message("None was seen."))]
    return [
        (failed if mistake in CERTAIN else advice)(cause, mistake, place=place, fix=fix)
        for mistake, cause, place, fix in found
    ]


@check(
    Message("What it tells the doctor to ignore has a reason"),
    Message("The comments “layer-explorer: ignore[...]” of the class were read."),
    Message("Each names checks that exist, and says why they do not count."),
    Message("A finding that is ignored without a reason is found again by whoever reads the code next."),
    after=(),
    stage=LAST,
)
def ignore_comments(patient: Patient) -> Verdict:
    """The directives of `explorer.core.doctor.ignoring`: one without a reason, or of an unknown check."""
    if not patient.directives:
        raise NotApplicable(Message("It tells the doctor nothing."))
    for one in patient.directives:
        unknown = [name for name in one.checks if name not in CHECKS.all()]
        if unknown or not one.checks:
            return advice(Message("No check has this id: {name}.", {"name": ", ".join(unknown)}), place=one.place)
        if not one.reason:
            return advice(Message("This one gives no reason, so it does not count."), place=one.place)
    return passed(Message("All of them do."))


def _tried(patient: Patient, mistake: str) -> bool:
    return patient.outcomes.get(TRIED_BY.get(mistake, ""), "not applicable") != "not applicable"
