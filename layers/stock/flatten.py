"""Flatten: all axes but the batch, laid out in one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from layers.card import Card, Example, Field, Input, Tensor
from layers.choices import DATA_FORMATS

CARD = Card(
    id="keras.layers.Flatten",
    title="Flatten",
    layer="keras.layers:Flatten",
    group="reshaping",
    summary="Lays all axes of a sample out in one row; the batch stays.",
    story=(
        "Numbers are not changed, only laid out: from (batch, height, width, channels) to (batch, height x width x "
        "channels), the last axis running fastest. "
        "`data_format` says where the channels are. With `channels_first` they are moved to the end before the layout, "
        "so that a model which reads the same picture in the other format finds its numbers in the same order. "
        "An input without any axis beside the batch gets one: (3,) becomes (3, 1). "
        "When the argument is left empty, Keras takes `image_data_format` from its configuration file, usually "
        "`channels_last`."
    ),
    fields=(
        Field(
            "data_format",
            "choice",
            None,
            "Where the channels are. Empty: as Keras is configured.",
            choices=DATA_FORMATS,
            optional=True,
        ),
    ),
    inputs=(Input("x", (2, 2, 3, 2), ("batch", "height", "width", "channels"), "arange", {"start": 0, "step": 1}),),
    tensors=(Tensor("output", ("features",)),),
    examples=(
        Example(
            "Channels last",
            "002",
            params={"data_format": "channels_last"},
            shows="Each sample in reading order: 0, 1, 2 ... 11.",
        ),
        Example(
            "Channels first",
            "002",
            params={"data_format": "channels_first"},
            inputs=({"shape": (2, 2, 2, 3)},),
            shows="The channels are interleaved: 0, 6, 1, 7, 2, 8 ...",
        ),
        Example("A single axis", inputs=({"shape": (3,)},), shows="(3,) becomes (3, 1)."),
    ),
    documents=("002",),
    reference="layers.stock.flatten:reference",
)


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy: read the cells of each sample in the stated order."""
    x = inputs[0].astype("float64")
    if params["data_format"] == "channels_first" and x.ndim > 2:
        x = np.moveaxis(x, 1, -1)
    return [x.reshape(len(x), int(np.prod(x.shape[1:])))]
