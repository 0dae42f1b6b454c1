"""Parameters become a layer, or a problem that names both sides."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.core.build import build_layer, complete_params
from explorer.core.catalog.cards import find_card
from explorer.core.names import reset_names
from explorer.core.plain import plain
from explorer.model.problem import Problem
from layers.card import Card, Field


def build(name: str, dtype: str = "float32", **params: Any) -> Any:
    return build_layer(find_card(f"keras.layers.{name}"), params, dtype)


def refused(name: str, **params: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        build(name, **params)
    return caught.value


# --------------------------------------------------------------------------------------------- what it makes
def test_parameters_change_the_output() -> None:
    x = np.ones((1, 8, 8, 3), "float32")
    assert build("DepthwiseConv2D", depth_multiplier=2)(x).shape == (1, 6, 6, 6)
    assert build("AveragePooling2D", pool_size=[4, 4])(x).shape == (1, 2, 2, 3)
    assert build("AveragePooling2D", strides=[1, 1])(x).shape == (1, 7, 7, 3)
    assert build("ZeroPadding2D", padding=[2, 0])(x).shape == (1, 12, 8, 3)
    assert build("Permute", dims=[3, 1, 2])(x).shape == (1, 3, 8, 8)
    assert build("Reshape", target_shape=[4, -1])(x).shape == (1, 4, 48)
    np.testing.assert_allclose(build("Rescaling", scale=3, offset=1.0)(x), 4.0)


def test_lists_of_pairs_stay_pairs() -> None:
    layer = build("Cropping2D", cropping=[[1, 2], [0, 3]])
    assert layer(np.ones((1, 8, 8, 1), "float32")).shape == (1, 5, 5, 1)


def test_an_inner_layer_is_built_from_json() -> None:
    layer = build("Bidirectional", layer={"class_name": "GRU", "config": {"units": 6}}, merge_mode="sum")
    assert isinstance(layer.forward_layer, keras.layers.GRU)
    assert layer(np.ones((2, 5, 4), "float32")).shape == (2, 6)


def test_lists_of_inner_layers_and_layers_within_layers() -> None:
    inner = {"class_name": "TimeDistributed", "config": {"layer": {"class_name": "ELU", "config": {"alpha": 2.0}}}}
    layer = build("TimeDistributed", layer=inner)
    np.testing.assert_allclose(layer(-np.ones((1, 2, 3, 4), "float32")), 2 * np.expm1(-1), rtol=1e-6)
    cells = [{"class_name": "GRUCell", "config": {"units": 3}}, {"class_name": "keras.layers.LSTMCell"}]
    stack = build("StackedRNNCells", cells=cells)
    assert [type(cell).__name__ for cell in stack.cells] == ["GRUCell", "LSTMCell"]


def test_an_inner_layer_may_be_an_alias_or_one_of_ours() -> None:
    inner = {"class_name": "AvgPool1D", "config": {"pool_size": 2}}
    assert isinstance(build("TimeDistributed", layer=inner).layer, keras.layers.AveragePooling1D)
    inner = {"class_name": "center_zero", "config": {"height": 1, "width": 1}}
    assert type(build("TimeDistributed", layer=inner).layer).__name__ == "CenterZero"


def test_the_dtype_reaches_the_layer_and_its_inner_layer() -> None:
    layer = build("TimeDistributed", dtype="float64")
    assert layer.dtype == layer.layer.dtype == "float64"


def test_a_layer_of_ids_keeps_its_integer_dtype() -> None:
    words = keras.ops.convert_to_tensor([["cat", "dog"]], dtype="string")
    assert build("StringLookup", dtype="float64")(words).dtype == "int64"
    assert build("CategoryEncoding", dtype="float64", output_mode="multi_hot")(np.array([[0, 2]])).dtype == "float64"


def test_a_lambda_takes_a_named_function_only() -> None:
    np.testing.assert_allclose(build("Lambda", function="negative")(np.ones((2, 2), "float32")), -1)
    problem = refused("Lambda", function="__import__('os').system('true')")
    assert problem.where == "params.function"


def test_not_set_is_none_even_where_the_constructor_has_a_default() -> None:
    """The screen says "not set" for LSTM's activation; the layer must not answer with tanh."""
    card = Card(
        "x",
        "x",
        "keras.layers:LSTM",
        "recurrent",
        "",
        fields=(Field("units", "integer", 4), Field("activation", "choice", "tanh", choices=("tanh",), optional=True)),
    )
    assert build_layer(card, {"activation": None}, "float32").activation is keras.activations.linear
    assert build_layer(card, {}, "float32").activation is keras.activations.tanh


def test_names_are_the_same_on_every_run() -> None:
    def names() -> list[str]:
        layer = build("MultiHeadAttention")
        layer(np.ones((1, 2, 3), "float32"), np.ones((1, 2, 3), "float32"))
        return [weight.path for weight in layer.weights]

    assert names() == names()
    assert build("ELU").name == build("ELU").name == "elu"


def test_without_a_reset_names_count_on() -> None:
    reset_names()
    card = find_card("keras.layers.ELU")
    assert [build_layer(card, {}, "float32", seed_reset=False).name for _ in range(2)] == ["elu", "elu_1"]


def test_a_symbolic_card_gives_a_symbolic_tensor() -> None:
    card = Card("i", "Input", "keras:Input", "core", "", fields=(Field("shape", "json", (3, None)),), symbolic=True)
    tensor = build_layer(card, {}, "float16")
    assert keras.backend.is_keras_tensor(tensor)
    assert tensor.shape == (None, 3, None) and tensor.dtype == "float16"


def unpretentious(units: int) -> keras.layers.Layer:
    return keras.layers.Dense(units)


