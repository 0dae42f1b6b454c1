"""MaxPooling2D: Keras's own maximum under a sliding window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import DATA_FORMATS, PADDINGS
from layers.windows import largest_under, pair

CARD = Card(
    id="keras.layers.MaxPooling2D",
    title="MaxPooling2D",
    layer="keras.layers:MaxPooling2D",
    group="pooling",
    summary="Keeps the largest value under a window that slides over the image.",
    story=(
        "The layer shrinks an image: under each place of the window only the largest value is kept, for each channel "
        "on its own. It has no weights. The default window of 2x2 moves by its own size and halves height and width. "
        "With `same` the window may reach over the edge; cells outside never win, even against negative numbers. A NaN "
        "never wins either, so a maximum hides it."
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
        Field(
            "data_format",
            "choice",
            None,
            "Where the channels are. Empty: as Keras is configured.",
            choices=DATA_FORMATS,
            optional=True,
            advanced=True,
        ),
    ),
    inputs=(Input("image", (1, 8, 8, 1), ("batch", "height", "width", "channels"), "image"),),
    tensors=(Tensor("output", ("batch", "height", "width", "channels")),),
    examples=(
        Example(
            "Window 2x2, stride 2",
            "000",
            inputs=({"shape": (1, 4, 4, 1), "recipe": "arange", "options": {"start": 1, "step": 1}},),
            shows="From 1 to 16 in a 4x4 image the maxima are 6, 8, 14 and 16.",
        ),
        Example(
            "Negative numbers and padding",
            params={"padding": "same"},
            inputs=({"shape": (1, 3, 3, 1), "recipe": "arange", "options": {"start": -9, "step": 1}},),
            shows="The padded cells are not zeros: the maxima are -5, -4, -2 and -1.",
        ),
        Example("Overlapping windows", params={"pool_size": (3, 3), "strides": (1, 1)}, shows="8x8 becomes 6x6."),
    ),
    documents=("000",),
    reference="layers.stock.max_pooling2d:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy: the maximum over rows under the window, then over columns."""
    pooled = inputs[0].astype("float64")
    first = 2 if params["data_format"] == "channels_first" else 1
    window = pair(params["pool_size"])
    stride = pair(window if params["strides"] is None else params["strides"])
    for number, axis in enumerate((first, first + 1)):
        pooled = largest_under(pooled, axis, window[number], stride[number], params["padding"])
    return [pooled]
