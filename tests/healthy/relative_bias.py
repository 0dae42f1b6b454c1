"""Self-attention with a learned bias for each distance between two steps (Shaw et al., 2018; Raffel et al., 2020)."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, softmax


@keras.saving.register_keras_serializable("healthy")
class RelativeBias(keras.layers.Layer):
    """Gives (1, heads, steps, steps): one bias for each pair of steps, the same for every sample."""

    def __init__(self, heads=2, reach=3, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads
        self.reach = reach

    def build(self, input_shape=None):
        self.table = self.add_weight(shape=(2 * self.reach + 1, self.heads), initializer="random_normal", name="table")

    def call(self, x):
        steps = ops.arange(ops.shape(x)[1])
        distance = ops.clip(steps[None, :] - steps[:, None], -self.reach, self.reach) + self.reach
        bias = ops.take(self.table, distance, axis=0)
        return ops.transpose(bias, (2, 0, 1))[None]

    def compute_output_shape(self, input_shape):
        return (1, self.heads, input_shape[1], input_shape[1])

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "reach": self.reach}


@keras.saving.register_keras_serializable("healthy")
class BiasedAttention(keras.layers.Layer):
    def __init__(self, heads=2, reach=3, **kwargs):
        super().__init__(**kwargs)
        self.heads = heads
        self.reach = reach

    def build(self, input_shape):
        width = input_shape[-1]
        each = (width, self.heads, width // self.heads)
        self.query = self.add_weight(shape=each, name="query")
        self.key = self.add_weight(shape=each, name="key")
        self.value = self.add_weight(shape=each, name="value")
        self.output_kernel = self.add_weight(shape=(self.heads, width // self.heads, width), name="output")
        self.bias = RelativeBias(self.heads, self.reach, name="bias", dtype=self.dtype_policy)
        self.bias.build(input_shape)

    def call(self, inputs):
        query = ops.einsum("btd,dhk->bhtk", inputs, self.query)
        key = ops.einsum("btd,dhk->bhtk", inputs, self.key)
        value = ops.einsum("btd,dhk->bhtk", inputs, self.value)
        scores = ops.einsum("bhqk,bhsk->bhqs", query, key) / ops.sqrt(ops.cast(query.shape[-1], query.dtype))
        alpha = ops.softmax(scores + self.bias(inputs))
        return ops.einsum("bhqs,bhsk,hkd->bqd", alpha, value, self.output_kernel)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "reach": self.reach}


def biases(table, steps):
    found = np.zeros((1, table.shape[1], steps, steps))
    for q in range(steps):
        for s in range(steps):
            found[0, :, q, s] = table[min(max(s - q, -3), 3) + 3]
    return found


def reference(weights, x):
    x = double(x)
    q, k, v = (np.einsum("btd,dhk->bhtk", x, weights[name]) for name in ("query", "key", "value"))
    alpha = softmax(q @ k.swapaxes(2, 3) / np.sqrt(q.shape[-1]) + biases(weights["bias/table"], x.shape[1]))
    return np.einsum("bhqk,hkd->bqd", alpha @ v, weights["output"])


ATTENTION = Healthy(BiasedAttention, [draw(2, 5, 4)], reference, unknown=(1,))
ALONE = Healthy(
    RelativeBias,
    [draw(2, 5, 4)],
    lambda weights, x: biases(weights["table"], x.shape[1]),
    unknown=(1,),
    advice={
        "batch_axis": "One table serves all samples; a model that ended with this layer could not tell them apart."
    },
    name="alone",
)