def test_a_factory_that_takes_no_dtype_gets_none() -> None:
    card = Card("f", "f", f"{__name__}:unpretentious", "custom", "", fields=(Field("units", "integer", 3),))
    assert build_layer(card, {}, "float64").units == 3


def test_complete_params_are_the_defaults_and_the_given() -> None:
    card = find_card("keras.layers.Conv1D")
    params = complete_params(card, {"filters": 7})
    assert (params["filters"], params["padding"], params["activation"]) == (7, "valid", None)
    assert set(params) == {field.name for field in card.fields}


# --------------------------------------------------------------------------------------------- what it refuses
@pytest.mark.parametrize(
    ("name", "params", "where", "expected", "received"),
    [
        ("Conv1D", {"filters": 0}, "params.filters", "1 ... 4096", "0"),
        ("Conv1D", {"filters": 10**12}, "params.filters", "1 ... 4096", "1000000000000"),
        ("Conv1D", {"filters": 2.5}, "params.filters", "integer", "2.5"),
        ("Conv1D", {"filters": "many"}, "params.filters", "integer", "'many'"),
        ("Conv1D", {"filters": None}, "params.filters", "integer", "None"),
        ("Conv1D", {"padding": "sane"}, "params.padding", "valid, same, causal", "'sane'"),
        ("Conv1D", {"filtres": 4}, "params.filtres", "filters, kernel_size", "filtres"),
        ("Conv3D", {"kernel_size": [3, 3, 1000]}, "params.kernel_size", "1 ... 32", "[3, 3, 1000]"),
        ("Conv1D", {"filters": 3, "groups": 2}, "params.filters", "evenly divisible", "groups=2, filters=3"),
        ("Permute", {"dims": [1, 3]}, "params.dims", "consecutive and start from 1", "dims=(1, 3)"),
        ("ZeroPadding3D", {"padding": [[1, 1], [1, 1], [1, 10**9]]}, "params.padding", "64", "1000000000"),
        ("Dropout", {"noise_shape": [4000, 4000]}, "params.noise_shape", "4,194,304", "4000"),
        ("Dropout", {"rate": 2}, "params.rate", "0 ... 0.99", "2"),
        ("StringLookup", {"vocabulary": "/etc/passwd"}, "params.vocabulary", "[...]", "'/etc/passwd'"),
        ("TextVectorization", {"vocabulary": "/etc/passwd"}, "params.vocabulary", "[...]", "'/etc/passwd'"),
        ("RNN", {"cell": {"class_name": "Dense"}}, "params.cell", "state_size", "Dense"),
        (
            "RNN",
            {"cell": {"class_name": "LSTMCell", "config": {"units": 10**9}}},
            "params.cell.units",
            "16384",
            "10000",
        ),
        ("RNN", {"cell": {"class_name": "LSTMCel"}}, "params.cell", "keras.layers.LSTMCell", "LSTMCel"),
        ("RNN", {"cell": {"class_name": ["os"]}}, "params.cell", "class_name", "['os']"),
        ("RNN", {"cell": {"class_name": "LSTMCell", "config": {"unit": 1}}}, "params.cell.unit", "units", "unit"),
        ("TimeDistributed", {"layer": {"class_name": "Wrapper"}}, "params.layer", "", "Wrapper"),
        ("TimeDistributed", {"layer": 5}, "params", "`keras.layers.Layer` instance", "5"),
        ("StackedRNNCells", {"cells": [{"class_name": "GRUCell"}] * 17}, "params.cells", "<= 16", "17"),
    ],
)
def test_what_is_refused_names_both_sides(
    name: str, params: dict[str, Any], where: str, expected: str, received: str
) -> None:
    problem = refused(name, **params)
    assert problem.where == where
    assert expected in problem.expected
    assert received in problem.received
    assert "{" not in str(problem.what)


def test_a_constructors_own_words_are_kept_as_the_detail() -> None:
    problem = refused("GroupQueryAttention", num_query_heads=3)
    assert problem.where == "params.num_query_heads"
    assert problem.received == "num_query_heads=3"
    assert "divisible by `num_key_value_heads`" in problem.detail


def test_nesting_has_an_end() -> None:
    inner: dict[str, Any] = {"class_name": "ELU"}
    for _ in range(30):
        inner = {"class_name": "TimeDistributed", "config": {"layer": inner}}
    assert refused("TimeDistributed", layer=inner).received == "5"


def test_a_class_that_this_keras_lacks() -> None:
    card = Card("keras.layers.Future", "Future", "keras.layers:Future", "core", "")
    with pytest.raises(Problem) as caught:
        build_layer(card, {}, "float32")
    assert keras.__version__ in caught.value.received


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["Conv1D", "Conv2D", "RNN", "Reshape", "Dropout", "StringLookup", "EinsumDense"]),
    data=st.data(),
)
def test_any_json_gives_a_layer_or_a_problem(name: str, data: st.DataObject) -> None:
    card = find_card(f"keras.layers.{name}")
    params = data.draw(st.dictionaries(st.sampled_from([field.name for field in card.fields]), JSON, max_size=3))
    try:
        assert isinstance(build_layer(card, params, "float32"), keras.layers.Layer)
    except Problem as problem:
        assert problem.where.startswith("params")
        assert problem.expected


# --------------------------------------------------------------------------------------------- plain text
def test_colours_are_removed() -> None:
    assert plain("\x1b[1mException\x1b[0m in \x1b[38;5;34mDense\x1b[0m") == "Exception in Dense"
    assert plain("\x1b]8;;http://x\x07link\x1b]8;;\x07 [1m stays") == "link [1m stays"
