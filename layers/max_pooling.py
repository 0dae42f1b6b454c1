"""MaxPooling: the largest value, or the mean, under a window that slides over an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import DATA_FORMATS, PADDINGS
from layers.windows import largest_under, pair, sum_under

CARD = Card(
    id="max_pooling",
    title="MaxPooling",
    layer="layers.max_pooling:MaxPooling",
    group="custom",
    summary="Slides a window over an image and keeps the largest value (or the mean) under it.",
    story=(
        "A window of 2x2 moves over the image in steps of two; from each place only the largest value is kept, so "
        "height and width are halved while the batch and the channels stay. The layer has no weights. With padding "
        "`valid` the window never leaves the image, and what is left over at the end is dropped. With `same` it may, "
        "and cells outside the image count neither as a maximum nor in a mean. A NaN never wins a comparison here, so "
        "a maximum hides it, while a mean shows it. The output shape is (batch, height // 2, width // 2, channels) for "
        "the default window; halving the first two axes instead would halve the batch. In Keras 1 the arguments were "
        "called `border_mode` and `dim_ordering`; today they are `padding` and `data_format`."
    ),
    fields=(
        Field("pool_size", "shape", (2, 2), "Height and width of the window."),
        Field("strides", "shape", None, "How far the window moves. Empty: as far as it is large.", optional=True),
        Field(
            "padding",
            "choice",
            "valid",
            "`valid`: the window stays inside. `same`: it may reach over the edge.",
            choices=PADDINGS,
        ),
        Field("pool_mode", "choice", "max", "Keep the largest value, or the mean.", choices=("max", "average")),
        Field(
            "data_format",
            "choice",
            "channels_last",
            "Whether the channels are the last axis or the one after the batch.",
            choices=DATA_FORMATS,
            advanced=True,
        ),
    ),
    inputs=(Input("image", (1, 4, 4, 1), ("batch", "height", "width", "channels"), "arange", {"start": 1, "step": 1}),),
    tensors=(
        Tensor("pixels", ("batch", "height", "width", "channels"), help="The input, in the layer's dtype."),
        Tensor("output", ("batch", "height", "width", "channels")),
    ),
    examples=(
        Example("Window 2x2, stride 2", "000", shows="From 1 to 16 in a 4x4 image the maxima are 6, 8, 14 and 16."),
        Example(
            "The mean instead",
            "000",
            params={"pool_mode": "average"},
            shows="`pool_mode` can also be average: 3.5, 5.5, 11.5 and 13.5.",
        ),
        Example(
            "5x5, the edge dropped",
            inputs=({"shape": (1, 5, 5, 1)},),
            shows="With `valid` the last row and column are never looked at.",
        ),
        Example(
            "5x5, padding `same`",
            params={"padding": "same"},
            inputs=({"shape": (1, 5, 5, 1)},),
            shows="Three places along each axis: the last window sees a part of the image only.",
        ),
        Example(
            "A picture, halved",
            inputs=({"shape": (1, 16, 16, 3), "recipe": "image", "options": {}},),
            shows="16x16 becomes 8x8: of every four cells the largest stays, in each channel on its own.",
        ),
        Example(
            "Overlapping windows",
            params={"pool_size": (3, 3), "strides": (1, 1)},
            inputs=({"shape": (1, 16, 16, 3), "recipe": "image", "options": {}},),
            shows="A stride of 1 keeps the size, less the edge, so 16x16 becomes 14x14; bright areas grow.",
        ),
        Example(
            "Channels first",
            params={"data_format": "channels_first"},
            inputs=({"shape": (1, 2, 4, 4)},),
            shows="The two channels are the second axis here; each is pooled by itself.",
        ),
    ),
    documents=("000",),
    reference="layers.max_pooling:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class MaxPooling(keras.layers.Layer):
    """The maximum or the mean under a sliding window.

    Args:
        pool_size: height and width of the window: an integer, or two.
        strides: how far it moves; `None` means `pool_size`.
        padding: "valid" or "same".
        pool_mode: "max" or "average".
        data_format: "channels_last" or "channels_first".

    Input shape: `(batch, height, width, channels)`, or `(batch, channels, height, width)`.
    Output shape: the same axes, height and width as many as the window has places.

    Raises:
        ValueError: if an argument is not one of these, or the window does not fit into the image.
    """

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        pool_mode: str = "max",
        data_format: str = "channels_last",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = positive_pair("pool_size", pool_size)
        self.strides = positive_pair("strides", self.pool_size if strides is None else strides)
        self.padding = one_of("padding", padding, ("valid", "same"))
        self.pool_mode = one_of("pool_mode", pool_mode, ("max", "average"))
        self.data_format = one_of("data_format", data_format, ("channels_last", "channels_first"))
        self.input_spec = keras.layers.InputSpec(ndim=4)

    def call(self, image: Any) -> Any:
        pixels = keras.ops.cast(image, self.compute_dtype)
        pool = keras.ops.max_pool if self.pool_mode == "max" else keras.ops.average_pool
        return pool(pixels, self.pool_size, self.strides, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        shape = list(input_shape)
        first = 1 if self.data_format == "channels_last" else 2
        for axis, window, stride in zip((first, first + 1), self.pool_size, self.strides, strict=True):
            size = shape[axis]
            if size is None:
                continue
            if self.padding == "valid" and size < window:
                raise ValueError(
                    f"The window does not fit: it covers {window} cells of an axis that has {size}. "
                    f'Received: shape {input_shape}, pool_size={self.pool_size}, padding="valid"'
                )
            shape[axis] = -(-size // stride) if self.padding == "same" else (size - window) // stride + 1
        return tuple(shape)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.compute_output_shape(input_shape)  # no weights, but a window that does not fit is said here

    def get_config(self) -> dict[str, Any]:
        names = ("pool_size", "strides", "padding", "pool_mode", "data_format")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def positive_pair(name: str, value: Any) -> tuple[int, int]:
    """Two positive integers from one or two.

    Raises:
        ValueError: naming the argument, if it is anything else.
    """
    sizes = [value, value] if isinstance(value, int) else list(value) if isinstance(value, (list, tuple)) else []
    if len(sizes) != 2 or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes):
        raise ValueError(f"`{name}` must be one or two integers >= 1. Received: {name}={value!r}")
    return sizes[0], sizes[1]


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """The value, if it is one of the choices.

    Raises:
        ValueError: naming the argument, if it is not.
    """
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {choices}. Received: {name}={value!r}")
    return str(value)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, one axis after the other: the largest, or the sum by the count; padding counts nothing."""
    pooled = inputs[0].astype("float64")
    count = np.ones_like(pooled)
    first = 2 if params["data_format"] == "channels_first" else 1
    window = pair(params["pool_size"])
    stride = pair(window if params["strides"] is None else params["strides"])
    under = largest_under if params["pool_mode"] == "max" else sum_under
    for number, axis in enumerate((first, first + 1)):
        look = axis, window[number], stride[number], params["padding"]
        pooled, count = under(pooled, *look), sum_under(count, *look)
    return [pooled if params["pool_mode"] == "max" else pooled / count]
