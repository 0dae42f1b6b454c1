"""A residual block whose shortcut is a Sequential of a 1x1 convolution and a normalisation (He et al., 2015)."""

import keras

from tests.healthy.case import Healthy
from tests.healthy.numbers import batch_norm, conv, double, draw, relu


@keras.saving.register_keras_serializable("healthy")
class ResidualBlock(keras.layers.Layer):
    def __init__(self, filters=4, strides=2, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.strides = strides
        self.first = keras.layers.Conv2D(filters, 3, strides, padding="same", use_bias=False, name="first")
        self.first_norm = keras.layers.BatchNormalization(name="first_norm")
        self.second = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, name="second")
        self.second_norm = keras.layers.BatchNormalization(name="second_norm")
        self.shortcut = keras.Sequential(
            [
                keras.layers.Conv2D(filters, 1, strides, use_bias=False, name="project"),
                keras.layers.BatchNormalization(name="norm"),
            ],
            name="shortcut",
        )

    def build(self, input_shape):
        self.first.build(input_shape)
        inner = self.first.compute_output_shape(input_shape)
        self.first_norm.build(inner)
        self.second.build(inner)
        self.second_norm.build(inner)
        self.shortcut.build(input_shape)

    def call(self, inputs, training=None):
        x = self.first_norm(self.first(inputs), training=training)
        x = keras.ops.relu(x)
        x = self.second_norm(self.second(x), training=training)
        return keras.ops.relu(x + self.shortcut(inputs, training=training))

    def compute_output_shape(self, input_shape):
        return self.first.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}


def reference(weights, images):
    images = double(images)
    x = relu(batch_norm(conv(images, weights["first/kernel"], 2), weights, "first_norm"))
    x = batch_norm(conv(x, weights["second/kernel"]), weights, "second_norm")
    beside = batch_norm(conv(images, weights["shortcut/project/kernel"], 2), weights, "shortcut/norm")
    return relu(x + beside)


CASE = Healthy(ResidualBlock, [draw(2, 5, 5, 3)], reference)
