"""An attribute has the name of one of Keras's own properties."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("construct", "self.input = size", arguments={"size": 4})
class Reader(keras.layers.Layer):
    def __init__(self, size):
        super().__init__()
        self.input = size

    def call(self, x):
        return x * 2.0


@wrong("build", "self.weights =")
class Weighted(keras.layers.Layer):
    def build(self, input_shape):
        self.weights = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.weights


@wrong("call", "self.output =")
class Keeper(keras.layers.Layer):
    def call(self, x):
        self.output = ops.square(x)
        return self.output


@wrong("call", "self.losses =")
class Lossy(keras.layers.Layer):
    """In a helper."""

    def call(self, x):
        self.remember(x)
        return x

    def remember(self, x):
        self.losses = [ops.mean(x)]


@wrong("construct", "self.variable_dtype =", arguments={"dtype": "float16"})  # what it is already passes in silence
class Typed(keras.layers.Layer):
    def __init__(self, dtype):
        super().__init__()
        self.variable_dtype = dtype

    def call(self, x):
        return ops.cast(x, self.variable_dtype)
