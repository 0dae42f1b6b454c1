"""Of a link, only inner layers become objects: built by us, through their cards."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

import layers
from explorer.core.build import build_layer
from explorer.core.catalog.derive import derived_cards
from explorer.core.deserialization import refuse_objects
from explorer.core.doctor.others import others
from explorer.core.lifecycle import run_call
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.model.problem import Problem
from layers.card import Card, Field
from tests.explorer.core.hostile import MARKS, PATH, attacks, caller
from tests.explorer.core.spying import Spy, watch

CARDS = {**layers.catalogue(), **derived_cards()}
DENSE = {"class_name": "Dense", "config": {"units": 2}}
NESTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Bidirectional", {"layer": {"class_name": "GRU", "config": {"units": 3}}}),
    ("TimeDistributed", {"layer": {"class_name": "Bidirectional", "config": {"layer": {"class_name": "LSTM"}}}}),
    ("RNN", {"cell": {"class_name": "StackedRNNCells", "config": {"cells": [{"class_name": "GRUCell"}] * 2}}}),
    ("TimeDistributed", {"layer": {"class_name": "Lambda", "config": {"function": "negative"}}}),
    ("Dense", {"quantization_config": "int8", "kernel_regularizer": "l2"}),
)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    return watch(monkeypatch)


def _refused(card: Card, params: dict[str, Any]) -> bool:
    try:
        build_layer(card, params, "float32")
    except Problem as problem:
        return problem.where.startswith("params") and bool(problem.expected) and bool(problem.received)
    return False


def test_every_description_in_every_argument_is_refused_before_keras_sees_it(spy: Spy) -> None:
    taken, tried = [], 0
    for card in CARDS.values():
        for spec, value in attacks(card):
            tried += 1
            if not _refused(card, {spec.name: value}) or spy.made_of(MARKS):
                taken.append((card.id, spec.name, value, spy.made_of(MARKS)[:1]))
            spy.described.clear()
    assert not taken, taken[:3]
    assert tried > 20_000
    assert not [path for path in spy.files if PATH in path]


def test_the_spy_sees_what_keras_is_asked_to_make(spy: Spy) -> None:
    """The control: the same description, handed to Keras, is seen, and so is the file that it names."""
    inner = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "registered_name": None}
    keras.layers.Dense.from_config({"units": 2, "quantization_config": inner})
    assert "Dense" in spy.classes() and spy.made_of(("Dense",))
    with pytest.raises((OSError, ValueError)):
        keras.models.load_model(f"{PATH}.keras")
    assert any(PATH in path for path in spy.files)


@pytest.mark.parametrize(("function", "argument"), [("set_image_data_format", "channels_first"), ("set_epsilon", 0.5)])
def test_a_link_cannot_set_what_keras_keeps_for_everybody(function: str, argument: Any, spy: Spy) -> None:
    before = keras.config.image_data_format(), keras.config.epsilon()
    experiment = Experiment("keras.layers.Dense", {"units": 2, "quantization_config": caller(function, argument)})
    try:
        with pytest.raises(Problem) as caught:
            run_call.call(experiment, "from_config")
        assert caught.value.where == "params.quantization_config"
        assert caught.value.expected == "int8, int4, float8"
        assert (keras.config.image_data_format(), keras.config.epsilon()) == before
    finally:
        keras.config.set_image_data_format(before[0])
        keras.config.set_epsilon(before[1])


@pytest.mark.parametrize(("name", "params"), NESTED)
def test_sound_layers_are_revived_from_classes_of_keras_only(name: str, params: dict[str, Any], spy: Spy) -> None:
    experiment = Experiment(f"keras.layers.{name}", params)
    if params.get("layer", {}).get("class_name") == "Bidirectional":
        experiment = experiment.change(inputs=[{"kind": "normal", "shape": [2, 2, 3, 4]}])
    run(experiment)
    for call in ("from_config", "deserialize", "load_model"):
        assert run_call.call(experiment, call).code
    known = {
        public
        for module in (keras, keras.layers, keras.initializers, keras.regularizers, keras.quantizers)
        for public in dir(module)
    }
    assert spy.classes() <= known | {"Functional", "function", "__keras_tensor__", "__tuple__", "Zeros"}
    assert spy.described


def test_the_doctor_resolves_no_text_of_a_link(spy: Spy) -> None:
    text = "keras>src>saving>load_model"
    others(keras.layers.StringLookup, "oov_token", text)
    assert text not in [asked for asked in spy.described if isinstance(asked, str)]
    assert "tanh" in others(keras.layers.Dense, "chosen", "relu"), (
        "a name that Keras knows still has others of its kind"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("renorm_clipping", "json"), {"rmin": 0.5, "rmax": [2, True, None]}),
        (Field("padding", "json", [[1, 1]]), [[1, 2], [3, 4]]),
        (Field("vocabulary", "json", ["a"]), ["module", "keras>src"]),
        (Field("use_cudnn", "json", "auto"), "auto"),
        (Field("backward_layer", "json"), DENSE),
        (Field("cells", "json"), [DENSE, DENSE]),
    ],
)
def test_what_an_argument_is_for_passes(field: Field, value: Any) -> None:
    refuse_objects(field, value, "params.x")


def test_an_argument_that_takes_layers_is_known_by_its_default() -> None:
    """The rule goes by names: it must agree with every card whose default is a layer."""
    for card in CARDS.values():
        for spec in card.fields:
            if spec.kind == "json" and "class_name" in str(spec.default):
                refuse_objects(spec, spec.default, spec.name)
