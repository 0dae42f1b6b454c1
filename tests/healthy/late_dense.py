"""Parts that are built by their own first call, as most code on the web leaves it.

The first layer's own `build` makes its parts without building them; the second has no `build` at all. Neither has a
`compute_output_shape`: Keras then learns the shape from a symbolic call, which builds the parts of a loaded layer.
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


@keras.saving.register_keras_serializable("healthy")
class WithoutBuild(keras.layers.Layer):
    def __init__(self, width, units=3, rate=0.2, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.units = units
        self.rate = rate
        self.inner = keras.layers.Dense(units, activation="relu", name="inner")
        self.drop = keras.layers.Dropout(rate, name="drop")
        self.outer = keras.layers.Dense(width, name="outer")

    def call(self, inputs, **kwargs):
        x = self.inner(inputs)
        x = self.drop(x, **kwargs)
        return inputs + self.outer(x)

    def get_config(self):
        return {**super().get_config(), "width": self.width, "units": self.units, "rate": self.rate}


def reference(weights, x):
    return x + dense(relu(dense(double(x), weights, "inner")), weights, "outer")


CASE = Healthy(
    LateDense,
    [draw(2, 4)],
    reference,
    flaws={"complete_build": "Keras asks that build makes all state, that of the parts too."},
)
WITHOUT_BUILD = Healthy(lambda: WithoutBuild(4), [draw(2, 4)], reference, name="without_build")
