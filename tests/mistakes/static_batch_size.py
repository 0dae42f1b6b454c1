"""A shape is made with the batch's size, which is None while a model is made."""

import keras
import tensorflow as tf
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "ops.reshape(x, (x.shape[0]", shape=(2, 2, 2))
class Flat(keras.layers.Layer):
    def call(self, x):
        return ops.reshape(x, (x.shape[0], x.shape[1] * x.shape[2]))


@wrong("symbolic", "tf.reshape(", shape=(2, 6))
class Split(keras.layers.Layer):
    def call(self, inputs):
        batch = inputs.shape[0]
        return tf.reshape(inputs, [batch, 2, 3])


@wrong("symbolic", "ops.zeros(")
class Padded(keras.layers.Layer):
    def call(self, x):
        b, _ = x.shape
        return ops.concatenate([x, ops.zeros((b, 1))], axis=-1)


@wrong("symbolic", "keras.random.normal(")
class Noisy(keras.layers.Layer):
    """In a helper; random numbers of the input's own static shape."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, x):
        return x + self.noise(x.shape)

    def noise(self, shape):
        return keras.random.normal(shape, seed=self.seeds)


@wrong("symbolic", "tf.ones(")
class Ones(keras.layers.Layer):
    def call(self, x):
        return tf.ones(shape=(x.shape[0], 1)) * x


@wrong("symbolic", "ops.broadcast_to(")
class Repeated(keras.layers.Layer):
    def build(self, input_shape):
        self.token = self.add_weight(shape=(1, input_shape[-1]))

    def call(self, x):
        return x + ops.broadcast_to(self.token, (x.shape[0], x.shape[-1]))
