"""A chain: the first layer as it is alone, the others on what comes before, masks and training handed on."""

from __future__ import annotations

import dataclasses
import gc
import inspect
import os
import weakref
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import layers
from explorer.core.catalog.cards import find_card
from explorer.core.catalog.derive import derived_cards
from explorer.core.chain import layer as chain_layer
from explorer.core.chain.layer import Chain
from explorer.core.chain.trace import check_chain
from explorer.core.run import run
from explorer.core.training import training_step
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Edit, Experiment
from explorer.experiment.chains import link_names
from explorer.model.problem import Problem
from explorer.model.trace import Frame, Tensor, Trace

STOCK = "keras.layers."
TOKENS = {"kind": "typed", "shape": [2, 4], "values": [3, 1, 5, 0, 2, 4, 0, 0]}
VERDICT = Experiment(
    f"{STOCK}Embedding",
    {"input_dim": 6, "output_dim": 3, "mask_zero": True},
    (TOKENS,),  # type: ignore[arg-type]
    edits=(Edit("weight:attention/attention_weight", (0, 0), 40.0), Edit("weight:dense/bias", (1,), 0.5)),
    then=(("attention", {"bias": "scalar"}), (f"{STOCK}Dense", {"units": 2})),  # type: ignore[arg-type]
)
SOURCE = """\
def call(self, tokens, training=None):
    # Keras itself hands the mask and `training` on.
    embedding = self.embedding(tokens)
    attention = self.attention(embedding)
    dense = self.dense(attention)
    return dense
"""


def chain(first: str, *following: Any, **parts: Any) -> Experiment:
    """An experiment of Keras's own layers, by their bare names; a pair gives parameters, too."""
    pairs = [link if isinstance(link, tuple) else (link, {}) for link in following]
    return Experiment(_id(first), then=tuple((_id(name), params) for name, params in pairs), **parts)  # type: ignore[misc]


def _id(name: str) -> str:
    return name if name in layers.catalogue() else STOCK + name


def named(trace: Trace, name: str) -> np.ndarray:
    """The value of a named local of any frame."""
    return next(tensor.value for frame in trace.frames for tensor in _inside(frame) if tensor.name == name)


def _inside(frame: Frame) -> list[Tensor]:
    own = [value for step in frame.steps for value in step.values]
    return own + [tensor for child in frame.children for tensor in _inside(child)]


# ------------------------------------------------------------------------------------------------ the call
def test_the_call_is_written_out_and_every_layer_opens_below_it() -> None:
    layer = LayerUnderTest(VERDICT).make()
    assert inspect.getsource(type(layer).call) == SOURCE
    (frame,) = run(VERDICT).frames
    assert (frame.function, frame.source) == ("Chain.call", SOURCE)
    assert [child.function for child in frame.children] == ["Embedding.call", "Attention.call", "Dense.call"]
    assert [child.called_from for child in frame.children] == [0, 1, 2]
    assert [step.target for step in frame.steps] == ["embedding", "attention", "dense"]


def test_a_class_that_is_collected_late_leaves_the_source_of_its_successor() -> None:
    """A class dies some time after it was put out of the cache of classes, when its successor may be in use."""
    first = type(LayerUnderTest(VERDICT).make())
    chain_layer._chain_class.cache_clear()
    second = type(LayerUnderTest(VERDICT).make())
    assert second is not first
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None
    assert inspect.getsource(second.call) == SOURCE


def test_the_numbers_are_those_of_the_layers_called_one_after_the_other() -> None:
    trace = run(VERDICT)
    test = LayerUnderTest(VERDICT)
    card, layer, (tokens,) = test.card, test.make(), test.arrays
    for _, link in layer.links():
        assert isinstance(link, keras.layers.Layer)
    for edit in VERDICT.edits:
        path = edit.tensor.removeprefix("weight:").split("/")
        layer(keras.ops.convert_to_tensor(tokens))
        variable = getattr(getattr(layer, path[0]), path[1])
        array = np.array(variable)
        array[edit.index] = edit.value
        variable.assign(array)
    value: Any = keras.ops.convert_to_tensor(tokens)
    for name, link in layer.links():
        value = link(value, training=False)
        np.testing.assert_array_equal(named(trace, name), value)
    np.testing.assert_array_equal(trace.outputs[0].value, value)
    assert card.title == "Embedding → Attention → Dense"


