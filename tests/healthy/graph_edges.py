"""Graph convolution along a list of edges (Hamilton et al., 2017): messages are gathered, then added up by target.

One graph a call: the first axis of the nodes counts nodes, and the edges name them.
"""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, relu

EDGES = np.array([[0, 1], [1, 2], [2, 0], [3, 1], [4, 3], [0, 4]], "int32")


@keras.saving.register_keras_serializable("healthy")
class EdgeConvolution(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        nodes, _ = input_shape
        self.own = self.add_weight(shape=(nodes[-1], self.units), name="own")
        self.message = self.add_weight(shape=(nodes[-1], self.units), name="message")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        nodes, edges = inputs
        source, target = edges[:, 0], edges[:, 1]
        messages = ops.take(ops.matmul(nodes, self.message), source, axis=0)
        received = ops.segment_sum(messages, target, num_segments=ops.shape(nodes)[0])
        return ops.relu(ops.matmul(nodes, self.own) + received + self.bias)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, inputs):
    nodes, edges = double(inputs[0]), inputs[1]
    x = nodes @ weights["own"] + weights["bias"]
    for source, target in edges:
        x[target] += nodes[source] @ weights["message"]
    return relu(x)


CASE = Healthy(EdgeConvolution, [[draw(5, 3), EDGES]], reference)
