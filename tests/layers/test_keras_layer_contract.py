"""Keras's own layer test over every layer class in `layers/`, and what it does not look at."""

from __future__ import annotations

import importlib
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.testing import TestCase

from layers.attention import Attention
from layers.center_zero import CenterZero
from layers.layer_stack import LayerStack
from layers.linear import Linear
from layers.masked_mean import MaskedMean
from layers.max_pooling import MaxPooling
from layers.my_layer import MyLayer
from layers.my_multi_layer import MyMultiLayer
from layers.simple_cell import MinimalCell
from layers.stateless_lambda import stateless_lambda
from tests.layers.support import layer_files, to_numpy

CASES: list[tuple[type, dict[str, Any]]] = [
    (
        CenterZero,
        {
            "init_kwargs": {},
            "input_shape": (2, 6, 5),
            "expected_output_shape": (2, 6, 5),
            "expected_num_trainable_weights": 0,
            "expected_num_non_trainable_weights": 1,
            "supports_masking": True,
        },
    ),
    (CenterZero, {"init_kwargs": {"height": 9, "width": 1}, "input_shape": (4, 4), "expected_output_shape": (4, 4)}),
    (
        Linear,
        {
            "init_kwargs": {"units": 4},
            "input_shape": (2, 3),
            "expected_output_shape": (2, 4),
            "expected_num_trainable_weights": 2,
            "supports_masking": True,
        },
    ),
    (
        Linear,
        {
            "init_kwargs": {"units": 5, "input_dim": 3, "use_bias": False, "kernel_initializer": "he_normal"},
            "input_shape": (2, 6, 3),
            "expected_output_shape": (2, 6, 5),
            "expected_num_trainable_weights": 1,
        },
    ),
    (
        MyLayer,
        {
            "init_kwargs": {"output_dim": 3},
            "input_shape": (2, 4),
            "expected_output_shape": (2, 3),
            "expected_num_trainable_weights": 1,
            "supports_masking": True,
        },
    ),
    (MyLayer, {"init_kwargs": {"output_dim": 2}, "input_shape": (2, 5, 3, 4), "expected_output_shape": (2, 5, 3, 2)}),
    (
        MyMultiLayer,
        {
            "init_kwargs": {"output_dim": 4},
            "input_shape": {"a_shape": (3, 2), "b_shape": (3, 4)},
            "input_dtype": {"a_shape": "float32", "b_shape": "float32"},
            "expected_output_shape": [(3, 4), (3,)],
            "expected_num_trainable_weights": 1,
            "run_training_check": False,
        },
    ),  # its model calls layer(x), not layer(a, b): trained below
    (
        Attention,
        {
            "init_kwargs": {},
            "input_shape": (2, 5, 3),
            "expected_output_shape": (2, 3),
            "expected_num_trainable_weights": 2,
            "supports_masking": True,
        },
    ),
    (Attention, {"init_kwargs": {"bias": "scalar"}, "input_shape": (2, 7, 3), "expected_output_shape": (2, 3)}),
    (
        MaxPooling,
        {
            "init_kwargs": {},
            "input_shape": (2, 6, 5, 3),
            "expected_output_shape": (2, 3, 2, 3),
            "expected_num_trainable_weights": 0,
        },
    ),
    (
        MaxPooling,
        {
            "init_kwargs": {
                "pool_size": 3,
                "strides": [2, 1],
                "padding": "same",
                "pool_mode": "average",
                "data_format": "channels_first",
            },
            "input_shape": (2, 3, 5, 6),
            "expected_output_shape": (2, 3, 3, 6),
        },
    ),
    (
        LayerStack,
        {
            "init_kwargs": {"depth": 3, "units": 4},
            "input_shape": (2, 3),
            "expected_output_shape": (2, 4),
            "expected_num_trainable_weights": 6,
            "supports_masking": True,
        },
    ),
    (
        MaskedMean,
        {
            "init_kwargs": {},
            "input_shape": (2, 5, 3),
            "expected_output_shape": (2, 3),
            "expected_num_trainable_weights": 0,
            "supports_masking": True,
        },
    ),
]


@pytest.fixture(autouse=True)
def keras_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's own test puts a new table in the place of the one for the whole process: the old one comes back."""
    for name in ("GLOBAL_STATE_TRACKER", "GLOBAL_SETTINGS_TRACKER"):
        monkeypatch.setattr(global_state, name, getattr(global_state, name))


@pytest.fixture
def keras_test() -> Any:
    case = TestCase()
    case.setUp()
    yield case
    case.tearDown()


@pytest.mark.parametrize(("layer_class", "case"), CASES, ids=[f"{c.__name__}-{i}" for i, (c, _) in enumerate(CASES)])
def test_keras_own_layer_test(keras_test: Any, layer_class: type, case: dict[str, Any]) -> None:
    keras_test.run_layer_test(layer_class, custom_objects={layer_class.__name__: layer_class}, **case)


