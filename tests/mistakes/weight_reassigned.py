"""call puts a tensor in the place of a weight; the weight itself never changes."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("silent", "self.w = self.w * 2")
class Growing(keras.layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def call(self, x):
        self.w = self.w * 2
        return x * self.w


@wrong("silent", "self.mean = ")
class Running(keras.layers.Layer):
    def __init__(self, size=4):
        super().__init__()
        self.mean = self.add_weight(shape=(size,), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training is not None:
            self.mean = 0.9 * self.mean + 0.1 * ops.mean(x, axis=0)
        return x - self.mean


@wrong("silent", "self.kernel /= ")
class UnitNorm(keras.layers.Layer):
    """In a helper, by an augmented assignment."""

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 3))

    def call(self, x):
        self.normalize()
        return ops.matmul(x, self.kernel)

    def normalize(self):
        self.kernel /= ops.norm(self.kernel)


@wrong("silent", "self.state = ")
class Remember(keras.layers.Layer):
    """A `keras.Variable`, inside a branch."""

    def build(self, input_shape):
        self.state = keras.Variable(ops.zeros(input_shape[1:]), trainable=False)

    def call(self, inputs):
        out = inputs + self.state
        if self.trainable:
            self.state = ops.mean(inputs, axis=0)
        return out
