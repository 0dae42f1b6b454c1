"""Attention pooling (Yang et al., 2016): a learned query weighs the steps of a sequence; padded steps weigh nothing."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, softmax

MASK = np.array([[True, True, False, False], [True, True, True, False]])


@keras.saving.register_keras_serializable("healthy")
class AttentionPooling(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.project = keras.layers.Dense(units, activation="tanh", name="project")

    def build(self, input_shape):
        self.project.build(input_shape)
        self.query = self.add_weight(shape=(self.units,), initializer="random_normal", name="query")

    def call(self, inputs, mask=None):
        scores = ops.sum(self.project(inputs) * self.query, axis=-1)
        if mask is not None:
            scores = scores - 1e4 * (1.0 - ops.cast(mask, scores.dtype))
        alpha = ops.softmax(scores, axis=1)
        return ops.sum(inputs * ops.expand_dims(alpha, -1), axis=1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, x, mask=None):
    scores = np.tanh(dense(double(x), weights, "project")) @ weights["query"]
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return np.einsum("btd,bt->bd", double(x), softmax(scores))


PLAIN = Healthy(AttentionPooling, [draw(2, 4, 2)], reference, unknown=(1,))
MASKED = Healthy(
    AttentionPooling, [draw(2, 4, 2)], lambda weights, x: reference(weights, x, MASK), mask=MASK, name="masked"
)
