"""A tower of small perceptrons, each a `keras.Sequential` of its own: the usual way to write a deep encoder."""

import keras
import numpy as np

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class Tower(keras.layers.Layer):
    def __init__(self, widths=(5, 3), activation="tanh", **kwargs):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        self.activation = keras.activations.get(activation)
        self.blocks = [
            keras.Sequential(
                [
                    keras.layers.Dense(2 * width, activation=self.activation, name="inner"),
                    keras.layers.Dense(width, name="outer"),
                ],
                name=f"block_{number}",
            )
            for number, width in enumerate(self.widths)
        ]

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)
            input_shape = block.compute_output_shape(input_shape)

    def call(self, inputs):
        x = inputs
        for block in self.blocks:
            x = block(x)
        return x

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.widths[-1])

    def get_config(self):
        config = super().get_config()
        config.update(widths=self.widths, activation=keras.activations.serialize(self.activation))
        return config


def reference(weights, x):
    x = double(x)
    for number in range(2):
        x = dense(np.tanh(dense(x, weights, f"block_{number}/inner")), weights, f"block_{number}/outer")
    return x


CASE = Healthy(Tower, [draw(3, 4)], reference)
