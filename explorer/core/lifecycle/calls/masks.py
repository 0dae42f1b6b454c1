"""Calls about masks: where one is born, how it travels, and where it dies."""

from __future__ import annotations

from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import call
from explorer.core.lifecycle.masking import masking_table
from explorer.model.trace import Message


@call(
    "masking",
    Message("The mask's way through the layer, and through the chain"),
    Message("Each layer is called on what the one before it gave, with the mask that came with it, and again without."),
    tabulate=lambda scope: masking_table(scope["subject"]),
)
def masks(layer: Any) -> Any:
    return layer.supports_masking


@call("masking", Message("The mask on its output"), Message("None: no mask leaves this layer."))
def mask_of_output(layer: Any, inputs: Any) -> Any:
    y = layer(*inputs)
    return [keras.src.backend.get_keras_mask(tensor) for tensor in keras.tree.flatten(y)]


@call("masking", Message("Born: an Embedding with mask_zero"), Message("Index 0 is padding; the mask is False there."))
def mask_of_embedding() -> Any:
    layer = keras.layers.Embedding(5, 2, mask_zero=True)
    return keras.src.backend.get_keras_mask(layer(keras.ops.array([[1, 2, 0]])))


@call("masking", Message("Born: Masking"), Message("A step whose features all equal the mask value is masked."))
def mask_of_masking() -> Any:
    x = keras.ops.array([[[1.0, 2.0], [0.0, 0.0]]])
    return keras.src.backend.get_keras_mask(keras.layers.Masking()(x))


@call(
    "masking",
    Message("Used: an LSTM skips masked steps"),
    Message("Padded or not, the numbers are the same: difference 0."),
)
def mask_of_lstm() -> Any:
    embedding = keras.layers.Embedding(5, 2, mask_zero=True)
    lstm = keras.layers.LSTM(3)
    padded = lstm(embedding(keras.ops.array([[1, 2, 0, 0]])))
    unpadded = lstm(embedding(keras.ops.array([[1, 2]])))
    return keras.ops.max(keras.ops.abs(padded - unpadded))


@call(
    "masking",
    Message("Dies: a layer without mask support"),
    Message("No error, but a warning: the mask is destroyed."),
    modern="mask_passed_on",
)
def mask_destroyed() -> Any:
    class Plain(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    masked = keras.layers.Embedding(5, 2, mask_zero=True)(keras.ops.array([[1, 0]]))
    return keras.src.backend.get_keras_mask(Plain()(masked))


@call("masking", Message("Passed on: supports_masking = True"))
def mask_passed_on() -> Any:
    class Plain(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.supports_masking = True

        def call(self, x: Any) -> Any:
            return x * 2

    masked = keras.layers.Embedding(5, 2, mask_zero=True)(keras.ops.array([[1, 0]]))
    return keras.src.backend.get_keras_mask(Plain()(masked))
