"""Positions added to a sequence: waves of fixed lengths (Vaswani et al., 2017), or a learned vector for each step."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class SinusoidalPositions(keras.layers.Layer):
    def __init__(self, longest=10000.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.longest = longest

    def call(self, inputs):
        steps, width = ops.shape(inputs)[1], inputs.shape[-1]
        position = ops.cast(ops.arange(steps), "float32")
        channel = ops.arange(width, dtype="float32")
        rate = ops.power(float(self.longest), -2.0 * ops.floor(channel / 2) / width)
        angle = position[:, None] * rate[None, :]
        even = ops.cast(ops.arange(width) % 2 == 0, angle.dtype)
        waves = ops.sin(angle) * even + ops.cos(angle) * (1.0 - even)
        return inputs + ops.cast(waves, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "longest": self.longest}


@keras.saving.register_keras_serializable("healthy")
class LearnedPositions(keras.layers.Layer):
    def __init__(self, most=8, initializer="random_normal", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.most = most
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        self.table = self.add_weight(shape=(self.most, input_shape[-1]), initializer=self.initializer, name="table")

    def call(self, inputs):
        length = ops.shape(inputs)[1]
        return inputs + ops.slice(self.table, (0, 0), (length, inputs.shape[-1]))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(most=self.most, initializer=keras.initializers.serialize(self.initializer))
        return config


def waves(weights, x):
    x = double(x)
    for step in range(x.shape[1]):
        for channel in range(x.shape[2]):
            angle = step / 10000.0 ** (2 * (channel // 2) / x.shape[2])
            x[:, step, channel] += np.cos(angle) if channel % 2 else np.sin(angle)
    return x


def learned(weights, x):
    return double(x) + weights["table"][: x.shape[1]]


SINUSOIDAL = Healthy(SinusoidalPositions, [draw(2, 5, 4)], waves, unknown=(1,), name="sinusoidal")
LEARNED = Healthy(LearnedPositions, [draw(2, 5, 4)], learned, name="learned", unknown=(1,))
