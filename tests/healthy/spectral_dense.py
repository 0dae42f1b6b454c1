"""A dense layer divided by its largest singular value (Miyato et al., 2018), followed by one power iteration a step."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class SpectralDense(keras.layers.Layer):
    def __init__(self, units=3, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.epsilon = epsilon

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.direction = self.add_weight(
            shape=(1, self.units), initializer="random_normal", trainable=False, dtype="float32", name="direction"
        )

    def unit(self, x):
        return x / (ops.sqrt(ops.sum(ops.square(x))) + self.epsilon)

    def call(self, inputs, training=None):
        kernel = ops.cast(self.kernel, "float32")
        right = ops.convert_to_tensor(self.direction)
        left = self.unit(ops.matmul(right, ops.transpose(kernel)))
        if training:
            right = self.unit(ops.matmul(left, kernel))
            left = self.unit(ops.matmul(right, ops.transpose(kernel)))
            right, left = ops.stop_gradient(right), ops.stop_gradient(left)
            self.direction.assign(right)
        sigma = ops.matmul(ops.matmul(left, kernel), ops.transpose(right))
        scaled = ops.cast(kernel / sigma, inputs.dtype)
        return ops.matmul(inputs, scaled) + self.bias

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "epsilon": self.epsilon}


def unit(x):
    return x / (np.linalg.norm(x) + 1e-6)


def trained(weights, x):
    kernel, right = weights["kernel"], weights["direction"][0]
    right = unit(kernel.T @ unit(kernel @ right))
    sigma = unit(kernel @ right) @ kernel @ right
    return double(x) @ kernel / sigma + weights["bias"]


def resting(weights, x):
    kernel, right = weights["kernel"], weights["direction"][0]
    return double(x) @ kernel / (unit(kernel @ right) @ kernel @ right) + weights["bias"]


TRAINED = Healthy(SpectralDense, [draw(4, 3)], trained, training=True, name="training")
RESTING = Healthy(SpectralDense, [draw(4, 3)], resting, name="inference")
