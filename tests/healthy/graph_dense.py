"""Graph convolution with a dense adjacency matrix (Kipf and Welling, 2017), normalised by the degrees on both sides."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, relu

ADJACENCY = (np.abs(draw(2, 4, 4, seed=3) + draw(2, 4, 4, seed=3).swapaxes(1, 2)) > 0.8).astype("float32")


@keras.saving.register_keras_serializable("healthy")
class GraphConvolution(keras.layers.Layer):
    def __init__(self, units=3, activation="relu", use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias

    def build(self, input_shape):
        nodes, _ = input_shape
        self.kernel = self.add_weight(shape=(nodes[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias") if self.use_bias else None

    def call(self, inputs):
        nodes, adjacency = inputs
        connected = adjacency + ops.eye(adjacency.shape[-1], dtype=adjacency.dtype)
        degree = ops.rsqrt(ops.sum(connected, axis=-1))
        normalised = connected * degree[:, :, None] * degree[:, None, :]
        x = ops.matmul(normalised, ops.matmul(nodes, self.kernel))
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(units=self.units, activation=keras.activations.serialize(self.activation), use_bias=self.use_bias)
        return config


def reference(weights, inputs):
    nodes, adjacency = map(double, inputs)
    connected = adjacency + np.eye(4)
    degree = connected.sum(-1)
    normalised = connected / np.sqrt(degree[:, :, None] * degree[:, None, :])
    return relu(normalised @ nodes @ weights["kernel"] + weights["bias"])


CASE = Healthy(GraphConvolution, [[draw(2, 4, 3), ADJACENCY]], reference)
