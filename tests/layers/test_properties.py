"""Every layer of ours against its derivation, over shapes, seeds and parameters that nobody picked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layers
from tests.layers.support import assert_close, derive, invoke, make, weights_of

size = st.integers(1, 6)
batch = st.integers(1, 4)
leading = st.lists(size, min_size=1, max_size=3).map(tuple)
activation = st.sampled_from(["linear", "relu", "tanh", "sigmoid", "softmax"])


@st.composite
def two_inputs(draw: Any) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
    first, features, output = draw(leading), draw(size), draw(size)
    b = tuple(draw(st.sampled_from([n, 1])) for n in (*first, output))
    return {"output_dim": output}, [(*first, features), b]


def one(params: st.SearchStrategy[dict[str, Any]], shape: st.SearchStrategy[tuple[int, ...]]) -> Any:
    return st.tuples(params, shape.map(lambda drawn: [drawn]))


def dictionary(**values: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(values)


any_rank = st.tuples(leading, size).map(lambda drawn: (*drawn[0], drawn[1]))
sequence = st.tuples(batch, size, size)
window = st.tuples(st.integers(1, 3), st.integers(1, 3))
CASES: dict[str, Any] = {
    "center_zero": one(dictionary(height=st.integers(0, 8), width=st.integers(0, 8)), any_rank),
    "linear": one(dictionary(units=size, use_bias=st.booleans()), any_rank),
    "my_layer": one(dictionary(output_dim=size), any_rank),
    "matmul": one(dictionary(output_dim=size), any_rank),
    "my_multi_layer": two_inputs(),
    "attention": one(dictionary(bias=st.sampled_from(["per_step", "scalar"])), sequence),
    "max_pooling": one(
        dictionary(
            pool_size=window,
            strides=st.none() | window,
            padding=st.sampled_from(["valid", "same"]),
            pool_mode=st.sampled_from(["max", "average"]),
            data_format=st.sampled_from(["channels_last", "channels_first"]),
        ),
        st.tuples(batch, st.integers(3, 7), st.integers(3, 7), st.integers(3, 4)),
    ),
    "layer_stack": one(dictionary(depth=st.integers(1, 4), units=size, activation=activation), any_rank),
    "masked_mean": one(st.just({}), sequence),
    "simple_cell": one(
        dictionary(units=size, activation=activation, return_sequences=st.booleans(), go_backwards=st.booleans()),
        sequence,
    ),
    "stateless_lambda": one(
        dictionary(
            function=st.sampled_from(["square", "scale", "antirectifier", "unit_length", "reverse"]),
            factor=st.floats(-5, 5),
        ),
        any_rank,
    ),
}


def test_every_custom_card_is_drawn() -> None:
    assert set(CASES) == {card.id for card in layers.catalogue().values() if card.group == "custom"}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1))
def test_a_layer_agrees_with_its_derivation(name: str, data: Any, seed: int) -> None:
    card = layers.catalogue()[name]
    params, shapes = data.draw(CASES[name])
    generator = np.random.default_rng(seed)
    inputs = [generator.standard_normal(shape).astype("float32") for shape in shapes]
    mask = generator.random(shapes[0][:2]) < 0.6 if card.masks and data.draw(st.booleans()) else None
    layer = make(card, params, seed=seed)
    layer.build(*shapes)
    for weight in layer.trainable_weights:  # initial zeros would hide a bias that is left out
        weight.assign(generator.standard_normal(weight.shape))
    outputs = invoke(card, layer, inputs, mask=mask)
    assert_close(outputs, derive(card, inputs, weights_of(layer), params, mask))
    declared = layer.compute_output_shape(*shapes)
    declared = declared if isinstance(declared, list) else [declared]
    assert [tuple(output.shape) for output in outputs] == [tuple(shape) for shape in declared]


RECURRENT = ("keras.layers.SimpleRNN", "keras.layers.LSTM")


@pytest.mark.parametrize("name", RECURRENT)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1))
def test_recurrent_layers_of_keras_with_masks(name: str, data: Any, seed: int) -> None:
    card = layers.catalogue()[name]
    flags = ("return_sequences", "return_state", "go_backwards", "use_bias", "unroll")
    params = {"units": data.draw(size)} | {flag: data.draw(st.booleans()) for flag in flags}
    shape = data.draw(sequence)
    generator = np.random.default_rng(seed)
    inputs = [generator.standard_normal(shape).astype("float32")]
    mask = generator.random(shape[:2]) < 0.6 if data.draw(st.booleans()) else None
    layer = make(card, params, seed=seed)
    layer.build(shape)
    for weight in layer.trainable_weights:
        weight.assign(generator.standard_normal(weight.shape))
    assert_close(invoke(card, layer, inputs, mask=mask), derive(card, inputs, weights_of(layer), params, mask))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data(), seed=st.integers(0, 2**31 - 1))
def test_conv2d(data: Any, seed: int) -> None:
    card = layers.catalogue()["keras.layers.Conv2D"]
    groups = data.draw(st.integers(1, 2))
    dilated = data.draw(st.booleans())
    params = {
        "filters": groups * data.draw(st.integers(1, 2)),
        "groups": groups,
        "kernel_size": data.draw(window),
        "strides": (1, 1) if dilated else data.draw(window),
        "dilation_rate": data.draw(st.integers(1, 2).map(lambda n: (n, n))) if dilated else (1, 1),
        "padding": data.draw(st.sampled_from(["valid", "same"])),
        "use_bias": data.draw(st.booleans()),
    }
    shape = (data.draw(batch), data.draw(st.integers(5, 8)), data.draw(st.integers(5, 8)), groups * 2)
    generator = np.random.default_rng(seed)
    inputs = [generator.standard_normal(shape).astype("float32")]
    layer = make(card, params, seed=seed)
    assert_close(invoke(card, layer, inputs), derive(card, inputs, weights_of(layer), params))
