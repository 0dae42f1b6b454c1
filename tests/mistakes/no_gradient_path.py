"""Between the weights and the output stands an operation that has no gradient."""

import keras
import tensorflow as tf
from keras import ops

from tests.mistakes.case import wrong


@wrong("fit", "ops.argmax(", arguments={"units": 3})
class Decide(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return ops.argmax(self.dense(x), axis=-1)


@wrong("fit", "ops.round(")
class Rounded(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],))

    def call(self, x):
        return ops.cast(ops.round(x * self.scale), "int32")


@wrong("fit", "ops.stop_gradient(")
class Frozen(keras.layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2))

    def call(self, x):
        return ops.stop_gradient(ops.matmul(x, self.kernel))


@wrong("fit", "tf.argmax(")
class Best(keras.layers.Layer):
    """In a helper, by TensorFlow; what is left is cast back."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 5))

    def call(self, x):
        return self.choose(ops.matmul(x, self.kernel))

    def choose(self, scores):
        best = tf.argmax(scores, axis=-1)
        return ops.cast(best, "float32")


@wrong("fit", " > 0")
class Step(keras.layers.Layer):
    """A comparison."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], 1))

    def call(self, x):
        return ops.cast(ops.matmul(x, self.w) > 0, "float32")
