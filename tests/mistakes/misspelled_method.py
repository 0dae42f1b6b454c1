"""A method has a name that Keras never calls."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("construct", "def _init_(", arguments={"units": 3})
class Single(keras.layers.Layer):
    def _init_(self, units):
        super().__init__()
        self.units = units

    def call(self, x):
        return x * self.units


@wrong("construct", "def __int__(", arguments={"factor": 3.0})
class Swapped(keras.layers.Layer):
    def __int__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return x * self.factor


@wrong("construct", "def init(", arguments={"rate": 3.0})
class Bare(keras.layers.Layer):
    def init(self, rate):
        self.rate = rate

    def call(self, x):
        return x * self.rate


@wrong("call", "def bulid(")
class Typo(keras.layers.Layer):
    def bulid(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3))

    def call(self, x):
        return ops.matmul(x, self.kernel)


@wrong("call", "def _build(")
class Hidden(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def _build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],))

    def call(self, inputs):
        return inputs * self.scale


@wrong("call", "def forward(")
class Torch(keras.layers.Layer):
    def forward(self, x):
        return ops.relu(x)


@wrong("call", "def Call(")
class Capital(keras.layers.Layer):
    def Call(self, x):
        return ops.relu(x)


@wrong("silent", "def get_output_shape_for(")
class Old(keras.layers.Layer):
    """Keras 1's name of compute_output_shape."""

    def call(self, x):
        return x[:, :2]

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], 2)


@wrong("silent", "def compute_ouput_shape(")
class Shape(keras.layers.Layer):
    def call(self, x):
        return x[:, :2]

    def compute_ouput_shape(self, input_shape):
        return (input_shape[0], 2)


@wrong("silent", "def get_configs(", arguments={"units": 3})
class Configs(keras.layers.Layer):
    def __init__(self, units=2, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(units)
        self.units = units

    def call(self, x):
        return self.dense(x)

    def get_configs(self):
        return {**super().get_config(), "units": self.units}
