"""The constructor takes an argument that no config can hold, and there is no get_config."""

import keras
from keras import ops

from tests.mistakes.case import wrong


def double(x):
    return 2.0 * x


class Wave:
    """An object of a class of one's own."""

    frequency = 3.0


@wrong("config", "def __init__(", arguments={"function": lambda: double})
class Apply(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function()

    def call(self, x):
        return self.function(x)


@wrong("save", "def __init__(", arguments={"wave": Wave})
class Oscillate(keras.layers.Layer):
    def __init__(self, wave, **kwargs):
        super().__init__(**kwargs)
        self.wave = wave

    def call(self, x):
        return ops.sin(self.wave.frequency * x)


@wrong("load", "def __init__(", arguments={"steps": lambda: [double, ops.square]})
class Then(keras.layers.Layer):
    def __init__(self, steps=()):
        super().__init__()
        self.steps = list(steps())

    def call(self, x):
        for step in self.steps:
            x = step(x)
        return x
