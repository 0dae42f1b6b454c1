"""A layer's life: what each moment finds is what Keras does, for every card that opens."""

from __future__ import annotations

import functools
import re

import keras
import numpy as np
import pytest

import layers
from explorer.core.catalog.derive import derived_cards
from explorer.core.lifecycle.moments import MOMENTS, entries
from explorer.core.lifecycle.reasons import reasons
from explorer.core.lifecycle.state import largest_difference
from explorer.core.lifecycle.story import life
from explorer.core.lifecycle.subject import Subject
from explorer.core.lifecycle.watch import Watch
from explorer.experiment import Edit, Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.lifecycle import Life, Moment, WeightFact
from explorer.model.problem import Problem

EVERY = [*layers.catalogue(), *derived_cards()]
UNSAVEABLE = {
    "keras.layers.Equalization",
    "keras.layers.Lambda",
    "keras.layers.RandomShear",
    "keras.layers.StackedRNNCells",
}
"""Keras 3.15 itself cannot save or load these in a model; their life says so."""


@functools.cache
def life_of(layer: str) -> Life:
    return life(Experiment(layer))


def moment(found: Life, name: str) -> Moment:
    (only,) = (one for one in found.moments if one.id == name)
    return only


def facts(found: Moment) -> dict[str, str]:
    return {str(what): text for what, text in found.facts}


def weights(found: Moment) -> dict[str, WeightFact]:
    assert found.state is not None
    return {weight.name: weight for weight in found.state.weights}


def said(weight: WeightFact) -> list[str]:
    return [str(reason) for reason in weight.reasons]


# ------------------------------------------------------------------------------------------------ the moments
def test_the_constructor_makes_no_weights_and_build_does() -> None:
    found = life_of("keras.layers.Dense")
    before, born = moment(found, "init"), moment(found, "build")
    assert before.state is not None and not before.state.built and before.state.weights == ()
    assert born.state is not None and born.state.built
    assert [(w.name, w.shape) for w in born.state.weights] == [("kernel", (3, 4)), ("bias", (4,))]
    assert [event.function for event in born.ran] == ["Dense.build", "Dense.add_weight", "Dense.add_weight"]
    assert moment(found, "call").ran[0].function == "Dense.call"


def test_a_constructor_that_makes_weights_is_told_so() -> None:
    found = life(Experiment("linear", params={"input_dim": 2}))
    before = moment(found, "init")
    assert before.state is not None and len(before.state.weights) == 2
    assert "at once" in str(before.lesson)
    assert "No `build` ran" in str(moment(found, "build").lesson) or moment(found, "build").ran


def test_a_weight_is_born_in_the_line_that_the_source_shows() -> None:
    born = moment(life_of("my_layer"), "build")
    kernel = weights(born)["kernel"]
    (source,) = (one for one in born.sources if one.first_line <= kernel.line < one.first_line + one.text.count("\n"))
    assert "add_weight" in source.text.splitlines()[kernel.line - source.first_line]


def test_the_birthplace_is_shown_where_build_hands_the_work_on() -> None:
    born = moment(life_of("linear"), "build")
    assert any("add_weight" in source.text for source in born.sources)
    assert all(source.file.startswith("layers/") for source in born.sources)


def test_the_second_call_does_not_build() -> None:
    for name in ("linear", "keras.layers.LSTM", "attention"):
        second = moment(life_of(name), "second_call")
        assert not any(event.function.endswith((".build", ".add_weight")) for event in second.ran)
        assert facts(second)["`build` ran"] == "0 ×"
        assert facts(second)["largest difference from the first call"] == "0"


def test_random_layers_say_that_a_second_call_differs() -> None:
    found = life(Experiment("keras.layers.Dropout", training=True))
    second = moment(found, "second_call")
    assert float(facts(second)["largest difference from the first call"]) > 0
    assert "draws them anew" in str(second.lesson)


def test_another_feature_size_is_refused_with_both_sizes_or_taken() -> None:
    refused = moment(life_of("keras.layers.Dense"), "other_features").problem
    assert refused is not None and refused.expected == "3" and "4" in refused.received
    assert moment(life_of("keras.layers.Flatten"), "other_features").problem is None
    assert moment(life_of("keras.layers.MultiHeadAttention"), "other_features").problem is not None


@pytest.mark.usefixtures("registrations")
def test_a_lying_declaration_is_seen() -> None:
    @keras.saving.register_keras_serializable("life_tests")
    class Liar(keras.layers.Layer):
        def call(self, x: object) -> object:
            return keras.ops.sum(x, axis=-1)

        def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return input_shape

    from explorer.core.lifecycle import beginning
    from explorer.core.lifecycle.moments import Living

    subject = Subject(Experiment("keras.layers.Dense"))
    subject.make = lambda params=None: Liar()  # type: ignore[method-assign]
    living = Living(subject)
    blanks = {name: entry.blank for name, entry in MOMENTS.all().items()}
    for tell in (beginning.constructor, beginning.build, beginning.call):
        tell(living, blanks["init"])
    told = facts(beginning.declared(living, blanks["declared"]))
    assert told["declared = real"] == "✗" and told["real shape"] == "(2,)"


def test_saving_keeps_edited_seeds_and_gives_the_same_numbers() -> None:
    saved = moment(life_of("keras.layers.LSTM"), "saved")
    assert facts(saved)["largest difference"] == "0"
    assert [w.shape for w in weights(saved).values()] == [(3, 16), (4, 16), (16,)]


def test_a_failing_first_call_ends_the_life() -> None:
    found = life(Experiment("keras.layers.Conv2D", inputs=(Recipe("ones", (2, 3)),)))
    assert moment(found, "build").problem is not None
    assert moment(found, "second_call").absent is not None and moment(found, "saved").absent is not None
    assert found.ways == ()


