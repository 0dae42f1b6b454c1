"""Layers in TensorFlow's own words, with a `tf.function` whose `if` or `while` hangs on a tensor."""

import keras
import numpy as np
import tensorflow as tf

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, relu


@keras.saving.register_keras_serializable("healthy")
class Switched(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.level = self.add_weight(shape=(), initializer="ones", trainable=False, dtype="float32", name="level")

    def call(self, inputs):
        @tf.function
        def bounded(x, level):
            y = tf.tanh(x)
            if level > 0.5:
                y = tf.nn.relu(x)
            return y

        projected = tf.matmul(inputs, tf.transpose(self.kernel), transpose_b=True)
        return bounded(projected, tf.convert_to_tensor(self.level))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("healthy")
class Halving(keras.layers.Layer):
    """A `while` that hangs on a tensor: halves all numbers until their bound is kept."""

    def __init__(self, bound=0.5, **kwargs):
        super().__init__(**kwargs)
        self.bound = bound

    def call(self, inputs):
        return self.halved(inputs)

    @tf.function
    def halved(self, x):
        rounds = tf.constant(0)
        while rounds < 3:
            x = tf.where(tf.abs(x) > self.bound, x / 2, x)
            rounds += 1
        return x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "bound": self.bound}


def switched(weights, x):
    product = double(x) @ weights["kernel"]
    return relu(product) if weights["level"] > 0.5 else np.tanh(product)


def halved(weights, x):
    x = double(x)
    for _ in range(3):
        x = np.where(np.abs(x) > 0.5, x / 2, x)
    return x


IF = Healthy(
    Switched,
    [draw(3, 4)],
    switched,
    name="if",
    compiled=(f"{__name__}.bounded",),
    advice={"backends": "It is about tf.function, and calls TensorFlow throughout."},
)
WHILE = Healthy(Halving, [3 * draw(3, 4)], halved, name="while", compiled=(f"{__name__}.halved",))
