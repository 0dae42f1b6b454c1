"""Each code to start from opens; a template runs and is healthy code, a mistake is one that is known by name."""

from __future__ import annotations

import sys

import pytest
from asking import asked, experiment

import layers
from explorer.core.mistakes import suspects
from explorer.core.own_code import findings
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.recipes import default_recipe
from explorer.experiment.starts import starts
from explorer.model.problem import Problem

LATER = {
    "batch_in_weight_shape",
    "static_batch_size",
    "python_branch_on_tensor",
    "loop_over_unknown_dimension",
    "unserializable_argument",
}
"""Mistakes that show only when a model is made or saved: the doctor finds them."""


@pytest.mark.parametrize("start", starts(), ids=lambda start: start.id)
def test_a_start_opens(start) -> None:
    asks = experiment(start.code)
    named = getattr(sys.modules["your_layer"], asks["layer"].removeprefix("own."))
    known = bool(suspects(named))
    try:
        run(Experiment.from_json(asks))
    except Problem as problem:
        assert start.kind == "mistake" and problem.place is not None
        known = True
    if start.kind == "template":
        assert not known and not findings(start.code)
    elif start.id not in LATER:
        assert known


def test_ids_are_unique() -> None:
    assert len({start.id for start in starts()}) == len(starts()) >= 30


@pytest.mark.parametrize(
    "layer",
    [
        "attention",
        "center_zero",
        "linear",
        "max_pooling",
        "keras.layers.Dense",
        "keras.layers.LSTM",
        "keras.layers.BatchNormalization",
    ],
)
def test_a_copy_gives_what_the_layer_gives(layer: str) -> None:
    code = asked("copy", layer=layer)[0]["code"]
    original = run(Experiment(layer))
    catalogued = layers.catalogue()
    inputs = catalogued[layer].inputs if layer in catalogued else ()
    recipes = [default_recipe(one).to_json() for one in inputs]
    copied = run(Experiment.from_json(experiment(code, inputs=recipes)))
    for one, other in zip(copied.outputs, original.outputs, strict=True):
        assert one.value.tobytes() == other.value.tobytes()
    assert "CARD" not in code and "reference" not in code


def test_what_is_no_class_cannot_be_copied() -> None:
    with pytest.raises(Problem):
        asked("copy", layer="keras.Input")
