"""A bilinear form of two inputs (Tenenbaum and Freeman, 2000): each output weighs every product of their features."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class Bilinear(keras.layers.Layer):
    def __init__(self, units=2, kernel_constraint=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_constraint = keras.constraints.get(kernel_constraint)

    def build(self, left_shape, right_shape):
        self.kernel = self.add_weight(
            shape=(left_shape[-1], self.units, right_shape[-1]), constraint=self.kernel_constraint, name="kernel"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, left, right):
        return ops.einsum("bi,ikj,bj->bk", left, self.kernel, right) + self.bias

    def compute_output_shape(self, left_shape, right_shape):
        return (left_shape[0], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(units=self.units, kernel_constraint=keras.constraints.serialize(self.kernel_constraint))
        return config


def reference(weights, left, right):
    return (double(left)[:, :, None, None] * weights["kernel"] * double(right)[:, None, None]).sum((1, 3)) + weights[
        "bias"
    ]


CASE = Healthy(Bilinear, [draw(3, 4), draw(3, 2, seed=1)], reference)