def test_the_mask_travels() -> None:
    """Alpha is 0 on padding, and a padded sentence gives what it gives without its padding."""
    trace = run(VERDICT)
    alpha = named(trace, "alpha")
    tokens = np.reshape(TOKENS["values"], (2, 4))  # type: ignore[arg-type]
    assert ((alpha == 0) == (tokens == 0)).all()
    np.testing.assert_allclose(alpha.sum(axis=1), 1, rtol=1e-6)
    short = run(VERDICT.change(inputs=({"kind": "typed", "shape": [1, 2], "values": [2, 4]},)))
    np.testing.assert_allclose(short.outputs[0].value[0], trace.outputs[0].value[1], rtol=1e-6)
    unmasked = run(VERDICT.change(params={**VERDICT.params, "mask_zero": False}))
    assert (named(unmasked, "alpha") > 0).all()


def test_a_mask_of_the_first_input_travels_through_layers_that_pass_it_on() -> None:
    experiment = chain(
        "Identity", "masked_mean", inputs=({"kind": "arange", "shape": [1, 3, 1]},), mask={"kind": "last", "count": 1}
    )
    assert run(experiment).outputs[0].value.tolist() == [[0.5]]
    assert run(experiment.change(mask=None)).outputs[0].value.tolist() == [[1.0]]


def test_training_travels() -> None:
    experiment = chain("Dense", ("Dropout", {"rate": 0.5}), inputs=({"kind": "normal", "shape": [8, 8]},))
    resting, trained = run(experiment), run(experiment.change(training=True))
    np.testing.assert_array_equal(resting.outputs[0].value, named(resting, "dense"))
    dense, dropped = named(trained, "dense"), trained.outputs[0].value
    assert 0 < np.count_nonzero(dropped == 0) < dropped.size
    np.testing.assert_array_equal(dropped[dropped != 0], dense[dropped != 0] * 2)


@pytest.mark.parametrize("first", ["Embedding", "LSTM", "MultiHeadAttention", "Conv2D", "Dropout", "linear", "GRU"])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_first_layer_is_the_one_it_is_alone(first: str, seed: int) -> None:
    alone = run(chain(first, seed=seed, training=True))
    trace = run(chain(first, "Dense", "LayerNormalization", seed=seed, training=True))
    assert alone.frames[0].function != "Chain.call"
    assert [x.value.tobytes() for x in alone.inputs] == [x.value.tobytes() for x in trace.inputs]
    name = trace.frames[0].steps[0].target
    weights = {weight.name: weight.value for weight in trace.weights}
    for weight in alone.weights:
        np.testing.assert_array_equal(weights[f"{name}/{weight.name}"], weight.value)
    np.testing.assert_array_equal(named(trace, name), alone.outputs[0].value)


def test_every_layer_that_opens_can_be_the_first_and_stays_as_it_is_alone() -> None:
    cards = {**layers.catalogue(), **derived_cards()}
    opened = [name for name, card in cards.items() if not card.symbolic]
    assert len(opened) > 100
    for name in opened:
        alone = run(Experiment(name, training=True))
        trace = run(chain(name.removeprefix(STOCK), "Identity", training=True))
        (first, *_) = link_names([cards[name], cards[f"{STOCK}Identity"]])
        assert [weight.name for weight in trace.weights] == [f"{first}/{weight.name}" for weight in alone.weights], name
        pairs = [*zip(alone.weights, trace.weights, strict=True), *zip(alone.outputs, trace.outputs, strict=True)]
        for one, other in pairs:
            np.testing.assert_array_equal(one.value, other.value, err_msg=f"{name}, {one.name}")


def test_a_chain_gives_the_same_bits_again() -> None:
    experiment = chain("Embedding", "MultiHeadAttention", ("Dropout", {"rate": 0.3}), "Dense", training=True, seed=3)
    one, two = ([(t.id, t.name, t.value.tobytes()) for t in run(experiment).tensors()] for _ in range(2))
    assert one == two


def test_several_outputs_travel_as_a_list() -> None:
    trace = run(chain("LSTM", "Concatenate", params={"return_state": True}))
    alone = run(chain("LSTM", params={"return_state": True}))
    assert len(alone.outputs) == 3
    np.testing.assert_array_equal(
        trace.outputs[0].value, np.concatenate([tensor.value for tensor in alone.outputs], axis=-1)
    )


