"""build takes several shapes under names that Keras cannot match to the arguments of call."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "def build(", feed=lambda layer, x: layer(x, x))
class Pair(keras.layers.Layer):
    def build(self, a, b):
        self.kernel = self.add_weight(shape=(a[-1], b[-1]))

    def call(self, a, b):
        return ops.matmul(a, self.kernel) + b


@wrong("call", "def build(", feed=lambda layer, x: layer(x, x))
class Bilinear(keras.layers.Layer):
    def build(self, first, second):
        self.left = self.add_weight(shape=(first[-1], 3))
        self.right = self.add_weight(shape=(second[-1], 3))

    def call(self, left, right):
        return ops.matmul(left, self.left) * ops.matmul(right, self.right)


@wrong("call", "def build(", feed=lambda layer, x: layer(query=x, value=x))
class Matching(keras.layers.Layer):
    def build(self, shape_of_query, shape_of_value):
        self.w = self.add_weight(shape=(shape_of_query[-1], shape_of_value[-1]))

    def call(self, query, value):
        return ops.matmul(query, self.w) * value


@wrong("call", "def build(", feed=lambda layer, x: layer(x, x))
class Halfway(keras.layers.Layer):
    """The right suffix, but not the names of call's arguments."""

    def build(self, x_shape, y_shape):
        self.scale = self.add_weight(shape=(x_shape[-1],))

    def call(self, a, b):
        return a * self.scale + b
