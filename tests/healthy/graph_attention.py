"""Graph attention (Velickovic et al., 2018) on a dense adjacency: each node weighs its neighbours, several heads."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.graph_dense import ADJACENCY
from tests.healthy.numbers import double, draw, softmax


@keras.saving.register_keras_serializable("healthy")
class GraphAttention(keras.layers.Layer):
    def __init__(self, units=2, heads=2, slope=0.2, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.slope = slope

    def build(self, input_shape):
        nodes, _ = input_shape
        self.kernel = self.add_weight(shape=(self.heads, nodes[-1], self.units), name="kernel")
        self.asks = self.add_weight(shape=(self.heads, self.units), initializer="glorot_uniform", name="asks")
        self.answers = self.add_weight(shape=(self.heads, self.units), initializer="glorot_uniform", name="answers")

    def call(self, inputs):
        nodes, adjacency = inputs
        x = ops.einsum("bnf,hfu->bhnu", nodes, self.kernel)
        asked = ops.einsum("bhnu,hu->bhn", x, self.asks)
        answered = ops.einsum("bhnu,hu->bhn", x, self.answers)
        scores = ops.leaky_relu(asked[:, :, :, None] + answered[:, :, None, :], self.slope)
        linked = ops.logical_or(adjacency > 0, ops.eye(adjacency.shape[-1], dtype="bool"))
        alpha = ops.softmax(ops.where(linked[:, None], scores, -1e4), axis=-1)
        return ops.mean(ops.einsum("bhnm,bhmu->bhnu", alpha, x), axis=1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "heads": self.heads, "slope": self.slope}


def reference(weights, inputs):
    nodes, adjacency = map(double, inputs)
    linked = (adjacency > 0) | np.eye(4, dtype=bool)
    out = []
    for kernel, asks, answers in zip(weights["kernel"], weights["asks"], weights["answers"], strict=True):
        x = nodes @ kernel
        scores = (x @ asks)[:, :, None] + (x @ answers)[:, None]
        scores = np.where(scores > 0, scores, 0.2 * scores)
        out.append(softmax(np.where(linked, scores, -np.inf)) @ x)
    return np.mean(out, 0)


CASE = Healthy(GraphAttention, [[draw(2, 4, 3), ADJACENCY]], reference)
