"""Self-attention of one head that hides padded steps as keys; nobody is to read the padded steps of its output."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, softmax

MASK = np.array([[True, True, True, False], [True, True, True, True], [True, False, False, False]])


@keras.saving.register_keras_serializable("healthy")
class MaskedSelfAttention(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units

    def build(self, input_shape):
        self.query = keras.layers.Dense(self.units, use_bias=False, name="query")
        self.key = keras.layers.Dense(self.units, use_bias=False, name="key")
        self.value = keras.layers.Dense(self.units, name="value")
        for part in (self.query, self.key, self.value):
            part.build(input_shape)

    def call(self, inputs, mask=None):
        scores = ops.matmul(self.query(inputs), ops.swapaxes(self.key(inputs), 1, 2)) / self.units**0.5
        if mask is not None:
            lowest = -3e4 if scores.dtype == "float16" else -1e9
            scores = ops.where(mask[:, None, :], scores, lowest)
        alpha = ops.softmax(scores, axis=-1)
        return ops.matmul(alpha, self.value(inputs))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, x, mask=None):
    x = double(x)
    scores = dense(x, weights, "query") @ dense(x, weights, "key").swapaxes(1, 2) / np.sqrt(3)
    if mask is not None:
        scores = np.where(mask[:, None], scores, -np.inf)
    return softmax(scores) @ dense(x, weights, "value")


PLAIN = Healthy(MaskedSelfAttention, [draw(3, 4, 2)], reference, unknown=(1,))
MASKED = Healthy(
    MaskedSelfAttention,
    [draw(3, 4, 2)],
    lambda weights, x: reference(weights, x, MASK),
    mask=MASK,
    output_mask=MASK,
    unknown=(1,),
    name="masked",
)
