"""Sub-pixel convolution (Shi et al., 2016): channels become space; its inverse, space to depth, stands beside it."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import conv, double, draw


@keras.saving.register_keras_serializable("healthy")
class PixelShuffle(keras.layers.Layer):
    def __init__(self, filters=2, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.factor = factor
        self.widen = keras.layers.Conv2D(filters * factor**2, 3, padding="same", name="widen")

    def build(self, input_shape):
        self.widen.build(input_shape)

    def call(self, inputs):
        x = self.widen(inputs)
        batch, rows, columns, _ = ops.shape(x)
        x = ops.reshape(x, (batch, rows, columns, self.factor, self.factor, self.filters))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (batch, rows * self.factor, columns * self.factor, self.filters))

    def compute_output_shape(self, input_shape):
        batch, rows, columns, _ = input_shape
        return (batch, *(n and n * self.factor for n in (rows, columns)), self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "factor": self.factor}


@keras.saving.register_keras_serializable("healthy")
class SpaceToDepth(keras.layers.Layer):
    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        parts = [
            inputs[:, top :: self.factor, left :: self.factor, :]
            for top in range(self.factor)
            for left in range(self.factor)
        ]
        return ops.concatenate(parts, axis=-1)

    def compute_output_shape(self, input_shape):
        batch, rows, columns, channels = input_shape
        return (batch, *(n and n // self.factor for n in (rows, columns)), channels * self.factor**2)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def shuffled(weights, images):
    x = conv(double(images), weights["widen/kernel"]) + weights["widen/bias"]
    out = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2], 2))
    for row in range(out.shape[1]):
        for column in range(out.shape[2]):
            first = 2 * (2 * (row % 2) + column % 2)
            out[:, row, column] = x[:, row // 2, column // 2, first : first + 2]
    return out


def folded(weights, images):
    batch, rows, columns, channels = images.shape
    x = double(images).reshape(batch, rows // 2, 2, columns // 2, 2, channels)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, rows // 2, columns // 2, 4 * channels)


SHUFFLE = Healthy(PixelShuffle, [draw(2, 3, 2, 2)], shuffled, unknown=(1, 2), name="to_space")
FOLD = Healthy(SpaceToDepth, [draw(2, 4, 4, 2)], folded, name="to_depth")
