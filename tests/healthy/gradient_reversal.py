"""Gradient reversal (Ganin and Lempitsky, 2015): forward a plain projection, backward the sign turns."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class GradientReversal(keras.layers.Layer):
    def __init__(self, units=2, strength=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.strength = strength

    def build(self, input_shape):
        self.head = keras.layers.Dense(self.units, name="head")
        self.head.build(input_shape)

    def reverse(self, x):
        strength = self.strength

        @ops.custom_gradient
        def turned(value):
            def backward(*arguments, upstream=None):
                if upstream is None:
                    (upstream,) = arguments
                return -strength * upstream

            return value * 1.0, backward

        return turned(x)

    def call(self, inputs):
        return self.head(self.reverse(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "strength": self.strength}


def reference(weights, x):
    return dense(double(x), weights, "head")


CASE = Healthy(GradientReversal, [draw(3, 4)], reference)
