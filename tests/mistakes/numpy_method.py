"""call asks a tensor for its NumPy array, which a symbolic tensor does not have."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "x.numpy()")
class Mean(keras.layers.Layer):
    def call(self, x):
        return x - x.numpy().mean()


@wrong("symbolic", ".numpy()")
class Largest(keras.layers.Layer):
    def call(self, inputs):
        largest = float(ops.max(inputs).numpy())
        return inputs / (largest + 1.0)


@wrong("symbolic", "t.numpy()")
class Logged(keras.layers.Layer):
    def call(self, x):
        y = ops.square(x)
        self.log(y)
        return y

    def log(self, t):
        self.last = str(t.numpy())


@wrong("symbolic", "norm.numpy()")
class Guard(keras.layers.Layer):
    """Of a tensor that call made itself."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, x):
        norm = ops.sum(x * self.w)
        return x if norm.numpy() > 100 else x * self.w
