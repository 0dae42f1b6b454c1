"""Quantisation-aware training (Jacob et al., 2018): the kernel is rounded to a few levels; gradients pass on."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class FakeQuantDense(keras.layers.Layer):
    def __init__(self, units=3, bits=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.bits = bits

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def levelled(self, x):
        levels = 2.0 ** (self.bits - 1) - 1.0
        step = ops.stop_gradient(ops.max(ops.abs(x), axis=0, keepdims=True)) / levels
        rounded = ops.clip(ops.round(x / step), -levels, levels) * step
        return x + ops.stop_gradient(rounded - x)

    def call(self, inputs):
        return ops.matmul(inputs, self.levelled(ops.convert_to_tensor(self.kernel))) + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "bits": self.bits}


def reference(weights, x):
    step = np.abs(weights["kernel"]).max(0) / 7
    return double(x) @ (np.rint(weights["kernel"] / step) * step) + weights["bias"]


CASE = Healthy(FakeQuantDense, [draw(3, 4)], reference)
