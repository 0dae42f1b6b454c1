"""Parts that are made in `build` and built by their own first call, as most code on the web leaves it.

Without `compute_output_shape`: Keras then learns the shape from a symbolic call, and that builds a loaded layer's
parts.
"""

import keras

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, relu


@keras.saving.register_keras_serializable("healthy")
class LateDense(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.inner = keras.layers.Dense(self.units, activation="relu", name="inner")
        self.outer = keras.layers.Dense(input_shape[-1], name="outer")

    def call(self, inputs):
        return inputs + self.outer(self.inner(inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, x):
    return x + dense(relu(dense(double(x), weights, "inner")), weights, "outer")


CASE = Healthy(LateDense, [draw(2, 4)], reference)
