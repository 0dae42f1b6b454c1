"""The constructor never calls that of its parent."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("call", "def __init__(", arguments={"units": 3})
class Projection(keras.layers.Layer):
    def __init__(self, units):
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return self.dense(x)


@wrong("call", "def __init__(", arguments={"factor": 2.0})
class Stretch(keras.layers.Layer):
    def __init__(self, factor):
        pass

    def call(self, x):
        return x * 2.0


@wrong("silent", "self.dense =", arguments={"units": 3})
class Late(keras.layers.Layer):
    """The parent's constructor comes, but too late for the sub-layer to be seen."""

    def __init__(self, units):
        self.dense = keras.layers.Dense(units)
        super().__init__()

    def call(self, x):
        return self.dense(x)


@wrong("construct", "def __init__(", arguments={"size": 4})
class Gate(keras.layers.Layer):
    def __init__(self, size):
        self.gate = self.add_weight(shape=(size,), initializer="ones")

    def call(self, x):
        return ops.multiply(x, self.gate)
