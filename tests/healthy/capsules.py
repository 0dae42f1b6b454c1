"""Capsules that vote (Sabour et al., 2017): routing by agreement in a few rounds, in a plain Python loop."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, softmax


@keras.saving.register_keras_serializable("healthy")
class Capsules(keras.layers.Layer):
    def __init__(self, capsules=3, size=2, routings=3, **kwargs):
        super().__init__(**kwargs)
        self.capsules = capsules
        self.size = size
        self.routings = routings

    def build(self, input_shape):
        _, below, width = input_shape
        self.kernel = self.add_weight(
            shape=(below, self.capsules, width, self.size), initializer="glorot_uniform", name="kernel"
        )

    def squash(self, vectors):
        squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
        return vectors * squared / (1.0 + squared) / ops.sqrt(squared + 1e-6)

    def call(self, inputs):
        votes = ops.einsum("bid,ijde->bije", inputs, self.kernel)
        logits = ops.zeros_like(votes[..., 0])
        for round_number in range(self.routings):
            coupling = ops.softmax(logits, axis=2)
            outputs = self.squash(ops.einsum("bij,bije->bje", coupling, votes))
            if round_number + 1 < self.routings:
                logits = logits + ops.einsum("bije,bje->bij", votes, outputs)
        return outputs

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.capsules, self.size)

    def get_config(self):
        config = super().get_config()
        config.update(capsules=self.capsules, size=self.size, routings=self.routings)
        return config


def reference(weights, x):
    votes = np.einsum("bid,ijde->bije", double(x), weights["kernel"])
    logits = np.zeros(votes.shape[:3])
    for _ in range(3):
        total = (softmax(logits, 2)[..., None] * votes).sum(1)
        squared = (total**2).sum(-1, keepdims=True)
        outputs = total * squared / (1 + squared) / np.sqrt(squared + 1e-6)
        logits = logits + (votes * outputs[:, None]).sum(-1)
    return outputs


CASE = Healthy(Capsules, [draw(2, 4, 3)], reference)
