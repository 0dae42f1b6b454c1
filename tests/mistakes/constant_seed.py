"""Random numbers are drawn with a constant seed in call: every call draws the same."""

import keras
import tensorflow as tf
from keras import ops, random

from tests.mistakes.case import wrong


@wrong("silent", "seed=42")
class Noise(keras.layers.Layer):
    def call(self, x):
        return x + keras.random.normal(ops.shape(x), seed=42)


@wrong("silent", "self.seed)", arguments={"seed": 7})
class Drop(keras.layers.Layer):
    """The number comes through an attribute."""

    def __init__(self, rate=0.5, seed=1):
        super().__init__()
        self.rate = rate
        self.seed = seed

    def call(self, inputs, training=True):
        if not training:
            return inputs
        return random.dropout(inputs, self.rate, seed=self.seed)


@wrong("silent", "keras.random.uniform(", arguments={"spread": 0.1})
class Jitter(keras.layers.Layer):
    """By position, in a helper."""

    def __init__(self, spread):
        super().__init__()
        self.spread = spread

    def call(self, x):
        return x + self.shake(ops.shape(x))

    def shake(self, shape):
        return keras.random.uniform(shape, -self.spread, self.spread, None, 3)


@wrong("silent", "tf.random.stateless_normal(")
class Stateless(keras.layers.Layer):
    def call(self, x):
        return x + tf.random.stateless_normal(tf.shape(x), seed=(1, 2))


@wrong("silent", "SeedGenerator(0)")
class Fresh(keras.layers.Layer):
    """A generator, but a new one in every call."""

    def call(self, x):
        generator = keras.random.SeedGenerator(0)
        return x + keras.random.normal(ops.shape(x), seed=generator)
