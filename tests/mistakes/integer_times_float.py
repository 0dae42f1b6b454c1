"""An operator meets integers and floating-point numbers."""

import keras
import tensorflow as tf
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "x * self.scale", dtype="int32")
class Scaled(keras.layers.Layer):
    def build(self, input_shape):
        self.scale = tf.linspace(0.0, 1.0, input_shape[-1])

    def call(self, x):
        return x * self.scale


@wrong("call", "inputs - tf.constant(0.5)", dtype="int64")
class Centred(keras.layers.Layer):
    def call(self, inputs):
        return inputs - tf.constant(0.5)


@wrong("call", "positions + x")
class Position(keras.layers.Layer):
    def call(self, x):
        positions = ops.arange(x.shape[-1])
        return positions + x


@wrong("call", "tf.matmul(x, ")
class Projected(keras.layers.Layer):
    """A product of matrices, by TensorFlow, in a helper."""

    def call(self, x):
        return self.project(ops.cast(x, "int32"))

    def project(self, x):
        return tf.matmul(x, tf.ones((4, 2)))


@wrong("call", "best * x")
class Best(keras.layers.Layer):
    """A position is an integer."""

    def call(self, x):
        best = ops.argmax(x, axis=-1, keepdims=True)
        return best * x
