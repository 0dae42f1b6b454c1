import keras
import numpy as np
import pytest

from layers.attention import Attention


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape).astype("float32")


def test_context_by_hand() -> None:
    """Two steps with scores tanh(0) = 0 and tanh(1): alpha = 1 / (1 + e^0.7616), and the rest."""
    layer = Attention()
    x = np.array([[[0, 2], [1, 4]]], "float32")
    layer.build(x.shape)
    layer.set_weights([np.array([[1], [0]], "float32"), np.zeros((2, 1), "float32")])
    second = 1 / (1 + np.exp(-np.tanh(1)))
    np.testing.assert_allclose(layer(x), [[second, 2 * (1 - second) + 4 * second]], rtol=1e-6)


def test_equal_steps_share_evenly() -> None:
    np.testing.assert_allclose(Attention()(np.full((1, 5, 3), 7, "float32")), np.full((1, 3), 7), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16", "mixed_float16", "bfloat16"])
def test_padded_equals_unpadded(dtype: str) -> None:
    layer = Attention("scalar", dtype=dtype)
    x = normal(2, 5, 3)
    padded = np.concatenate([x, np.full((2, 3, 3), np.nan, "float32")], axis=1)
    mask = np.array([[True] * 5 + [False] * 3] * 2)
    short, long = (
        keras.ops.convert_to_numpy(keras.ops.cast(y, "float32")) for y in (layer(x), layer(padded, mask=mask))
    )
    np.testing.assert_allclose(long, short, rtol=0, atol=1e-6 if dtype == "float32" else 2e-2)


def test_nothing_counts() -> None:
    x, mask = normal(2, 5, 3), np.array([[False] * 5, [True] * 5])
    layer = Attention("scalar")
    output = np.array(layer(x, mask=mask))
    assert output[0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(output[1], np.array(layer(x))[1], atol=1e-6)


def test_a_mask_arrives_from_an_embedding() -> None:
    tokens = np.array([[3, 1, 0, 0], [2, 2, 4, 0]])
    embedding, attention = keras.layers.Embedding(5, 3, mask_zero=True), Attention("scalar")
    context = np.array(attention(embedding(tokens)))
    alone = [np.array(attention(embedding(row[row > 0][None])))[0] for row in tokens]
    np.testing.assert_allclose(context, alone, atol=1e-6)


def test_the_bias_per_step_is_tied_to_the_length() -> None:
    layer = Attention()
    layer(normal(2, 5, 3))
    assert layer.attention_bias.shape == (5, 1)
    with pytest.raises(ValueError, match=r"axis 1 of input shape to have value 5, but received .*\(2, 7, 3\)"):
        layer(normal(2, 7, 3))


def test_an_unknown_length_needs_the_scalar_bias() -> None:
    with pytest.raises(ValueError, match='Use bias="scalar" for any length'):
        Attention()(keras.Input((None, 3)))
    assert Attention("scalar")(keras.Input((None, 3))).shape == (None, 3)


def test_a_bias_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"`bias` must be one of \('per_step', 'scalar'\). Received: bias='none'"):
        Attention("none")


def test_nothing_is_passed_on_as_a_mask() -> None:
    assert Attention().compute_mask(normal(1, 2, 3), np.ones((1, 2), bool)) is None
