"""A ConvNeXt block (Liu et al., 2022): depthwise convolution, normalisation, two dense layers, a scale a channel."""

import keras
import numpy as np

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, depthwise, double, draw, gelu, layer_norm


@keras.saving.register_keras_serializable("healthy")
class ConvNextBlock(keras.layers.Layer):
    def __init__(self, kernel_size=3, expansion=2, scale=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.expansion = expansion
        self.scale = scale

    def build(self, input_shape):
        channels = input_shape[-1]
        self.spatial = keras.layers.DepthwiseConv2D(self.kernel_size, padding="same", name="spatial")
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6, name="norm")
        self.widen = keras.layers.Dense(self.expansion * channels, activation="gelu", name="widen")
        self.narrow = keras.layers.Dense(channels, name="narrow")
        self.gamma = self.add_weight(
            shape=(channels,), initializer=keras.initializers.Constant(self.scale), name="gamma"
        )
        for part in (self.spatial, self.norm, self.widen):
            part.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.expansion * channels))

    def call(self, inputs):
        x = self.norm(self.spatial(inputs))
        x = self.narrow(self.widen(x))
        return inputs + self.gamma * x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(kernel_size=self.kernel_size, expansion=self.expansion, scale=self.scale)
        return config


def reference(weights, images):
    x = depthwise(double(images), weights["spatial/kernel"]) + weights["spatial/bias"]
    x = layer_norm(x, weights["norm/gamma"], weights["norm/beta"], 1e-6)
    return np.add(images, weights["gamma"] * dense(gelu(dense(x, weights, "widen")), weights, "narrow"))


CASE = Healthy(ConvNextBlock, [draw(2, 4, 4, 3)], reference, unknown=(1, 2))
