"""A mixture of experts (Shazeer et al., 2017): each token goes to its best two, and a loss keeps all of them busy."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, gelu, softmax


@keras.saving.register_keras_serializable("healthy")
class MixtureOfExperts(keras.layers.Layer):
    def __init__(self, experts=3, chosen=2, hidden=4, balance=0.01, **kwargs):
        super().__init__(**kwargs)
        self.experts = experts
        self.chosen = chosen
        self.hidden = hidden
        self.balance = balance

    def build(self, input_shape):
        width = input_shape[-1]
        self.gate = keras.layers.Dense(self.experts, use_bias=False, name="gate")
        self.gate.build(input_shape)
        self.inner = self.add_weight(shape=(self.experts, width, self.hidden), name="inner")
        self.outer = self.add_weight(shape=(self.experts, self.hidden, width), name="outer")

    def call(self, inputs):
        probabilities = ops.softmax(self.gate(inputs), axis=-1)
        best, places = ops.top_k(probabilities, self.chosen)
        best = best / ops.sum(best, axis=-1, keepdims=True)
        one_hot = ops.one_hot(places, self.experts, dtype=best.dtype)
        shares = ops.sum(best[..., None] * one_hot, axis=-2)
        hidden = ops.gelu(ops.einsum("btd,edh->bteh", inputs, self.inner), approximate=False)
        answers = ops.einsum("bteh,ehd->bted", hidden, self.outer)
        load = ops.mean(ops.max(one_hot, axis=-2), axis=(0, 1))
        importance = ops.mean(probabilities, axis=(0, 1))
        self.add_loss(self.balance * self.experts * ops.sum(load * importance))
        return ops.einsum("bted,bte->btd", answers, shares)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(experts=self.experts, chosen=self.chosen, hidden=self.hidden, balance=self.balance)
        return config


def gates(weights, x):
    """The probabilities, and which two of them are largest."""
    p = softmax(double(x) @ weights["gate/kernel"])
    return p, p >= np.sort(p, -1)[..., -2:-1]


def reference(weights, x):
    p, taken = gates(weights, x)
    shares = np.where(taken, p, 0) / np.where(taken, p, 0).sum(-1, keepdims=True)
    out = np.zeros(x.shape)
    for expert in range(3):
        answer = gelu(double(x) @ weights["inner"][expert]) @ weights["outer"][expert]
        out += shares[..., expert : expert + 1] * answer
    return out


def losses(weights, x):
    p, taken = gates(weights, x)
    return [0.01 * 3 * (taken.mean((0, 1)) * p.mean((0, 1))).sum()]


CASE = Healthy(MixtureOfExperts, [draw(2, 4, 3)], reference, losses=losses, unknown=(1,))
