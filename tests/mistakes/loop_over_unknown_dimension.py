"""A Python loop runs over an axis whose size is not known while a model is made."""

import keras
import numpy as np
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "for i in range(x.shape[0]):")
class Samples(keras.layers.Layer):
    def call(self, x):
        rows = []
        for i in range(x.shape[0]):
            rows.append(x[i] * 2.0)
        return ops.stack(rows)


@wrong("symbolic", "range(batch)")
class Listed(keras.layers.Layer):
    def call(self, inputs):
        batch, _ = inputs.shape
        return ops.stack([ops.cumsum(inputs[b]) for b in range(batch)])


@wrong("symbolic", "np.arange(")
class Positions(keras.layers.Layer):
    def call(self, x):
        steps = np.arange(x.shape[0])
        return x + ops.expand_dims(ops.cast(steps, x.dtype), -1)


@wrong("symbolic", "for i in range(1, len_)")
class Running(keras.layers.Layer):
    """In a helper, through a name."""

    def call(self, x):
        return self.accumulate(x, ops.shape(x)[0])

    def accumulate(self, x, len_):
        out = [x[0]]
        for i in range(1, len_):
            out.append(out[-1] + x[i])
        return ops.stack(out)