def test_attention_on_one_tensor_is_self_attention() -> None:
    trace = run(chain("Embedding", "Attention", inputs=({"kind": "typed", "shape": [1, 3], "values": [1, 2, 3]},)))
    assert "attention = self.attention([embedding, embedding])" in trace.frames[0].source
    x = named(trace, "embedding")
    scores = np.exp(x[0] @ x[0].T)
    np.testing.assert_allclose(trace.outputs[0].value[0], scores / scores.sum(1, keepdims=True) @ x[0], rtol=1e-5)


def test_several_inputs_are_passed_as_the_first_layer_takes_them() -> None:
    spread = run(chain("MultiHeadAttention", "Dense"))
    assert spread.frames[0].source.startswith("def call(self, query, value, training=None):")
    listed = run(chain("Add", "Dense"))
    assert "add = self.add(inputs)" in listed.frames[0].source
    np.testing.assert_array_equal(named(listed, "add"), sum(tensor.value for tensor in listed.inputs))


def test_repeated_layers_are_numbered_and_their_weights_named_after_them() -> None:
    last = ("Dense", {"units": 2, "use_bias": False})
    trace = run(chain("Dense", ("Dense", {"units": 3}), last, inputs=({"kind": "ones", "shape": [2, 5]},)))
    assert [(weight.name, weight.value.shape, weight.initializer) for weight in trace.weights] == [
        ("dense/kernel", (5, 4), "GlorotUniform"),
        ("dense/bias", (4,), "Zeros"),
        ("dense_1/kernel", (4, 3), "GlorotUniform"),
        ("dense_1/bias", (3,), "Zeros"),
        ("dense_2/kernel", (3, 2), "GlorotUniform"),
    ]
    assert [weight.axes for weight in trace.weights][:2] == [("features", "units"), ("units",)]


def test_no_layer_has_the_name_of_something_that_layers_have() -> None:
    cards = {**layers.catalogue(), **derived_cards()}
    own = keras.layers.Layer()
    for card in cards.values():
        (name,) = link_names([dataclasses.replace(card, inputs=())])
        assert name.isidentifier() and not hasattr(own, name), card.id


def test_the_names_of_a_layers_card_are_used_inside_it() -> None:
    trace = run(VERDICT)
    (alpha,) = (tensor for tensor in _inside(trace.frames[0]) if tensor.name == "alpha")
    assert (alpha.axes, alpha.scale) == (("batch", "time"), "probability")
    assert trace.tensor("weight:attention/attention_weight").axes == ("features", "score")


# --------------------------------------------------------------------------------------------------- shapes
@pytest.mark.parametrize(
    ("experiment", "shapes", "expected"),
    [
        (VERDICT, [(2, 4)], (2, 2)),
        (VERDICT, [(None, 9)], (None, 2)),
        (chain("MultiHeadAttention", ("Dense", {"units": 5})), [(2, 4, 6), (2, 3, 6)], (2, 4, 5)),
        (chain("Add", ("Dense", {"units": 5})), [[(3, 4), (3, 4)]], (3, 5)),
    ],
)
def test_the_output_shape_is_known_without_a_call(experiment: Experiment, shapes: list[Any], expected: Any) -> None:
    layer = LayerUnderTest(experiment).make()
    if experiment is not VERDICT:
        run(experiment)
    assert tuple(layer.compute_output_shape(*shapes)) == expected


def test_its_weights_train() -> None:
    step = training_step(VERDICT)
    moved = {weight.name: bool((weight.after != weight.before).any()) for weight in step.weights}
    assert moved == {weight.name: True for weight in run(VERDICT).weights}
    frozen = training_step(VERDICT.change(trainable=False))
    assert not any((weight.after != weight.before).any() for weight in frozen.weights)


