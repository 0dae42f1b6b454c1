"""compute_mask does not take the mask."""

import keras

from tests.mistakes.case import wrong


def masked(layer, x):
    return layer(keras.layers.Masking()(keras.ops.expand_dims(x, -1)))


@wrong("call", "def compute_mask(self, x)", feed=masked)
class Forward(keras.layers.Layer):
    def call(self, x):
        return x * 2.0

    def compute_mask(self, x):
        return None


@wrong("call", "def compute_mask(self, inputs)", feed=masked)
class Shifted(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, inputs):
        return inputs + 1.0

    def compute_mask(self, inputs):
        return keras.ops.any(inputs != 0, axis=-1)


@wrong("call", "def compute_mask(self)", feed=masked)
class Nothing(keras.layers.Layer):
    """Neither the mask nor the input."""

    def call(self, x):
        return -x

    def compute_mask(self):
        return None


@wrong("call", "def compute_mask(x, mask)", feed=masked)
class Selfless(keras.layers.Layer):
    """Without `self`."""

    def call(self, x):
        return x / 2.0

    def compute_mask(x, mask):
        return mask
