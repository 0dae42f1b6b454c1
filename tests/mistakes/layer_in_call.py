"""A sub-layer is made anew in each call."""

import keras
from keras import layers
from keras.layers import LayerNormalization

from tests.mistakes.case import wrong


@wrong("fit", "keras.layers.Dense(4)(x)")
class Mixer(keras.layers.Layer):
    def call(self, x):
        return keras.layers.Dense(4)(x)


@wrong("fit", "norm = LayerNormalization()")
class Normed(keras.layers.Layer):
    def call(self, inputs):
        norm = LayerNormalization()
        return norm(inputs) * 2.0


@wrong("call", "self.dense = layers.Dense(", arguments={"units": 3})
class Kept(keras.layers.Layer):
    """And kept: the layer is locked by then."""

    def __init__(self, units):
        super().__init__()
        self.units = units

    def call(self, x):
        self.dense = layers.Dense(self.units)
        return self.dense(x)


@wrong("fit", "return layers.Dense(")
class Tower(keras.layers.Layer):
    """In a helper, in a loop."""

    def call(self, x):
        for size in (4, 3):
            x = self.step(size)(x)
        return x

    def step(self, size):
        return layers.Dense(size, activation="relu")