# ------------------------------------------------------------------------------------------------- problems
REFUSED: list[tuple[Experiment, str, str, str, str]] = [
    (
        chain("Dense", "Dense", "LSTM"),
        "Layer 3 of 3, LSTM: The input has the wrong number of axes.",
        "3",
        "2 ",
        "then.1",
    ),
    (
        chain("Embedding", ("Embedding", {"input_dim": 1}), params={"embeddings_initializer": "ones"}),
        "Layer 2 of 2, Embedding: An id points outside of its table (cell 0,0,0).",
        "0 ... 0",
        "1",
        "then.0",
    ),
    (
        chain("Embedding", "Dense", params={"input_dim": 3}),
        "Layer 1 of 2, Embedding: An id points outside of its table (cell 0,0).",
        "0 ... 2",
        "4",
        "inputs.0",
    ),
    (
        chain("LSTM", "Dense", inputs=({"kind": "ones", "shape": [2, 2]},)),
        "Layer 1 of 2, LSTM: The input has the wrong number of axes.",
        "3",
        "2 (2, 2)",
        "inputs.0",
    ),
    (chain("Dense", ("Dense", {"units": 0})), "“units” cannot take that value.", "1 ... ", "0", "then.0.units"),
    (chain("Dense", ("Dense", {"speed": 0})), "“Dense” has no parameter “speed”.", "units", "speed", "then.0.speed"),
    (chain("Dense", "LSTMCell"), "takes 2 tensors (inputs, states)", "", "LSTMCell", "then.0"),
    (chain("Dense", "Nothing"), "There is no layer of that name.", "", "keras.layers.Nothing", "then.0"),
    (chain("Dense", "keras.Input"), "“Input” is not a layer", "", "Input", "then.0"),
    (chain("keras.Input", "Dense"), "“Input” is not a layer", "", "Input", "then"),
    (
        chain("Dense", "Dense", edits=(Edit("weight:kernel", (0, 0), 1),)),
        "An edit names a weight that this layer does not have.",
        "dense/kernel",
        "weight:kernel",
        "edits",
    ),
]


@pytest.mark.parametrize(("experiment", "what", "expected", "received", "where"), REFUSED)
def test_what_does_not_fit_says_which_layer(
    experiment: Experiment, what: str, expected: str, received: str, where: str
) -> None:
    with pytest.raises(Problem) as caught:
        run(experiment)
    problem = caught.value
    assert what in str(problem.what) and expected in problem.expected and received in problem.received
    assert problem.where == where


def test_a_repair_concerns_the_layer_that_failed() -> None:
    experiment = chain("Embedding", ("Embedding", {"input_dim": 1}), "Dense", params={"embeddings_initializer": "ones"})
    with pytest.raises(Problem) as caught:
        run(experiment)
    repairs = {str(repair.label): repair.change for repair in caught.value.repairs}
    parts = experiment.to_json()
    for label in ("Set input_dim to 2", "Take “Embedding” out of the chain"):
        run(Experiment.from_json({**parts, **repairs[label]}))
    assert repairs["Set input_dim to 2"] == {"then": [[f"{STOCK}Embedding", {"input_dim": 2}], [f"{STOCK}Dense", {}]]}


def test_what_was_recorded_until_a_layer_failed_is_kept() -> None:
    experiment = chain("Dense", ("Dense", {"units": 3}), "LSTM", inputs=({"kind": "ones", "shape": [2, 5]},))
    with pytest.raises(Problem) as caught:
        run(experiment)
    trace = caught.value.trace
    assert trace is not None and [child.function for child in trace.frames[0].children] == ["Dense.call"] * 2
    assert named(trace, "dense_1").shape == (2, 3)
    assert trace.tensor("weight:dense/kernel").axes == ("features", "units")


# ---------------------------------------------------------------------------------------------------- check
def test_every_layer_is_compared_with_its_derivation() -> None:
    check = run(VERDICT).check
    assert check is not None and check.agrees
    convolution = run(chain("Conv2D", "MaxPooling2D", "Flatten", "Dense")).check
    assert convolution is not None and convolution.agrees


@pytest.mark.parametrize("name", ["embedding", "attention", "dense"])
def test_another_number_in_any_layer_is_seen(name: str) -> None:
    trace = run(VERDICT)
    layer = LayerUnderTest(VERDICT).make()
    run(VERDICT)
    assert isinstance(layer, Chain)
    frame = trace.frames[0]
    steps = tuple(
        step
        if step.target != name
        else dataclasses.replace(step, values=(dataclasses.replace(step.values[0], value=step.values[0].value + 0.01),))
        for step in frame.steps
    )
    wrong = dataclasses.replace(trace, frames=(dataclasses.replace(frame, steps=steps),))
    check = check_chain(wrong, layer)
    assert check is not None and not check.agrees
    right = check_chain(trace, layer)
    assert right is not None and right.agrees


@pytest.mark.parametrize(
    "experiment", [chain("Dense", "LayerNormalization"), chain("Dense", ("Dropout", {"rate": 0.5}), training=True)]
)
def test_a_layer_without_a_derivation_leaves_the_chain_unchecked(experiment: Experiment) -> None:
    assert not find_card(experiment.then[0].layer).reference
    assert run(experiment).check is None
