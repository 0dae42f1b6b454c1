"""add_loss is given a number that does not come from a tensor."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "self.add_loss(0.5)")
class Constant(keras.layers.Layer):
    def call(self, x):
        self.add_loss(0.5)
        return x


@wrong("call", "self.add_loss(self.rate * 2)", arguments={"rate": 0.1})
class Rated(keras.layers.Layer):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def call(self, inputs):
        self.add_loss(self.rate * 2)
        return inputs


@wrong("call", "self.add_loss(float(")
class Energy(keras.layers.Layer):
    """A tensor made a number, in a helper."""

    def call(self, x):
        self.punish(x)
        return x

    def punish(self, x):
        self.add_loss(float(ops.mean(ops.square(x))))


@wrong("call", "self.add_loss(lambda")
class Deferred(keras.layers.Layer):
    """A function, as older versions took."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],))

    def call(self, x):
        self.add_loss(lambda: ops.sum(self.w))
        return x * self.w
