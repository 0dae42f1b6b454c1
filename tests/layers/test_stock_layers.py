"""What the cards of Keras's own layers say, on the numbers themselves."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import layers
from layers.windows import under_window
from tests.layers.support import derive, make, run_example, to_numpy

CARDS = layers.catalogue()


def shown(card: str, title: str) -> np.ndarray:
    """The first output of an example, which also agrees with its derivation."""
    example = next(example for example in CARDS[card].examples if example.title == title)
    return to_numpy(run_example(CARDS[card], example)[2][0])


def test_embedding_of_the_document() -> None:
    output = shown("keras.layers.Embedding", "[[4], [20]] to two vectors")
    np.testing.assert_allclose(output, [[[0.25, 0.1]], [[0.6, -0.2]]], rtol=1e-6)


def test_embedding_minus_one_is_the_last_row_and_a_large_id_is_refused() -> None:
    one, other = shown("keras.layers.Embedding", "-1 is the last row")[0]
    np.testing.assert_array_equal(one, other)
    with pytest.raises(Exception, match=r"indices\[0,0\] = 5 is not in \[0, 5\)"):
        keras.layers.Embedding(5, 2)(np.array([[5]]))


def test_embedding_refuses_a_typed_table() -> None:
    with pytest.raises(AttributeError):
        keras.layers.Embedding(2, 2, weights=[[1.0, 2.0], [3.0, 4.0]])


def test_mask_zero_leaves_no_trace_of_the_padding_in_an_lstm() -> None:
    embedding, lstm = keras.layers.Embedding(6, 3, mask_zero=True), keras.layers.LSTM(4)
    padded, plain = (np.array(lstm(embedding(np.array([ids])))) for ids in ([3, 1, 5, 0, 0], [3, 1, 5]))
    np.testing.assert_array_equal(padded, plain)


@pytest.mark.parametrize(
    ("title", "first_row"), [("Channels last", [0, 1, 2, 3, 4, 5]), ("Channels first", [0, 6, 1, 7, 2, 8])]
)
def test_flatten_in_both_formats(title: str, first_row: list[int]) -> None:
    assert shown("keras.layers.Flatten", title)[0, :6].tolist() == first_row


def test_flatten_of_a_single_axis() -> None:
    assert shown("keras.layers.Flatten", "A single axis").shape == (3, 1)


def test_dense_keeps_the_middle_axis() -> None:
    assert shown("keras.layers.Dense", "Three axes are not flattened").shape == (2, 5, 4)


def test_dense_losses() -> None:
    card = CARDS["keras.layers.Dense"]
    example = next(example for example in card.examples if example.title == "Three losses")
    layer, inputs, outputs = run_example(card, example)
    kernel = np.array(layer.kernel)
    wanted = [0.01 * (kernel**2).sum(), 0.01 * 2.0, 0.01 * np.abs(outputs[0]).sum() / len(inputs[0])]
    np.testing.assert_allclose(sorted(float(loss) for loss in layer.losses), sorted(wanted), rtol=1e-5)


def test_dense_constraint_acts_after_the_optimizers_step_only() -> None:
    layer = keras.layers.Dense(1, kernel_constraint="non_neg", use_bias=False, kernel_initializer="ones")
    layer.build((None, 1))
    layer.set_weights([np.array([[-1.0]])])
    x = np.ones((1, 1), "float32")
    assert float(np.array(layer(x))[0, 0]) == -1
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, -x, verbose=0)
    assert float(np.array(layer.kernel)[0, 0]) == 0


def test_lora_alpha_has_no_effect_as_the_help_says() -> None:
    layer = make(CARDS["keras.layers.Dense"], {"lora_rank": 2, "lora_alpha": 8})
    layer.build((2, 3))
    assert layer.lora_alpha == 2


def test_the_edge_detector_answers_at_edges_only() -> None:
    card = CARDS["keras.layers.Conv2D"]
    example = next(example for example in card.examples if example.title == "An edge detector")
    layer, _, _ = run_example(card, example)
    step = np.zeros((1, 5, 6, 1), "float32")
    step[:, :, 3:] = 1
    assert np.array(layer(step))[0, 0, :, 0].tolist() == [0, 4, 4, 0]


def test_a_sum_of_nine() -> None:
    output = shown("keras.layers.Conv2D", "A sum of nine")[0, :, :, 0]
    assert output[0].tolist() == [4, 6, 6, 6, 4]
    assert output[2].tolist() == [6, 9, 9, 9, 6]


def test_an_impulse_halves_at_each_step() -> None:
    output = shown("keras.layers.SimpleRNN", "The echo of one impulse").ravel()
    assert output.tolist() == [1, 0.5, 0.25, 0.125, 0.0625, 0.03125]


def test_one_lstm_step_by_hand() -> None:
    """One unit, all weights 0, biases i=0, f=0, candidate=1, o=0: c = 0.5 tanh(1), h = 0.5 tanh(c)."""
    weights: dict[str, Any] = {
        "lstm_cell/kernel": np.zeros((1, 4)),
        "lstm_cell/recurrent_kernel": np.zeros((1, 4)),
        "lstm_cell/bias": np.array([0.0, 0, 1, 0]),
    }
    c = 0.5 * np.tanh(1)
    card, params = CARDS["keras.layers.LSTM"], {"units": 1, "return_state": True}
    derived = derive(card, [np.ones((1, 1, 1))], weights, params)
    np.testing.assert_allclose([float(x[0, 0]) for x in derived], [0.5 * np.tanh(c), 0.5 * np.tanh(c), c])
    layer = make(card, params, dtype="float64")
    layer.build((1, 1, 1))
    layer.set_weights(list(weights.values()))
    np.testing.assert_allclose([float(x[0, 0]) for x in layer(np.ones((1, 1, 1)))], [float(x[0, 0]) for x in derived])


def test_padded_cells_never_win() -> None:
    assert shown("keras.layers.MaxPooling2D", "Negative numbers and padding").ravel().tolist() == [-5, -4, -2, -1]


def test_where_a_window_looks() -> None:
    def seen(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> list[list[float]]:
        cells = np.arange(float(size))
        looks = under_window(cells, 0, window, stride, padding, dilation=dilation, outside=-1)
        return np.stack(list(looks), axis=-1).tolist()

    assert seen(5, 2, 2, "valid") == [[0, 1], [2, 3]]
    assert seen(5, 2, 2, "same") == [[0, 1], [2, 3], [4, -1]]
    assert seen(3, 3, 1, "same") == [[-1, 0, 1], [0, 1, 2], [1, 2, -1]]
    assert seen(5, 2, 1, "valid", dilation=3) == [[0, 3], [1, 4]]
    assert seen(7, 1, 3, "same") == [[0], [3], [6]]
