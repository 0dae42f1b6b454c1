"""call computes with NumPy: it works on numbers and fails while a model is made."""

import keras
import numpy
import numpy as np
from keras import ops
from numpy import clip

from tests.mistakes.case import wrong


@wrong("symbolic", "np.exp(x)")
class Softplus(keras.layers.Layer):
    def call(self, x):
        return ops.convert_to_tensor(np.log(1.0 + np.exp(x)))


@wrong("symbolic", "np.mean(")
class Centre(keras.layers.Layer):
    def call(self, inputs):
        mean = np.mean(inputs, axis=-1, keepdims=True)
        return inputs - mean


@wrong("symbolic", "np.maximum(")
class Rectify(keras.layers.Layer):
    """In a helper."""

    def call(self, x):
        return self.activate(x) * 2.0

    def activate(self, x):
        return ops.convert_to_tensor(np.maximum(x, 0.0))


@wrong("symbolic", "numpy.asarray(x)")
class Sorted(keras.layers.Layer):
    """Under the module's whole name, and inside a sub-layer's call."""

    def call(self, x):
        values = numpy.asarray(x)
        return ops.convert_to_tensor(numpy.sort(values))


@wrong("symbolic", "clip(x")
class Clip(keras.layers.Layer):
    """A function imported by name."""

    def call(self, x):
        return ops.convert_to_tensor(clip(x, 0.0, 2.0))
