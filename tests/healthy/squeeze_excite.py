"""Squeeze and excitation (Hu et al., 2018): the mean of each channel decides how much of each channel passes."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, relu, sigmoid


@keras.saving.register_keras_serializable("healthy")
class SqueezeExcite(keras.layers.Layer):
    def __init__(self, ratio=0.25, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.ratio = ratio
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        channels = input_shape[-1]
        narrow = max(1, int(channels * self.ratio))
        self.reduce = keras.layers.Dense(narrow, activation=self.activation, name="reduce")
        self.expand = keras.layers.Dense(channels, activation="sigmoid", name="expand")
        self.reduce.build((None, channels))
        self.expand.build((None, narrow))

    def call(self, inputs):
        squeezed = ops.mean(inputs, axis=(1, 2))
        gate = self.expand(self.reduce(squeezed))
        return inputs * gate[:, None, None, :]

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(ratio=self.ratio, activation=keras.activations.serialize(self.activation))
        return config


def reference(weights, images):
    images = double(images)
    gate = sigmoid(dense(relu(dense(images.mean((1, 2)), weights, "reduce")), weights, "expand"))
    return images * gate[:, None, None]


CASE = Healthy(lambda: SqueezeExcite(ratio=0.5), [draw(2, 3, 3, 4)], reference, unknown=(1, 2))
