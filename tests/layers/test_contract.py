"""What every card keeps, whoever wrote its layer."""

from __future__ import annotations

import importlib
import inspect
import json

import numpy as np
import pytest

import layers
from explorer.experiment.recipes import FLOAT_DTYPES, checked_value
from layers.activations import ACTIVATIONS
from layers.card import GROUPS, SCALES, Card, Example
from tests.layers.support import (
    arrays,
    complete,
    derive,
    edit,
    invoke,
    layer_files,
    make,
    recipes,
    run_example,
    to_numpy,
    weights_of,
)

CARDS = dict(layers.catalogue())
CALLED = {name: card for name, card in CARDS.items() if not card.symbolic}
EXAMPLES = [
    (card, example)
    for card in CALLED.values()
    for example in (Example("Defaults"), *card.examples)
    if not example.then  # `explorer` runs chains; here is one layer at a time
]
NOT_ARGUMENTS = {"self", "args", "kwargs"}

every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
every_called_card = pytest.mark.parametrize("card", CALLED.values(), ids=CALLED.keys())
every_example = pytest.mark.parametrize(
    ("card", "example"), EXAMPLES, ids=[f"{card.id}: {example.title}" for card, example in EXAMPLES]
)


def test_a_card_read_without_running_the_file_is_the_modules_card() -> None:
    found = {}
    for name, path in layer_files():
        card = layers.read_card(path)
        if card is not None:
            assert card == importlib.import_module(name).CARD
            found[card.id] = card
    assert found == CARDS


@every_card
def test_its_words(card: Card) -> None:
    assert card.group in GROUPS
    assert card.title and card.summary and len(card.story) > 150
    assert card.summary.endswith(".")
    assert all(field.help for field in card.fields), "a field without help"
    assert all(example.title and example.shows for example in card.examples), "an example that says nothing"
    assert all(tensor.scale in SCALES for tensor in card.tensors)
    assert len({example.title for example in card.examples}) == len(card.examples) > 0
    assert len({tensor.name for tensor in card.tensors}) == len(card.tensors)


@every_card
def test_documents_are_shown_by_examples(card: Card) -> None:
    shown = {example.document for example in card.examples} - {""}
    assert shown <= set(card.documents) <= {"000", "001", "002", "003", "004"}
    assert shown, "a card of a document without an example of it"


@every_card
def test_fields_are_the_constructors_arguments(card: Card) -> None:
    signature = inspect.signature(card.layer_class)
    fields = {field.name: field for field in card.fields}
    wanted = set(signature.parameters) - NOT_ARGUMENTS
    missing = wanted - set(fields) - ({"name"} if not card.symbolic else set())
    assert not missing, f"arguments without a field: {missing}"
    spare = set(fields) - wanted
    assert spare <= {"input_length", "activity_regularizer"}, f"fields without an argument: {spare}"
    for name in wanted & set(fields):
        default = signature.parameters[name].default
        if default is not inspect.Parameter.empty and (card.id, name) != ("keras.Input", "shape"):
            given = fields[name].default
            assert (tuple(given) if isinstance(given, (tuple, list)) else given) in (default, default or False)


@every_card
def test_defaults_and_examples_fit_the_fields(card: Card) -> None:
    fields = {field.name: field for field in card.fields}
    for field in fields.values():
        assert field.default is not None or field.optional
        checked_value(field, field.default, "params")
    for example in card.examples:
        assert set(example.params) <= set(fields)
        assert len(example.inputs) <= len(card.inputs)
        assert example.dtype in FLOAT_DTYPES
        for name, value in example.params.items():
            checked_value(fields[name], value, "params")
        recipes(card, example.inputs)  # a Problem, if one is not understood


@every_card
def test_activation_fields_offer_what_the_derivations_know(card: Card) -> None:
    for field in card.fields:
        if "activation" in field.name:
            assert field.choices == tuple(ACTIVATIONS)


