"""The shape of a weight holds the batch, which is unknown while a model is made."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "self.mask = self.add_weight(")
class Shade(keras.layers.Layer):
    def build(self, input_shape):
        self.mask = self.add_weight(shape=input_shape, initializer="ones")

    def call(self, x):
        return x * self.mask


@wrong("build", "self.kernel = self.add_weight(", arguments={"units": 3})
class Mixed(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[0], self.units))

    def call(self, x):
        return ops.matmul(ops.transpose(x), self.kernel)


@wrong("symbolic", "self.offset =")
class Offset(keras.layers.Layer):
    def build(self, shape):
        batch, features = shape
        self.offset = keras.Variable(lambda s, dtype: ops.zeros(s, dtype), shape=(batch, features))

    def call(self, x):
        return x - self.offset


@wrong("build", "return self.add_weight(")
class Memory(keras.layers.Layer):
    def build(self, input_shape):
        self.memory = self._state(input_shape)

    def _state(self, like):
        return self.add_weight(shape=tuple(like[:2]), initializer="zeros", trainable=False)

    def call(self, x):
        return x + self.memory
