"""Hand-written numbers for the smaller layers, and the errors that they give."""

import json

import keras
import numpy as np
import pytest

from layers.center_zero import CenterZero
from layers.layer_stack import LayerStack
from layers.masked_mean import MaskedMean
from layers.my_layer import MyLayer
from layers.my_multi_layer import MyMultiLayer, broadcast
from layers.simple_cell import MinimalCell, recurrent
from layers.stateless_lambda import stateless_lambda

KERNEL = np.array([[1, 10], [2, 20]], "float32")
A = np.array([[1, 2], [3, 4]], "float32")


# ------------------------------------------------------------------------------------------- center_zero
def test_the_hole_of_the_document() -> None:
    output = np.array(CenterZero()(np.full((10, 10), 6, "float32")))
    assert output[4].tolist() == [6, 6, 6, 6, 0, 0, 6, 6, 6, 6]
    assert output[3].tolist() == [6] * 10
    assert output.sum() == 576


def test_whole_numbers_are_taken_too() -> None:
    assert np.array(CenterZero()(np.full((4, 4), 6))).sum() == 72


def test_the_mask_is_a_weight_that_does_not_train() -> None:
    layer = CenterZero(name="center_zero")
    layer(np.ones((2, 4, 4), "float32"))
    assert (layer.trainable_weights, [weight.path for weight in layer.weights]) == ([], ["center_zero/mask"])


@pytest.mark.parametrize("shape", [(5,), (2, None, 4)])
def test_the_grid_must_have_a_size(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ValueError, match=r"CenterZero needs .*Received: shape"):
        CenterZero()(keras.Input(batch_shape=shape))


# ---------------------------------------------------------------------------------------------- my_layer
def test_my_layer_multiplies_the_last_axis() -> None:
    layer = MyLayer(2)
    layer.build((None, 5, 2))
    layer.set_weights([KERNEL])
    np.testing.assert_array_equal(layer(A[None]), [[[5, 50], [11, 110]]])
    assert layer.compute_output_shape((None, 5, 2)) == (None, 5, 2)


def test_my_layer_needs_a_last_axis_of_known_size() -> None:
    with pytest.raises(ValueError, match=r"of known width. Received: \(None, None\)"):
        MyLayer(2)(keras.Input((None,)))


# ---------------------------------------------------------------------------------------- my_multi_layer
def test_two_outputs_by_hand() -> None:
    layer = MyMultiLayer(2)
    layer.build((2, 2), (2, 2))
    layer.set_weights([KERNEL])
    total, mean = layer(A, np.array([[0, 100], [200, 300]], "float32"))
    np.testing.assert_array_equal(total, [[5, 150], [211, 410]])
    np.testing.assert_array_equal(mean, [50, 250])


def test_one_number_for_each_row_is_added_along_the_row() -> None:
    """As many rows as columns: where `keras.ops.add` takes a column for a bias."""
    layer = MyMultiLayer(2)
    layer.build((2, 2), (2, 1))
    layer.set_weights([KERNEL])
    total, mean = layer(A, np.array([[1000], [2000]], "float32"))
    np.testing.assert_array_equal(total, [[1005, 1050], [2011, 2110]])
    np.testing.assert_array_equal(mean, [1000, 2000])


def test_whole_numbers_as_the_second_input() -> None:
    total, mean = MyMultiLayer(4)(A, np.arange(8).reshape(2, 4))
    assert {total.dtype.name, mean.dtype.name} == {"float32"}
    np.testing.assert_array_equal(mean, [1.5, 5.5])


def test_shapes_that_do_not_broadcast() -> None:
    with pytest.raises(ValueError, match=r"sizes 4 and 3 differ .*broadcasts with \(2, 4\). Received: \(2, 3\)"):
        MyMultiLayer(4)(A, np.ones((2, 3), "float32"))


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ((None, 4), (None, 4), (None, 4)),
        ((None, 4), (1, 4), (None, 4)),
        ((None, 4), (3, 1), (3, 4)),
        ((2, 3, 4), (4,), (2, 3, 4)),
    ],
)
def test_broadcasting_with_open_sizes(first: tuple, second: tuple, both: tuple) -> None:
    assert broadcast(first, second) == broadcast(second, first) == both


def test_two_inputs_in_a_model_that_trains() -> None:
    a, b = keras.Input((2,)), keras.Input((4,))
    model = keras.Model([a, b], MyMultiLayer(4)(a, b))
    model.compile("sgd", ["mse", "mse"])
    before = model.get_weights()[0].copy()
    data = [np.ones((3, 2), "float32"), np.ones((3, 4), "float32")]
    model.fit(data, [np.zeros((3, 4)), np.zeros((3,))], verbose=0)
    assert not np.array_equal(model.get_weights()[0], before)


