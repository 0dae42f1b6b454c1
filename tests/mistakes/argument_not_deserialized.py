"""A layer or function comes back from the config as a dictionary, and nobody makes it again."""

import keras

from tests.mistakes.case import wrong


@wrong("config", "self.layer(x)", arguments={"layer": lambda: keras.layers.Dense(3)})
class Twice(keras.layers.Layer):
    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer() if not isinstance(layer, (dict, keras.layers.Layer)) else layer

    def call(self, x):
        return self.layer(x) * 2.0

    def get_config(self):
        return {**super().get_config(), "layer": keras.saving.serialize_keras_object(self.layer)}


@wrong("config", "self.inner(x)", arguments={"inner": lambda: None})
class Residual(keras.layers.Layer):
    """In a helper."""

    def __init__(self, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner if isinstance(inner, dict) else keras.layers.Dense(4)

    def call(self, x):
        return self.branch(x) + x

    def branch(self, x):
        return self.inner(x)

    def get_config(self):
        config = super().get_config()
        config["inner"] = keras.layers.serialize(self.inner)
        return config


@wrong("load", "self.inner.units", arguments={"units": 3})
class Doubled(keras.layers.Layer):
    """An attribute of the sub-layer is read."""

    def __init__(self, units=None, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = inner or keras.layers.Dense(units)

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(self.inner.units,))

    def call(self, x):
        return self.inner(x) * self.scale

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "units": self.units, "inner": inner}


@wrong("load", "x = step(x)", arguments={"sizes": (3, 2)})
class Chain(keras.layers.Layer):
    """A list of them."""

    def __init__(self, sizes=(), layers=None, **kwargs):
        super().__init__(**kwargs)
        self.sizes = list(sizes)
        self.steps = layers or [keras.layers.Dense(size) for size in sizes]

    def call(self, x):
        for step in self.steps:
            x = step(x)
        return x

    def get_config(self):
        config = {"sizes": self.sizes, "layers": [keras.layers.serialize(step) for step in self.steps]}
        return {**super().get_config(), **config}
