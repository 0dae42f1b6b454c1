"""What the axes of a recorded tensor are called, and what its colours mean: told only where the call tells it."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.core.catalog.derive import derived_cards
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.trace import Frame, Tensor, Trace
from explorer.stage.labels import LABELS
from explorer.stage.pack import pack
from layers import catalogue

BATCH, GRID = 7, ("batch", "height", "width", "channels")


def every_step(frame: Frame) -> list[Tensor]:
    return [
        *(tensor for step in frame.steps for tensor in step.values),
        *(tensor for child in frame.children for tensor in every_step(child)),
    ]


def recorded(trace: Trace) -> list[Tensor]:
    return [tensor for frame in trace.frames for tensor in every_step(frame)]


@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "GroupNormalization", "Conv1D", "LSTM"])
def test_only_an_axis_as_long_as_the_batch_is_called_batch(name: str) -> None:
    shape = (BATCH, 4, 6, 6) if name == "GroupNormalization" else (BATCH, 5, 4)
    trace = run(Experiment(f"keras.layers.{name}", inputs=(Recipe("normal", shape),)))
    tensors = [*trace.weights, *trace.outputs, *recorded(trace)]
    called = [tensor for tensor in tensors if "batch" in tensor.axes]
    assert called and all(tensor.value.shape[tensor.axes.index("batch")] in (1, BATCH) for tensor in called)


@pytest.mark.parametrize(
    "name",
    [
        "Conv2DTranspose",
        "DepthwiseConv2D",
        "SeparableConv2D",
        "AveragePooling2D",
        "GroupNormalization",
        "UpSampling2D",
        "RandomFlip",
        "ZeroPadding2D",
        "Resizing",
    ],
)
def test_a_picture_that_comes_out_has_height_and_width(name: str) -> None:
    assert run(Experiment(f"keras.layers.{name}")).outputs[0].axes == GRID


def test_a_kernel_and_moved_axes() -> None:
    kernel = run(Experiment("keras.layers.Conv2DTranspose")).weights[0]
    assert kernel.axes == ("height", "width", "filters", "channels")
    assert run(Experiment("keras.layers.Permute")).outputs[0].axes == ("batch", "columns", "rows")
    assert run(Experiment("keras.layers.GlobalAveragePooling2D")).outputs[0].axes == ("batch", "channels")


@pytest.mark.parametrize("layer", ["max_pooling", "keras.layers.MaxPooling2D", "keras.layers.AveragePooling2D"])
def test_channels_first_puts_the_names_and_the_picture_where_they_are(layer: str) -> None:
    recipe = Recipe("image", (1, 3, 8, 12))
    first = run(Experiment(layer, {"data_format": "channels_first"}, (recipe,)))
    last = run(Experiment(layer, {}, (Recipe("image", (1, 8, 12, 3)),)))
    assert first.inputs[0].axes == first.outputs[0].axes == ("batch", "channels", "height", "width")
    np.testing.assert_array_equal(first.inputs[0].value, last.inputs[0].value.transpose(0, 3, 1, 2))


def test_a_picture_recipe_draws_a_picture_on_two_axes() -> None:
    flat = run(Experiment("center_zero", inputs=(Recipe("image", (28, 28)),))).inputs[0]
    grey = run(Experiment("max_pooling", inputs=(Recipe("image", (1, 28, 28, 1)),))).inputs[0]
    np.testing.assert_array_equal(flat.value, grey.value[0, :, :, 0])
    assert flat.scale == grey.scale == "image"
    sequence = run(Experiment("attention", inputs=(Recipe("image", (3, 28, 28)),))).inputs[0]
    np.testing.assert_array_equal(sequence.value, np.stack([flat.value] * 3))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            "keras.layers.BatchNormalization",
            dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), "features"),
        ),
        ("keras.layers.LayerNormalization", {"gamma": "features", "beta": "features"}),
        ("keras.layers.Conv2DTranspose", {"bias": "channels"}),
    ],
)
def test_a_vector_is_named_after_the_axis_that_it_runs_along(layer: str, expected: dict[str, str]) -> None:
    weights = {weight.name: weight.axes for weight in run(Experiment(layer)).weights}
    assert {name: weights[name] for name in expected} == {name: (axis,) for name, axis in expected.items()}


def test_an_axis_that_a_reshape_leaves_alone_keeps_its_name() -> None:
    shown = {tensor.name: tensor.axes for tensor in run(Experiment("keras.layers.GroupNormalization")).intermediates}
    assert shown["reshaped_inputs"] == ("batch", "height", "width", "axis 3", "axis 4")


def test_the_same_numbers_keep_their_scale() -> None:
    trace = run(Experiment("attention"))
    scales = {step.text.split("(")[0]: step.values[0].scale for step in trace.frames[0].steps if step.values}
    assert scales["keras.ops.softmax"] == scales["keras.ops.expand_dims"] == "probability"
    assert scales["keras.ops.multiply"] == "signed"
    pixels = run(Experiment("max_pooling", inputs=(Recipe("image", (1, 8, 8, 3)),))).intermediates[0]
    assert (pixels.name, pixels.scale) == ("pixels", "image")


def test_the_browser_is_told_the_same_of_every_image_layer_in_both_languages() -> None:
    cards = {**catalogue(), **derived_cards()}
    layers = [name for name, card in cards.items() if card.inputs and {"height", "width"} <= set(card.inputs[0].axes)]
    assert len(layers) > 50
    for layer in layers:
        tensors = [*run(Experiment(layer)).tensors()]
        korean = pack(tensors, LABELS, {}, {"height": "높이", "width": "너비"}.get)  # type: ignore[arg-type]
        english = pack(tensors, LABELS, {})
        assert header(korean)["tensors"] == header(english)["tensors"], layer
        assert header(korean)["axes"]["height"] == "높이", layer


def header(message: bytes) -> dict[str, dict[str, str]]:
    import json
    import struct

    (length,) = struct.unpack_from("<I", message)
    return dict(json.loads(message[4 : 4 + length]))
