"""Something that is no tensor comes as a positional argument of the layer."""

import keras

from tests.mistakes.case import wrong


@wrong("call", feed=lambda layer, x: layer(x, 2.0))
class Multiply(keras.layers.Layer):
    def call(self, x, factor):
        return x * factor


@wrong("call", feed=lambda layer, x: layer([[1.0, 2.0], [3.0, 4.0]]))
class Double(keras.layers.Layer):
    def call(self, x):
        return x * 2.0


@wrong("call", feed=lambda layer, x: layer(x, "relu"))
class Activate(keras.layers.Layer):
    def call(self, inputs, name="linear"):
        return keras.activations.get(name)(inputs)


@wrong("call", "self.inner(x, 3)")
class Outer(keras.layers.Layer):
    """To a sub-layer, in call."""

    def __init__(self):
        super().__init__()
        self.inner = Multiply()

    def call(self, x):
        return self.inner(x, 3)
