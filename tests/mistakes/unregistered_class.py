"""A saved model is loaded, and nobody told Keras of the class."""

import keras
from keras import ops

from tests.mistakes.case import wrong


class Swish(keras.layers.Layer):
    """A sub-layer that nobody registered."""

    def call(self, x):
        return x * ops.sigmoid(x)


def bend(x):
    return x * x


class Tenth(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return ops.ones(shape, dtype=dtype) / 10.0


@wrong("load", registered=False, arguments={"units": 3})
class Plain(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@wrong("load")
class Outer(keras.layers.Layer):
    """The class is known; its sub-layer's is not."""

    def __init__(self, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.saving.deserialize_keras_object(inner) if inner else Swish()

    def call(self, x):
        return self.inner(x)

    def get_config(self):
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}


@wrong("load")
class Bent(keras.layers.Layer):
    """A function that nobody registered."""

    def __init__(self, activation=bend, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def call(self, x):
        return self.activation(x)

    def get_config(self):
        return {**super().get_config(), "activation": keras.activations.serialize(self.activation)}


@wrong("load")
class Started(keras.layers.Layer):
    """An initializer that nobody registered."""

    def __init__(self, initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer) if initializer else Tenth()

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer=self.initializer)

    def call(self, x):
        return x * self.scale

    def get_config(self):
        return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}
