"""Numbers that get to wrong places: five ways and more of each kind are found, and the healthy twin is left alone."""

from __future__ import annotations

import os
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from explorer.core.doctor import examine
from tests.explorer.core.doctor.scrambled import KINDS, VARIANTS, Variant

CHECKS = ("reshape_order", "attention_steps", "softmax_axis", "future_unseen", "batch_independence")
FINDS = {
    "heads": ("reshape_order", "attention_steps", "batch_independence"),
    "transpose": ("reshape_order",),
    "future": ("future_unseen",),
    "batch": ("batch_independence", "reshape_order"),
}
each = pytest.mark.parametrize("variant", VARIANTS, ids=[one.ill.__qualname__.split(".")[0] for one in VARIANTS])


@each
def test_the_ill_one_is_named(variant: Variant) -> None:
    report = examine(variant.ill, variant.inputs, select=CHECKS)
    told = [finding for finding in report.findings if finding.outcome in ("failed", "advice", "broken")]
    assert told and {finding.check for finding in told} <= set(FINDS[variant.kind]), told
    assert all(finding.place is not None and finding.outcome != "broken" for finding in told), told


@each
def test_the_healthy_one_is_left_alone(variant: Variant) -> None:
    report = examine(variant.healthy, variant.inputs, select=CHECKS)
    assert [finding for finding in report.findings if finding.outcome in ("failed", "advice", "broken")] == []


def test_of_every_kind_there_are_five_at_least() -> None:
    assert min(Counter(one.kind for one in VARIANTS)[kind] for kind in KINDS) >= 5
