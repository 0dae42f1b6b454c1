import keras
import numpy as np
import pytest

from layers.max_pooling import MaxPooling, reference

COUNTING = np.arange(1, 17, dtype="float32").reshape(1, 4, 4, 1)


def test_the_documents_window() -> None:
    np.testing.assert_array_equal(np.array(MaxPooling()(COUNTING))[0, :, :, 0], [[6, 8], [14, 16]])


def test_the_mean_under_the_window() -> None:
    output = MaxPooling(pool_mode="average")(COUNTING)
    np.testing.assert_array_equal(np.array(output)[0, :, :, 0], [[3.5, 5.5], [11.5, 13.5]])


def test_padding_counts_neither_in_a_maximum_nor_in_a_mean() -> None:
    negative = -np.ones((1, 3, 3, 1), "float32")
    for mode in ("max", "average"):
        np.testing.assert_array_equal(MaxPooling(padding="same", pool_mode=mode)(negative), -np.ones((1, 2, 2, 1)))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_same_as_keras(padding: str) -> None:
    image = np.random.default_rng(0).standard_normal((2, 7, 6, 3)).astype("float32")
    for mine, keras_class in (("max", keras.layers.MaxPooling2D), ("average", keras.layers.AveragePooling2D)):
        output = MaxPooling((3, 2), (2, 1), padding, mine)(image)
        np.testing.assert_array_equal(output, keras_class((3, 2), (2, 1), padding)(image))


def test_channels_first_is_the_same_picture_turned() -> None:
    image = np.random.default_rng(0).standard_normal((2, 6, 4, 3)).astype("float32")
    turned = np.moveaxis(np.array(MaxPooling(data_format="channels_first")(np.moveaxis(image, -1, 1))), 1, -1)
    np.testing.assert_array_equal(turned, MaxPooling()(image))


def test_the_batch_and_the_channels_stay() -> None:
    assert MaxPooling().compute_output_shape((8, 4, 4, 1)) == (8, 2, 2, 1)
    assert MaxPooling().compute_output_shape((None, None, 5, 3)) == (None, None, 2, 3)


@pytest.mark.parametrize(("mode", "kept"), [("max", [6, 3]), ("average", [np.nan, 2])])
def test_a_maximum_hides_a_nan_and_a_mean_shows_it(mode: str, kept: list[float]) -> None:
    image = np.array([[np.nan, 6, 1, 2], [4, 5, 2, 3]], "float32").reshape(1, 2, 4, 1)
    params = {"pool_size": 2, "strides": None, "padding": "valid", "pool_mode": mode, "data_format": "channels_last"}
    np.testing.assert_array_equal(np.array(MaxPooling(pool_mode=mode)(image)).ravel(), kept)
    np.testing.assert_array_equal(reference([image], {}, params)[0].ravel(), kept)


def test_a_window_larger_than_the_image() -> None:
    with pytest.raises(ValueError, match="covers 5 cells of an axis that has 4"):
        MaxPooling(5)(COUNTING)


@pytest.mark.parametrize(
    "arguments",
    [{"pool_size": 0}, {"pool_size": (2, 2, 2)}, {"strides": "2"}, {"padding": "full"}, {"pool_mode": "min"}],
)
def test_arguments_say_what_they_take(arguments: dict[str, object]) -> None:
    name, value = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=rf"`{name}` must be one .*Received: {name}="):
        MaxPooling(**arguments)
    assert value is not None
