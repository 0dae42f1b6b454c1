"""A hypernetwork (Ha et al., 2017): a dense layer writes the kernel with which another input is multiplied."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class HyperDense(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        features, code = input_shape
        self.width = features[-1]
        self.writer = keras.layers.Dense(self.width * self.units, name="writer")
        self.shift = keras.layers.Dense(self.units, name="shift")
        self.writer.build(code)
        self.shift.build(code)

    def call(self, inputs):
        features, code = inputs
        kernel = ops.reshape(self.writer(code), (-1, self.width, self.units))
        return ops.einsum("bi,bio->bo", features, kernel) + self.shift(code)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, inputs):
    features, code = map(double, inputs)
    kernels = dense(code, weights, "writer").reshape(-1, 4, 3)
    return np.stack([x @ kernel for x, kernel in zip(features, kernels, strict=True)]) + dense(code, weights, "shift")


CASE = Healthy(HyperDense, [[draw(3, 4), draw(3, 2, seed=1)]], reference)
