"""An argument that Keras fills in has a name that it does not know."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("silent", "trainig=False")
class Quiet(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x, trainig=False):
        return self.drop(x, training=trainig)


@wrong("silent", "is_training=None")
class Flag(keras.layers.Layer):
    def call(self, x, is_training=None):
        return x * 2.0 if is_training else x


@wrong("silent", "masks=None")
class Plural(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, inputs, masks=None):
        if masks is not None:
            inputs = inputs * ops.cast(masks, inputs.dtype)
        return inputs
