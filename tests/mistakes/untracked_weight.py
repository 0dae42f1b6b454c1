"""Numbers that should be weights are kept where Keras does not see them."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from tensorflow import Variable

from tests.mistakes.case import wrong


@wrong("silent", "self.w = tf.Variable(", arguments={"units": 3, "input_dim": 4})
class OldLinear(keras.layers.Layer):
    def __init__(self, units=32, input_dim=32):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((input_dim, units)), trainable=True)
        self.b = tf.Variable(tf.zeros((units,)), trainable=True)

    def call(self, x):
        return tf.matmul(x, self.w) + self.b


@wrong("silent", "self.kernel = np.random", arguments={"units": 3})
class NumpyLinear(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, input_shape):
        self.kernel = np.random.normal(size=(input_shape[-1], self.units)).astype("float32")

    def call(self, x):
        return ops.matmul(x, self.kernel)


@wrong("silent", "variables.append(")
class Several(keras.layers.Layer):
    """In a list, through a local name."""

    def build(self, input_shape):
        variables = []
        for _ in range(2):
            variables.append(Variable(tf.ones((input_shape[-1],))))
        self.scales = variables

    def call(self, x):
        for scale in self.scales:
            x = x * scale
        return x


@wrong("silent", "self.alpha = ops.ones(")
class TensorAsWeight(keras.layers.Layer):
    """A tensor, not even a variable."""

    def build(self, input_shape):
        self.alpha = ops.ones((input_shape[-1],)) * 0.25

    def call(self, x):
        return ops.maximum(x, 0.0) + self.alpha * ops.minimum(x, 0.0)


@wrong("silent", "return tf.Variable(", arguments={"units": 2})
class ByHelper(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    def build(self, input_shape):
        self.kernel = self.make((input_shape[-1], self.units))

    def make(self, shape):
        return tf.Variable(initial_value=tf.random_normal_initializer()(shape))

    def call(self, inputs):
        return inputs @ self.kernel
