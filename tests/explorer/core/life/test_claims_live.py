"""Every claim about a call or a moment of life can be tried live, on the layer that it opens."""

from __future__ import annotations

import functools
import re

import pytest

from explorer.claims import Claim, claims
from explorer.core.lifecycle.calls.registry import entries
from explorer.core.lifecycle.moments import MOMENTS
from explorer.core.lifecycle.run_call import call
from explorer.core.lifecycle.story import life
from explorer.experiment import Experiment
from explorer.model.lifecycle import Life
from explorer.views.claim import LIVE_LAYER

LIVE = [claim for claim in claims() if claim.call]
METHODS = (
    r"\b(get_weights|set_weights|get_config|from_config|deserialize|add_weight|compute_output_shape|compute_mask|"
    r"get_(?:in|out)put(?:_shape)?_at|get_output_shape_for|layer\.(?:in|out)put(?:_shape)?|super\(\)\.build|"
    r"build|call|border_mode|dim_ordering|_keras_shape|_keras_history|mask_zero|input_length|keras_history)\b\(?"
)
"""Names of Keras's methods, and of what the documents pass to them."""


def names_a_method(claim: Claim) -> bool:
    said = f"{claim.title} {claim.then}"
    return re.search(METHODS, said) is not None


@functools.cache
def life_of(experiment: Experiment) -> Life:
    return life(experiment)


def experiment_of(claim: Claim) -> Experiment:
    return Experiment.from_json({"layer": claim.open["layer"]} if claim.open else {"layer": LIVE_LAYER})


def test_every_claim_that_names_a_method_can_be_tried() -> None:
    assert [claim.id for claim in claims() if names_a_method(claim) and not claim.call] == []
    assert len(LIVE) >= 80


def test_the_pattern_finds_claims_and_leaves_others_alone() -> None:
    found = {claim.id for claim in claims() if names_a_method(claim)}
    assert {"002-get-weights", "003-super-build", "000-border-mode"} <= found and len(found) >= 40
    assert "001-numpy-grid" not in found


def test_a_claim_that_names_an_unknown_panel_is_refused() -> None:
    entry = {"id": "001-x", "document": "001", "title": "t", "then": "a", "now": "b", "verdict": "holds"}
    with pytest.raises(ValueError, match="expected a call"):
        Claim(**entry, snippet="print(1)", prints=("1",), call="doctor.x")  # type: ignore[arg-type]


def test_every_call_of_a_claim_exists() -> None:
    known = {f"calls.{name}" for name in entries()} | {f"life.{name}" for name in MOMENTS.all()}
    assert [claim.id for claim in LIVE if claim.call not in known] == []


@pytest.mark.parametrize("claim", LIVE, ids=lambda claim: claim.id)
def test_it_applies_to_the_layer_that_the_claim_opens(claim: Claim) -> None:
    panel, _, name = claim.call.partition(".")
    if panel == "life":
        (found,) = (moment for moment in life_of(experiment_of(claim)).moments if moment.id == name)
        assert found.absent is None
        return
    result = call(experiment_of(claim), name)
    assert bool(result.text) != bool(result.error)
    if entries()[name].call.modern:
        modern = call(experiment_of(claim), entries()[name].call.modern)
        assert not modern.error, modern.error