# ------------------------------------------------------------------------------------------- layer_stack
def test_the_stack_owns_its_blocks_weights() -> None:
    layer = LayerStack(depth=3, units=4, name="layer_stack")
    layer(np.ones((2, 3), "float32"))
    paths = [f"layer_stack/dense_{number}/{part}" for number in (1, 2, 3) for part in ("kernel", "bias")]
    assert [weight.path for weight in layer.weights] == paths
    assert layer.count_params() == (3 * 4 + 4) + 2 * (4 * 4 + 4)


def test_two_blocks_by_hand() -> None:
    layer = LayerStack(depth=2, units=2, activation="relu")
    layer.build((None, 2))
    layer.set_weights([KERNEL, np.array([0, -60]), -KERNEL, np.array([0, 5000])])
    np.testing.assert_array_equal(layer(A), [[0, 4950], [0, 3890]])


# ------------------------------------------------------------------------------------------- masked_mean
def test_the_mean_of_the_steps_that_count() -> None:
    x = np.array([[[1, 2], [3, 4], [np.nan, np.inf]], [[5, 6], [9, 9], [9, 9]]], "float32")
    mask = np.array([[True, True, False], [False, False, False]])
    np.testing.assert_array_equal(MaskedMean()(x, mask=mask), [[2, 3], [0, 0]])


def test_the_mask_of_an_embedding_arrives_and_ends_here() -> None:
    tokens = np.array([[3, 1, 0, 0]])
    embedding, mean = keras.layers.Embedding(5, 3, mask_zero=True), MaskedMean()
    output = mean(embedding(tokens))
    np.testing.assert_allclose(output, np.array(embedding(tokens))[:, :2].mean(axis=1), rtol=1e-6)
    assert getattr(output, "_keras_mask", None) is None


# ------------------------------------------------------------------------------------------- simple_cell
def test_a_running_sum_by_hand() -> None:
    layer = recurrent(1, "linear", return_sequences=True)
    layer.build((1, 4, 1))
    layer.set_weights([np.ones((1, 1)), np.ones((1, 1))])
    x = np.array([1, 2, 3, 4], "float32").reshape(1, 4, 1)
    assert np.array(layer(x)).ravel().tolist() == [1, 3, 6, 10]
    mask = np.array([[True, False, True, False]])
    assert np.array(layer(x, mask=mask)).ravel().tolist() == [1, 1, 4, 4]


def test_one_step_of_the_cell() -> None:
    cell = MinimalCell(2, "linear")
    cell.build((None, 2))
    cell.set_weights([KERNEL, np.eye(2)])
    output, states = cell(A, [np.array([[100, 0], [0, 100]], "float32")])
    np.testing.assert_array_equal(output, [[105, 50], [11, 210]])
    np.testing.assert_array_equal(states[0], output)


# -------------------------------------------------------------------------------------- stateless_lambda
@pytest.mark.parametrize(
    ("function", "row"),
    [
        ("square", [9, 16]),
        ("scale", [-6, 8]),
        ("antirectifier", [0, 3.5, 3.5, 0]),
        ("unit_length", [-0.6, 0.8]),
        ("reverse", [4, -3]),
    ],
)
def test_each_function_by_hand(function: str, row: list[float]) -> None:
    output = stateless_lambda(function, factor=2)(np.array([[-3, 4]], "float32"))
    np.testing.assert_allclose(output, [row], rtol=1e-6)


def test_a_row_of_zeros_has_no_length_to_divide_by() -> None:
    np.testing.assert_array_equal(stateless_lambda("unit_length")(np.zeros((1, 3), "float32")), np.zeros((1, 3)))


def test_a_named_function_is_saved_by_name_and_loads_in_safe_mode() -> None:
    layer = stateless_lambda("scale", factor=3.0)
    saved = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert saved["config"]["function"]["config"] == "layer_explorer>scale"
    twin = keras.saving.deserialize_keras_object(saved, safe_mode=True)
    np.testing.assert_array_equal(twin(np.ones((1, 2), "float32")), [[3, 3]])


def test_a_function_that_is_not_offered() -> None:
    with pytest.raises(ValueError, match=r"`function` must be one of .*Received: function='eval'"):
        stateless_lambda("eval")


def test_a_variable_that_a_lambda_reaches_is_not_its_weight() -> None:
    """The story's warning, shown."""
    hidden = keras.Variable(2.0)
    layer = keras.layers.Lambda(lambda x: x * hidden)
    np.testing.assert_array_equal(layer(np.ones((1, 2), "float32")), [[2, 2]])
    assert layer.weights == []
