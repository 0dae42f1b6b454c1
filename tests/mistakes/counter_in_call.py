"""call counts in a Python attribute, which a compiled graph does only while it is traced."""

import keras

from tests.mistakes.case import wrong


@wrong("silent", "self.n += 1")
class Counted(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.n = 0

    def call(self, x):
        self.n += 1
        return x * 2.0


@wrong("silent", "self.steps = self.steps + 1")
class Warming(keras.layers.Layer):
    def build(self, input_shape):
        self.steps = 0.0

    def call(self, inputs):
        self.steps = self.steps + 1
        return inputs * min(1.0, self.steps / 100.0)


@wrong("silent", "self.calls += ")
class Alternate(keras.layers.Layer):
    """In a helper."""

    def __init__(self, start=0):
        super().__init__()
        self.calls = start

    def call(self, x):
        return -x if self.odd() else x

    def odd(self):
        self.calls += 1
        return self.calls % 2 == 1