def test_a_refused_constructor_is_a_problem() -> None:
    with pytest.raises(Problem):
        life(Experiment("keras.layers.Reshape", params={"target_shape": [-1, -1]}))


def test_a_symbolic_tensor_has_one_moment() -> None:
    found = life_of("keras.Input")
    assert found.layer == "KerasTensor" and found.ways == ()
    assert [one.id for one in found.moments if one.absent is None] == ["init"]
    assert facts(found.moments[0])["type"] == "KerasTensor"


def test_the_life_of_a_chain_is_its_first_layers() -> None:
    alone = life_of("linear")
    chained = life(Experiment.from_json({"layer": "linear", "then": [["keras.layers.Dense", {"units": 3}]]}))
    assert list(weights(moment(chained, "build"))) == list(weights(moment(alone, "build")))


# ------------------------------------------------------------------------------------------------ why this shape
def test_reasons_name_the_axis_and_the_parameter() -> None:
    found = weights(moment(life_of("keras.layers.LSTM"), "build"))
    rows, columns = said(found["lstm_cell/kernel"])
    assert "axis -1 of x (features)" in rows and "with 4 instead of 3 it becomes 4" in rows
    assert "4 × units" in columns and "it becomes 20" in columns


def test_reasons_follow_a_parameter_that_must_fit_another_input() -> None:
    kernel = weights(moment(life_of("my_multi_layer"), "build"))["kernel"]
    assert "output_dim, and the input's axis that must fit it" in said(kernel)[1]


def test_reasons_know_what_moves_nothing() -> None:
    assert "fixed" in said(weights(moment(life_of("attention"), "build"))["attention_weight"])[1]


def test_reasons_follow_the_shape_and_are_no_table() -> None:
    subject = Subject(Experiment("keras.layers.Dense", params={"units": 7}))
    (rows, columns) = reasons(subject, {"kernel": (3, 7), "bias": (7,)})["kernel"]
    assert str(rows).startswith("axis 0 = 3: axis -1 of x")
    assert str(columns) == "axis 1 = 7: units (with 8 instead of 7 it becomes 8)."


def test_inner_layers_that_share_a_default_are_changed_one_by_one() -> None:
    found = weights(moment(life_of("keras.layers.StackedRNNCells"), "build"))
    first = next(weight for name, weight in found.items() if re.search(r"simple_rnn_cell/kernel$", name))
    assert "cells[0].units" in said(first)[1] and "cells[1]" not in said(first)[1]


# ------------------------------------------------------------------------------------------------ three ways
def test_the_three_ways_agree() -> None:
    for name in ("linear", "attention", "keras.layers.LSTM", "my_multi_layer"):
        eager, symbolic, compiled = life_of(name).ways
        assert eager.shapes == compiled.shapes and eager.dtypes == symbolic.dtypes == compiled.dtypes
        assert compiled.difference == 0 and symbolic.difference is None
        assert eager.again is not None and compiled.first is not None and compiled.first > 0


# ------------------------------------------------------------------------------------------------ every layer
@pytest.mark.parametrize("layer", EVERY)
def test_every_layer_lives(layer: str) -> None:
    """No moment fails by itself: what is refused is refused by Keras, and each moment says something."""
    found = life_of(layer)
    assert [one.id for one in found.moments] == [entry.blank.id for entry in entries()]
    for one in found.moments:
        assert one.absent or one.state or one.facts or one.problem, one.id
        assert "explorer/" not in (one.problem.detail if one.problem else ""), one.problem
        assert "{" not in re.sub(r"\{[^{}]*:[^{}]*\}", "", one.code), one.code
    unexpected = {one.id for one in found.moments if one.problem} - {"other_features", "other_batch"}
    assert unexpected == ({"saved"} if layer in UNSAVEABLE else set()) | (
        {"symbolic"} if layer == "keras.layers.StackedRNNCells" else set()
    )
    if moment(found, "saved").facts:
        assert facts(moment(found, "saved"))["largest difference"] == "0"
    born = moment(found, "build")
    for weight in born.state.weights if born.state else ():
        assert len(weight.reasons) == len(weight.shape), weight


# ------------------------------------------------------------------------------------------------ its tools
def test_a_watch_leaves_the_layer_as_it_was() -> None:
    layer = keras.layers.LSTM(2)
    inner = list(layer._flatten_layers())
    before = [dict(one.__dict__) for one in inner]
    with Watch(layer) as watch:
        layer(np.ones((1, 3, 2), "float32"))
    assert [{name for name in ("build", "call") if name in one.__dict__} for one in inner] == [
        {name for name in ("build", "call") if name in old} for old in before
    ]
    assert sum(event.function == "lstm_cell: LSTMCell.call" for event in watch.ran) >= 3
    assert all(event.milliseconds >= 0 for event in watch.ran)


def test_the_largest_difference_is_one() -> None:
    a = keras.ops.convert_to_tensor([1.0, float("nan"), float("inf")])
    b = keras.ops.convert_to_tensor([1.5, float("nan"), float("inf")])
    assert largest_difference([a], [a]) == 0 and largest_difference([a], [b]) == 0.5
    assert largest_difference([a], [a[:2]]) == float("inf")
    assert largest_difference([a], [keras.ops.zeros_like(a)]) == float("inf")


def test_edited_weights_are_in_the_built_layer() -> None:
    subject = Subject(Experiment("linear", edits=(Edit("weight:bias", (1,), 5.0),)))
    assert np.array(subject.built().bias)[1] == 5