@every_example
def test_an_example_runs_and_agrees_with_its_derivation(card: Card, example: Example) -> None:
    layer, inputs, outputs = run_example(card, example)
    named = {tensor.name: tensor for tensor in card.tensors}
    for path, value in weights_of(layer).items():
        if path in named:
            assert len(named[path].axes) >= value.ndim
    for spec, array in zip(card.inputs, inputs, strict=True):
        assert array.size <= 4096, "an example should be small enough to look at"
        assert spec.name
    assert all(np.isfinite(to_numpy(output)).all() for output in outputs)


@every_called_card
@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_other_dtypes_agree_too(card: Card, dtype: str) -> None:
    params = {}
    if dtype == "bfloat16" and any(field.name == "recurrent_initializer" for field in card.fields):
        params = {"recurrent_initializer": "glorot_uniform"}  # TensorFlow has no bfloat16 QR for "orthogonal"
    _, _, outputs = run_example(card, Example("Defaults", params=params), dtype=dtype)
    assert {str(output.dtype.name) for output in outputs} == {dtype}


@every_called_card
def test_the_derivation_depends_on_what_it_is_given(card: Card) -> None:
    """A derivation that ignored its inputs could agree by chance; this one cannot."""
    example = Example("Defaults")
    layer, inputs = make(card, {}), arrays(card, example)
    invoke(card, layer, inputs)
    before = derive(card, inputs, weights_of(layer), {})
    after = derive(card, [inputs[0] - 1, *inputs[1:]], weights_of(layer), {})
    assert any(not np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@every_called_card
def test_config_survives_json_and_gives_the_same_layer(card: Card) -> None:
    from keras.src.saving import deserialize_keras_object, serialize_keras_object

    example = [example for example in card.examples if not example.then][-1]
    layer, inputs = make(card, example.params), arrays(card, example)
    invoke(card, layer, inputs)
    edit(layer, inputs, example)
    twin = deserialize_keras_object(json.loads(json.dumps(serialize_keras_object(layer))))
    twin.set_weights(layer.get_weights())
    assert json.dumps(twin.get_config()) == json.dumps(layer.get_config())  # JSON has one kind of sequence
    for one, other in zip(invoke(card, layer, inputs), invoke(card, twin, inputs), strict=True):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))


@pytest.mark.parametrize("card", [card for card in CARDS.values() if card.symbolic], ids=lambda card: card.id)
def test_a_symbolic_card_makes_symbolic_tensors(card: Card) -> None:
    import keras

    for example in card.examples:
        tensor = make(card, example.params)
        assert keras.utils.is_keras_tensor(tensor)
        wanted = complete(card, example.params)
        shape = wanted["batch_shape"] or (wanted["batch_size"], *wanted["shape"])
        assert tuple(tensor.shape) == tuple(shape)


CHOICES = [
    (card, field, choice)
    for card in CALLED.values()
    for field in card.fields
    if field.kind == "choice" and card.id.startswith("keras.")
    for choice in field.choices
    if (card.id, choice) != ("keras.layers.Conv2D", "channels_first")  # TensorFlow's plain kernels refuse it on a CPU
]


@pytest.mark.parametrize("name", sorted({field.name for _, field, _ in CHOICES}))
def test_every_choice_of_a_stock_field_is_accepted_by_keras(name: str) -> None:
    """Each identifier is a real one, and works on a tensor of the rank that the layer gives it."""
    tried = 0
    for card, field, choice in CHOICES:
        if field.name == name:
            layer = make(card, {field.name: choice})
            # as large along every axis, so that the channels may stand anywhere
            example = Example("Defaults", inputs=({"shape": (1, 8, 8, 8)},) if field.name == "data_format" else ())
            outputs = invoke(card, layer, arrays(card, example))
            assert outputs and all(loss is not None for loss in layer.losses)
            tried += 1
    assert tried > 0


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_agree_with_keras(activation: str) -> None:
    import keras

    values = np.linspace(-8, 8, 231).reshape(33, 7)
    got = keras.ops.convert_to_numpy(keras.activations.get(activation)(keras.ops.convert_to_tensor(values, "float64")))
    np.testing.assert_allclose(ACTIVATIONS[activation](values), got, rtol=1e-6, atol=1e-7)
