"""A depthwise separable block (Howard et al., 2017): each channel alone, then all channels at each place."""

import keras

from tests.healthy.case import Healthy
from tests.healthy.numbers import batch_norm, conv, depthwise, double, draw


@keras.saving.register_keras_serializable("healthy")
class SeparableBlock(keras.layers.Layer):
    def __init__(self, filters=4, momentum=0.9, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.momentum = momentum
        self.spatial = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="spatial")
        self.spatial_norm = keras.layers.BatchNormalization(momentum=momentum, name="spatial_norm")
        self.pointwise = keras.layers.Conv2D(filters, 1, use_bias=False, name="pointwise")
        self.pointwise_norm = keras.layers.BatchNormalization(momentum=momentum, name="pointwise_norm")
        self.activation = keras.layers.ReLU(6.0, name="activation")

    def build(self, input_shape):
        self.spatial.build(input_shape)
        self.spatial_norm.build(input_shape)
        self.pointwise.build(input_shape)
        self.pointwise_norm.build(self.compute_output_shape(input_shape))

    def call(self, inputs, training=None):
        x = self.activation(self.spatial_norm(self.spatial(inputs), training=training))
        return self.activation(self.pointwise_norm(self.pointwise(x), training=training))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "momentum": self.momentum}


def reference(weights, images):
    x = batch_norm(depthwise(double(images), weights["spatial/kernel"]), weights, "spatial_norm").clip(0, 6)
    return batch_norm(conv(x, weights["pointwise/kernel"]), weights, "pointwise_norm").clip(0, 6)


CASE = Healthy(SeparableBlock, [draw(2, 4, 4, 2)], reference, unknown=(1, 2))
