"""Sinkhorn normalisation (Mena et al., 2018): rows and columns in turn, until a matrix is doubly stochastic."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class Sinkhorn(keras.layers.Layer):
    def __init__(self, rounds=3, temperature=0.5, **kwargs):
        super().__init__(**kwargs)
        self.rounds = rounds
        self.temperature = temperature

    def call(self, inputs):
        logits = inputs / self.temperature
        for _ in range(self.rounds):
            logits = logits - ops.logsumexp(logits, axis=-1, keepdims=True)
            logits = logits - ops.logsumexp(logits, axis=-2, keepdims=True)
        return ops.exp(logits)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rounds": self.rounds, "temperature": self.temperature}


def reference(weights, scores):
    shares = np.exp(2 * double(scores))
    for _ in range(3):
        shares /= shares.sum(-1, keepdims=True)
        shares /= shares.sum(-2, keepdims=True)
    return shares


CASE = Healthy(Sinkhorn, [draw(2, 3, 3)], reference)
