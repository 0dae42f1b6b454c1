"""A call that is recorded again and again, with other numbers: they are the layer's, and the layer stays as it was."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from explorer.model.problem import Problem
from explorer.notebook.call import LayerCall
from layers.linear import Linear

X = np.arange(6, dtype="float32").reshape(2, 3) / 4


def weights(layer: keras.layers.Layer) -> list[np.ndarray]:
    return [np.array(variable) for variable in layer.weights]


def test_edited_cells_of_inputs_and_weights_are_computed_with_and_the_layer_keeps_its_own() -> None:
    layer = Linear(2)
    call = LayerCall(layer, [X])
    call.trace()
    before = weights(layer)
    trace = call.trace({"input:0": {(1, 2): 9.0}, "weight:kernel": {(0, 1): -3.0}})
    x, kernel = X.copy(), before[0].copy()
    x[1, 2], kernel[0, 1] = 9.0, -3.0
    np.testing.assert_allclose(trace.outputs[0].value, x @ kernel + before[1], rtol=1e-6)
    np.testing.assert_array_equal(trace.inputs[0].value, x)
    for mine, kept in zip(weights(layer), before, strict=True):
        np.testing.assert_array_equal(mine, kept)


def test_neither_recording_nor_tape_nor_trail_moves_the_layer_on() -> None:
    layer = keras.layers.BatchNormalization()
    call = LayerCall(layer, [X], training=True)
    call.trace()
    before = weights(layer)
    call.trace()
    assert not call.tape().refusals
    call.trail("trail", "output:0", (0, 0))
    for mine, kept in zip(weights(layer), before, strict=True):
        np.testing.assert_array_equal(mine, kept)


def test_the_tape_has_the_leaves_and_the_values_of_the_trace() -> None:
    call = LayerCall(keras.layers.Dense(4), [X])
    trace, tape = call.trace(), call.tape()
    assert set(tape.leaves) == {"input:0", "weight:kernel", "weight:bias"}
    assert "output:0" in tape.shown and {tensor.id for tensor in trace.outputs} <= set(tape.shown)


def test_what_depends_on_numbers_behind_tensorflow_s_back_has_no_tape() -> None:
    class Sly(keras.layers.Layer):
        def call(self, x):
            return x * float(np.asarray(x).sum())

    assert LayerCall(Sly(), [X]).tape().refusals


def test_inputs_are_called_as_the_layer_s_call_names_them() -> None:
    class Two(keras.layers.Layer):
        def call(self, left, pair, *, more=None):
            return left + pair[0] + pair[1] + more

    trace = LayerCall(Two(), [X, [X, X]], keywords={"more": X}).trace()
    assert [tensor.name for tensor in trace.inputs] == ["left", "pair 0", "pair 1", "more"]
    edited = LayerCall(Two(), [X, [X, X]], keywords={"more": X}).trace(
        {"input:2": {(0, 0): 5.0}, "input:3": {(0, 0): 7.0}}
    )
    assert edited.outputs[0].value[0, 0] == 12.0


def test_the_mask_of_an_input_stays_with_its_edited_copy() -> None:
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    x = embedding(np.array([[1, 2, 0]]))
    call = LayerCall(keras.layers.GlobalAveragePooling1D(), [x])
    trace = call.trace({"input:0": {(0, 0, 0): 4.0}})
    rows = np.array(x)[0]
    np.testing.assert_allclose(trace.outputs[0].value[0, 0], (4.0 + rows[1, 0]) / 2, rtol=1e-6)


def test_a_call_that_fails_tells_what_it_did_until_then() -> None:
    class Fails(keras.layers.Layer):
        def call(self, x):
            y = x * 2
            return keras.ops.reshape(y, (5, 5))

    with pytest.raises(Problem) as raised:
        LayerCall(Fails(), [X]).trace()
    assert raised.value.trace is not None and raised.value.trace.inputs[0].name == "x"
    with pytest.raises(Problem) as raised:
        LayerCall(keras.layers.Dense(2), ["no tensor"]).trace()
    assert raised.value.trace is None