@pytest.mark.parametrize("return_sequences", [False, True])
def test_keras_own_layer_test_of_the_cell(keras_test: Any, return_sequences: bool) -> None:
    keras_test.run_layer_test(
        keras.layers.RNN,
        init_kwargs={"cell": MinimalCell(4), "return_sequences": return_sequences},
        input_shape=(2, 5, 3),
        expected_output_shape=(2, 5, 4) if return_sequences else (2, 4),
        expected_num_trainable_weights=2,
        supports_masking=True,
        custom_objects={"MinimalCell": MinimalCell},
        run_mixed_precision_check=False,  # one cell serves all its layers, so it would keep float32: see below
    )


def test_the_cell_in_mixed_precision() -> None:
    from layers.simple_cell import recurrent

    layer = recurrent(4, dtype="mixed_float16")
    output = layer(np.ones((2, 5, 3), "float32"))
    assert output.dtype == "float16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_no_layer_class_is_left_out() -> None:
    found = {
        kind
        for name, _ in layer_files()
        for kind in vars(importlib.import_module(name)).values()
        if isinstance(kind, type) and issubclass(kind, keras.layers.Layer) and kind.__module__ == name
    }
    assert found == {layer_class for layer_class, _ in CASES} | {MinimalCell}
    assert all(keras.saving.get_registered_name(kind).startswith("layer_explorer>") for kind in found)


SINGLE = [
    (CenterZero, {}, (6, 5)),
    (Linear, {}, (3,)),
    (MyLayer, {}, (4, 3)),
    (Attention, {}, (5, 3)),
    (Attention, {"bias": "scalar"}, (5, 3)),
    (MaxPooling, {"padding": "same"}, (5, 6, 2)),
    (LayerStack, {"depth": 2}, (3,)),
    (MaskedMean, {}, (5, 3)),
    *((stateless_lambda, {"function": name}, (4,)) for name in ("square", "scale", "antirectifier", "unit_length")),
]
single = pytest.mark.parametrize(("make", "params", "shape"), SINGLE, ids=lambda value: getattr(value, "__name__", ""))


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


@single
def test_what_is_declared_is_what_comes(make: Any, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    for dtype in ("float32", "mixed_float16", "float64"):
        layer = make(**params, dtype=dtype)
        declared = layer.compute_output_spec(keras.KerasTensor((None, *shape), dtype=layer.compute_dtype))
        for batch in (1, 3, 7):
            output = layer(values(batch, *shape))
            assert tuple(output.shape) == (batch, *declared.shape[1:])
            assert output.dtype.name == declared.dtype
        assert layer.compute_output_shape((None, *shape)) == declared.shape


@single
def test_a_batch_is_its_samples_side_by_side(make: Any, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    layer, batch = make(**params), values(3, *shape)
    together = to_numpy(layer(batch))
    alone = np.concatenate([to_numpy(layer(batch[i : i + 1])) for i in range(3)])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@single
def test_graph_and_xla_give_the_eager_numbers(make: Any, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    layer, batch = make(**params), values(3, *shape)
    eager = to_numpy(layer(batch))
    open_batch = tf.TensorSpec((None, *shape), "float32")
    np.testing.assert_allclose(tf.function(layer, input_signature=[open_batch])(batch).numpy(), eager, atol=1e-6)
    np.testing.assert_allclose(tf.function(layer, jit_compile=True)(batch).numpy(), eager, atol=1e-6)


@single
def test_all_state_is_tracked(make: Any, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    layer = make(**params)
    layer(values(2, *shape))
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((2, *shape), "float32"))
    known = {id(variable.value) for variable in layer.variables}
    assert {id(variable) for variable in graph.variables} <= known
    fresh = make(**params)
    fresh.build((2, *shape))
    assert [(w.shape, w.dtype) for w in fresh.weights] == [(w.shape, w.dtype) for w in layer.weights]


def test_a_model_of_every_layer_is_saved_and_loaded(tmp_path: Any) -> None:
    image = keras.Input((6, 6, 1))
    pooled = MaxPooling()(image)
    grid = CenterZero(1, 1)(keras.layers.Reshape((3, 3))(pooled))
    hidden = LayerStack(2, 4)(MyLayer(5)(Linear(4)(grid)))
    total, mean = MyMultiLayer(4)(hidden, hidden)
    last = keras.layers.RNN(MinimalCell(4))(total)
    ends = [Attention()(total), MaskedMean()(total), last, stateless_lambda()(last), mean]
    model = keras.Model(image, keras.layers.Concatenate()(ends))
    model.compile("sgd", "mse")
    data = values(4, 6, 6, 1)
    before = [weight.copy() for weight in model.get_weights()]
    model.fit(data, np.zeros((4, 23), "float32"), verbose=0)
    assert any(not np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "all.keras")
    loaded = keras.models.load_model(tmp_path / "all.keras")
    np.testing.assert_allclose(loaded.predict(data, verbose=0), model.predict(data, verbose=0), atol=1e-6)
