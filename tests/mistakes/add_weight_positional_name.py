"""A weight's name is given as the first argument, as in Keras 2."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("build", "self.add_weight(", arguments={"units": 3})
class Affine(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight("kernel", shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)


@wrong("construct", "self.bias = self.add_weight(", arguments={"size": 4})
class Shift(keras.layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.bias = self.add_weight("bias", (size,), initializer="zeros")

    def call(self, x):
        return x + self.bias


@wrong("call", "return self.add_weight(")
class Helped(keras.layers.Layer):
    """The weight is made in a helper."""

    def build(self, input_shape):
        self.scale = self._vector("scale", input_shape[-1])

    def _vector(self, label, size):
        return self.add_weight(label, shape=(size,), initializer="ones", trainable=True)

    def call(self, x):
        return x * self.scale


@wrong("call", "self.v =")
class Twice(keras.layers.Layer):
    """The shape comes first, and as a keyword once more."""

    def build(self, input_shape):
        self.v = self.add_weight((3,), shape=(input_shape[-1],), name="v")

    def call(self, x):
        return x * self.v
