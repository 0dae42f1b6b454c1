"""A TensorFlow function is used on a keras.Input."""

import keras
import tensorflow as tf

from tests.mistakes.case import wrong


def _inner(size):
    inputs = keras.Input((size,))
    hidden = keras.layers.Dense(3)(inputs)
    return keras.Model(inputs, tf.nn.relu(hidden))


@wrong("construct", "tf.nn.relu(hidden)", arguments={"size": 4})
class Block(keras.layers.Layer):
    """An inner model, made by a function."""

    def __init__(self, size):
        super().__init__()
        self.model = _inner(size)

    def call(self, x):
        return self.model(x)


@wrong("construct", "tf.square(x)")
class Squares(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        x = keras.Input(shape=(4,))
        self.net = keras.Model(x, keras.layers.Dense(2)(tf.square(x)))

    def call(self, x):
        return self.net(x)


@wrong("build", "tf.reduce_mean(")
class Pooled(keras.layers.Layer):
    def build(self, input_shape):
        inputs = keras.Input(batch_shape=input_shape)
        self.head = keras.Model(inputs, tf.reduce_mean(inputs, axis=-1))

    def call(self, x):
        return self.head(x)


@wrong("symbolic", "tf.concat(")
class Declared(keras.layers.Layer):
    """compute_output_spec is given the symbolic tensor itself."""

    def call(self, x):
        return tf.concat([x, x], axis=-1)

    def compute_output_spec(self, x):
        return tf.concat([x, x], axis=-1)
