import keras
import numpy as np
import pytest

from layers.linear import Linear

X = np.array([[1, 2], [3, 4]], "float32")
KERNEL = np.array([[1, 10, 100], [2, 20, 200]], "float32")


def test_the_product_and_the_bias_by_hand() -> None:
    layer = Linear(3, 2)
    layer.set_weights([KERNEL, np.array([0.5, 0, -1], "float32")])
    np.testing.assert_array_equal(layer(X), [[5.5, 50, 499], [11.5, 110, 1099]])


def test_ones_give_the_sums_of_the_kernels_columns() -> None:
    layer = Linear(4, 2)
    output = np.array(layer(np.ones((2, 2), "float32")))
    np.testing.assert_allclose(output, np.tile(np.array(layer.kernel).sum(axis=0), (2, 1)), rtol=1e-6)


def test_with_input_dim_the_weights_exist_before_the_first_call() -> None:
    assert [weight.path for weight in Linear(4, 2, name="early").weights] == ["early/kernel", "early/bias"]
    assert Linear(4).weights == []


def test_both_forms_draw_the_same_weights_from_the_same_seed() -> None:
    outputs = []
    for input_dim in (2, None):
        keras.utils.set_random_seed(3)
        outputs.append(np.array(Linear(4, input_dim)(X)))
    np.testing.assert_array_equal(*outputs)


def test_a_wrong_width_names_both_numbers() -> None:
    with pytest.raises(ValueError, match=r"input_dim=32, so its kernel has 32 rows. Received: an input with 2 feat"):
        Linear(4, 32)(X)


def test_another_width_after_building_is_refused() -> None:
    layer = Linear(4)
    layer(X)
    with pytest.raises(ValueError, match=r"value 2, but received input with shape \(1, 3\)"):
        layer(np.ones((1, 3), "float32"))


@pytest.mark.parametrize("arguments", [{"units": 0}, {"units": 2.5}, {"units": True}, {"units": 2, "input_dim": -1}])
def test_sizes_must_be_positive_integers(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be an integer >= 1\. Received: "):
        Linear(**arguments)


def test_an_optimizer_moves_the_weights_and_the_call_does_not() -> None:
    model = keras.Sequential([layer := Linear(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model(X)
    before = np.array(layer.kernel)
    model(X)
    np.testing.assert_array_equal(layer.kernel, before)
    model.fit(X, np.array([[10.0], [20.0]]), verbose=0)
    assert not np.array_equal(np.array(layer.kernel), before)
