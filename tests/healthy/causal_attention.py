"""Causal self-attention whose triangle of what is visible is made once in `build`, as many small language models do."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, softmax


@keras.saving.register_keras_serializable("healthy")
class CausalAttention(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        _, steps, width = input_shape
        self.qkv = self.add_weight(shape=(width, 3 * width), name="qkv")
        self.visible = np.tril(np.ones((1, steps, steps), bool))

    def call(self, inputs):
        query, key, value = ops.split(ops.matmul(inputs, self.qkv), 3, axis=-1)
        scores = ops.einsum("bqd,bsd->bqs", query, key) / np.sqrt(inputs.shape[-1]).item()
        hidden = ops.where(self.visible, scores, -3e4)
        return ops.einsum("bqs,bsd->bqd", ops.softmax(hidden), value)

    def compute_output_shape(self, input_shape):
        return input_shape


def reference(weights, x):
    q, k, v = np.split(double(x) @ weights["qkv"], 3, -1)
    out = np.zeros(x.shape)
    for step in range(x.shape[1]):
        seen = slice(step + 1)
        alpha = softmax(np.einsum("bd,bsd->bs", q[:, step], k[:, seen]) / np.sqrt(x.shape[2]))
        out[:, step] = np.einsum("bs,bsd->bd", alpha, v[:, seen])
    return out


CASE = Healthy(
    CausalAttention,
    [draw(2, 4, 3)],
    reference,
    advice={"other_lengths": "Its triangle is made in build, for the first length only."},
)
