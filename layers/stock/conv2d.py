"""Conv2D: small kernels that slide over an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.activations import activate
from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import DATA_FORMATS, PADDINGS, REGULARIZERS
from layers.fields import (
    ACTIVATION,
    ACTIVITY_REGULARIZER,
    BIAS_CONSTRAINT,
    BIAS_INITIALIZER,
    BIAS_REGULARIZER,
    KERNEL_CONSTRAINT,
    USE_BIAS,
)
from layers.windows import pair, under_window

CARD = Card(
    id="keras.layers.Conv2D",
    title="Conv2D",
    layer="keras.layers:Conv2D",
    group="convolution",
    summary="Slides small kernels over an image and sums what lies under them.",
    story=(
        "Each filter is a small block of weights, as wide and high as `kernel_size` and as deep as the image has "
        "channels. At every place it is multiplied with the cells under it and summed up, plus a bias: one number, one "
        "cell of that filter's output. The same weights are used everywhere, so a pattern is found wherever it is. "
        "`valid` keeps the kernel inside the image; `same` pads with zeros. A stride skips places, a dilation spreads "
        "the kernel, and groups let each filter see a part of the channels only. Strictly speaking this is a "
        "cross-correlation: the kernel is not turned around."
    ),
    fields=(
        Field("filters", "integer", 2, "How many filters, and so channels of the output.", minimum=1, maximum=4096),
        Field("kernel_size", "shape", (3, 3), "Height and width of the kernels."),
        Field("strides", "shape", (1, 1), "How far the kernel moves."),
        Field(
            "padding", "choice", "valid", "`valid`: inside the image only. `same`: zeros around it.", choices=PADDINGS
        ),
        Field(
            "data_format",
            "choice",
            None,
            "Where the channels are. Empty: last. On a CPU TensorFlow refuses `channels_first` here.",
            choices=DATA_FORMATS,
            optional=True,
            advanced=True,
        ),
        Field(
            "dilation_rate",
            "shape",
            (1, 1),
            "Distance between the kernel's cells. Above 1 the strides must be 1.",
            advanced=True,
        ),
        Field(
            "groups",
            "integer",
            1,
            "Groups that the channels and filters are split into.",
            minimum=1,
            maximum=4096,
            advanced=True,
        ),
        ACTIVATION,
        USE_BIAS,
        Field(
            "kernel_initializer",
            "choice",
            "glorot_uniform",
            "How the kernel's first values are made.",
            choices=(
                "zeros",
                "ones",
                "random_normal",
                "random_uniform",
                "truncated_normal",
                "glorot_normal",
                "glorot_uniform",
                "he_normal",
                "he_uniform",
                "lecun_normal",
                "lecun_uniform",
                "orthogonal",
                "variance_scaling",
            ),
        ),
        BIAS_INITIALIZER,
        Field(
            "kernel_regularizer",
            "choice",
            None,
            "A loss on the kernel.",
            choices=REGULARIZERS,
            optional=True,
            advanced=True,
        ),
        BIAS_REGULARIZER,
        ACTIVITY_REGULARIZER,
        KERNEL_CONSTRAINT,
        BIAS_CONSTRAINT,
    ),
    inputs=(Input("image", (1, 12, 12, 3), ("batch", "height", "width", "channels"), "image"),),
    tensors=(
        Tensor(
            "kernel", ("kernel height", "kernel width", "channels", "filters"), help="One small block for each filter."
        ),
        Tensor("bias", ("filters",), help="One number for each filter."),
        Tensor("output", ("batch", "height", "width", "filters")),
    ),
    examples=(
        Example("Two filters", "001", shows="12x12 becomes 10x10: a 3x3 kernel has ten places along each axis."),
        Example(
            "An edge detector",
            params={"filters": 1, "kernel_initializer": "zeros"},
            inputs=(
                {
                    "shape": (2, 10, 10, 1),
                    "recipe": "typed",
                    "options": {
                        "values": [
                            [[0] * 10] * 2 + [[0, 0, 0, 1, 1, 1, 1, 0, 0, 0]] * 6 + [[0] * 10] * 2,
                            [[0] * 10] * 5 + [[1] * 10] * 5,
                        ]
                    },
                },
            ),
            edits=(
                ("weight:kernel", (0, 0, 0, 0), -1.0),
                ("weight:kernel", (1, 0, 0, 0), -2.0),
                ("weight:kernel", (2, 0, 0, 0), -1.0),
                ("weight:kernel", (0, 2, 0, 0), 1.0),
                ("weight:kernel", (1, 2, 0, 0), 2.0),
                ("weight:kernel", (2, 2, 0, 0), 1.0),
            ),
            shows=(
                "A Sobel kernel, right minus left: 4 at the square's left edge, -4 at its right one, and 0 on the "
                "lying edge of the second picture."
            ),
        ),
        Example(
            "A sum of nine",
            params={"filters": 1, "kernel_initializer": "ones", "padding": "same"},
            inputs=({"shape": (1, 5, 5, 1), "recipe": "ones"},),
            shows="9 inside, 6 at the edges, 4 at the corners: the padding counts as zero.",
        ),
        Example(
            "Stride 2", params={"strides": (2, 2), "padding": "same"}, shows="Every second place: 12x12 becomes 6x6."
        ),
        Example(
            "Dilation 2",
            params={"dilation_rate": (2, 2)},
            shows="The 3x3 kernel reaches over 5x5 cells: 12x12 becomes 8x8.",
        ),
        Example(
            "One group for each channel",
            params={"filters": 3, "groups": 3},
            shows="The kernel is one channel deep: filter 1 sees the first channel only.",
        ),
    ),
    documents=("001",),
    reference="layers.stock.conv2d:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy: for each cell of the kernel, what lies under it at every place, times its weights, summed."""
    image, kernel = inputs[0].astype("float64"), weights["kernel"].astype("float64")
    channels_first = params["data_format"] == "channels_first"
    if channels_first:
        image = np.moveaxis(image, 1, -1)
    (height, width), padding = kernel.shape[:2], params["padding"]
    stride, dilation = pair(params["strides"]), pair(params["dilation_rate"])
    output: Any = 0.0
    for row, seen in enumerate(under_window(image, 1, height, stride[0], padding, dilation=dilation[0])):
        for column, cells in enumerate(under_window(seen, 2, width, stride[1], padding, dilation=dilation[1])):
            output = output + _grouped(cells, kernel[row, column], params["groups"])
    if params["use_bias"]:
        output = output + weights["bias"].astype("float64")
    output = np.moveaxis(output, -1, 1) if channels_first else output
    return [activate(params["activation"], output)]


def _grouped(cells: np.ndarray, weights: np.ndarray, groups: int) -> np.ndarray:
    """`(..., channels)` times `(channels / groups, filters)`, each group of filters with its own channels."""
    parts = zip(np.split(cells, groups, axis=-1), np.split(weights, groups, axis=-1), strict=True)
    return np.concatenate([part @ weight for part, weight in parts], axis=-1)
