"""An argument of the constructor is not in get_config: it comes back as its default."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("silent", "def get_config(", arguments={"units": 3, "scale": 5.0})
class Scaled(keras.layers.Layer):
    def __init__(self, units=2, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.scale = scale
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return self.scale * self.dense(x)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


@wrong("silent", "def get_config(", arguments={"rate": 0.5, "axis": 0})
class Soften(keras.layers.Layer):
    def __init__(self, rate=0.1, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.axis = axis

    def call(self, x):
        return ops.softmax(x * self.rate, axis=self.axis)

    def get_config(self):
        return dict(super().get_config(), rate=self.rate)


@wrong("config", "def get_config(", arguments={"units": 3})
class Required(keras.layers.Layer):
    """Without a default it cannot even be made again."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)

    def get_config(self):
        return super().get_config()


@wrong("silent", "def get_config(", arguments={"power": 3, "bias": 1.0})
class Power(keras.layers.Layer):
    def __init__(self, power=2, *, bias=0.0, **kwargs):
        super().__init__(**kwargs)
        self.power, self.bias = power, bias

    def get_config(self):
        base = super().get_config()
        base["power"] = self.power
        return base

    def call(self, x):
        return ops.power(x, self.power) + self.bias


@wrong("silent", "def get_config(", arguments={"units": 2, "activation": "relu"})
class Merged(keras.layers.Layer):
    def __init__(self, units, activation="linear", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.dense = keras.layers.Dense(units)

    def call(self, x):
        return self.activation(self.dense(x))

    def get_config(self):
        own = {"units": self.units}
        return {**super().get_config(), **own}
