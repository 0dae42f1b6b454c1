"""call returns nothing."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "def call(")
class Scale(keras.layers.Layer):
    def call(self, x):
        x * 2.0


@wrong("symbolic", "return", arguments={"units": 3})
class Bare(keras.layers.Layer):
    """A `return` with nothing behind it."""

    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        y = self.dense(x)  # noqa: F841
        return


@wrong("symbolic", "def call(")
class Branch(keras.layers.Layer):
    """One way through call has none."""

    def call(self, inputs, training=False):  # noqa: RET503
        if training:
            return inputs * 2.0


@wrong("call", "def transform(")
class Helper(keras.layers.Layer):
    """The helper returns nothing, and the next layer gets it."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(self.transform(x))

    def transform(self, x):
        x = ops.square(x)


@wrong("call", "def call(", feed=lambda layer, x: keras.layers.Dense(2)(layer(x)))
class First(keras.layers.Layer):
    """The layer after it gets None."""

    def call(self, x):
        y = ops.relu(x)  # noqa: F841


@wrong("call", "def call(")
class Inner(keras.layers.Layer):
    """A sub-layer's call."""

    def __init__(self):
        super().__init__()
        self.scale = Scale()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(self.scale(x))
