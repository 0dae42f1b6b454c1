"""Rotary positions (Su et al., 2021): pairs of channels are turned by an angle that grows with the step."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class RotaryEmbedding(keras.layers.Layer):
    def __init__(self, base=10000.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.base = base

    def build(self, input_shape):
        half = input_shape[-1] // 2
        self.rates = self.add_weight(
            shape=(half,),
            initializer=lambda shape, dtype=None: ops.power(
                ops.cast(self.base, "float32"), -ops.arange(half, dtype="float32") / half
            ),
            trainable=False,
            dtype="float32",
            autocast=False,
            name="rates",
        )

    def call(self, inputs):
        steps = ops.arange(ops.shape(inputs)[1], dtype="float32")
        angle = ops.outer(steps, self.rates)
        cosine = ops.cast(ops.concatenate([ops.cos(angle)] * 2, axis=-1), inputs.dtype)
        sine = ops.cast(ops.concatenate([ops.sin(angle)] * 2, axis=-1), inputs.dtype)
        first, second = ops.split(inputs, 2, axis=-1)
        turned = ops.concatenate([-second, first], axis=-1)
        return inputs * cosine + turned * sine

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "base": self.base}


def reference(weights, x):
    z = double(x)[..., :3] + 1j * double(x)[..., 3:]
    angle = np.arange(x.shape[1])[:, None] * 10000.0 ** (-np.arange(3) / 3)
    z = z * np.exp(1j * angle)
    return np.concatenate([z.real, z.imag], -1)


CASE = Healthy(RotaryEmbedding, [draw(2, 5, 6)], reference, unknown=(1,))
