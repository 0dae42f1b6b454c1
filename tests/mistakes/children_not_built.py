"""build makes no weights of the sub-layers, so there is nothing to load them into."""

import keras

from tests.mistakes.case import wrong


@wrong("weights", "def build(", arguments={"units": 3})
class Encoder(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(units)

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],))

    def call(self, x):
        return self.dense(x * self.scale)


@wrong("silent", "def build(")
class Stack(keras.layers.Layer):
    """A list of them."""

    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(4) for _ in range(2)]

    def build(self, input_shape):
        self.built = True

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


@wrong("silent", "def build(")
class Normed(keras.layers.Layer):
    """One of two is built."""

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.LayerNormalization()
        self.mix = keras.layers.EinsumDense("ab,bc->ac", output_shape=4)

    def build(self, input_shape):
        self.norm.build(input_shape)

    def call(self, inputs):
        return self.mix(self.norm(inputs))
