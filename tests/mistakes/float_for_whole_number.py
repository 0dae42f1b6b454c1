"""A size is computed with `/`, which gives a fraction's type even where nothing is left over."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "ops.reshape(x, (-1")
class Halves(keras.layers.Layer):
    def call(self, x):
        return ops.reshape(x, (-1, x.shape[1] / 2, 2))
