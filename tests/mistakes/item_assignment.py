"""A cell of a tensor is set as if it were a NumPy array."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "x[:, 0] = 0.0")
class ZeroFirst(keras.layers.Layer):
    def call(self, x):
        x[:, 0] = 0.0
        return x


@wrong("call", "out[..., -1] = ")
class Closing(keras.layers.Layer):
    def call(self, inputs):
        out = ops.copy(inputs)
        out[..., -1] = ops.sum(inputs, axis=-1)
        return out


@wrong("call", "y[0] += 1.0")
class Raised(keras.layers.Layer):
    """Added to, in a helper."""

    def call(self, x):
        return self.lift(x * 1.0)

    def lift(self, y):
        y[0] += 1.0
        return y


@wrong("call", "self.table[0] =")
class Table(keras.layers.Layer):
    """Of a weight."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=(3, input_shape[-1]))

    def call(self, x):
        self.table[0] = x[0]
        return x + self.table[0]


@wrong("call", "del x[0]")
class Drop(keras.layers.Layer):
    """Deleted."""

    def call(self, x):
        del x[0]
        return x
