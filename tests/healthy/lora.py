"""Low-rank adaptation (Hu et al., 2021): a frozen kernel, and a trained product of two narrow ones beside it."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class LoraDense(keras.layers.Layer):
    def __init__(self, units=4, rank=2, alpha=4.0, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.rank = rank
        self.alpha = alpha
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape):
        width = input_shape[-1]
        self.kernel = self.add_weight(
            shape=(width, self.units), initializer=self.kernel_initializer, trainable=False, name="kernel"
        )
        self.down = self.add_weight(shape=(width, self.rank), initializer="he_uniform", name="down")
        self.up = self.add_weight(shape=(self.rank, self.units), initializer="zeros", name="up")

    def call(self, inputs):
        base = ops.matmul(inputs, self.kernel)
        change = ops.matmul(ops.matmul(inputs, self.down), self.up)
        return base + change * (self.alpha / self.rank)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(
            units=self.units,
            rank=self.rank,
            alpha=self.alpha,
            kernel_initializer=keras.initializers.serialize(self.kernel_initializer),
        )
        return config


def reference(weights, x):
    return double(x) @ (weights["kernel"] + 2 * weights["down"] @ weights["up"])


CASE = Healthy(LoraDense, [draw(2, 3, 5)], reference, unknown=(1,))
