"""A weight is made in call, when the layer is already built."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "w = self.add_weight(")
class Scale(keras.layers.Layer):
    def call(self, x):
        w = self.add_weight(shape=(x.shape[-1],), initializer="ones")
        return x * w


@wrong("call", "self.bias = keras.Variable(")
class Bias(keras.layers.Layer):
    def build(self, input_shape):
        pass

    def call(self, x):
        self.bias = keras.Variable(ops.zeros((x.shape[-1],)))
        return x + self.bias


@wrong("call", "self.kernel = self.add_weight(", arguments={"units": 3})
class Lazy(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units
        self.kernel = None

    def call(self, x):
        if self.kernel is None:
            self._make(x.shape[-1])
        return ops.matmul(x, self.kernel)

    def _make(self, size):
        self.kernel = self.add_weight(shape=(size, self.units), name="kernel")


@wrong("call", "self.seen.append(")
class Collector(keras.layers.Layer):
    """A variable is put into a list of the layer."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def call(self, x):
        self.seen.append(keras.Variable(1.0))
        return x * 2.0
