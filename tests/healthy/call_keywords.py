"""Cross-attention with keywords of its own: which keys are padding, how sharp to look, whether to tell the weights."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, softmax

VISIBLE = np.array([[True, True, False], [True, True, True]])


@keras.saving.register_keras_serializable("healthy")
class CrossAttention(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, query_shape, context_shape):
        self.query = self.add_weight(shape=(query_shape[-1], self.units), name="query")
        self.key = self.add_weight(shape=(context_shape[-1], self.units), name="key")
        self.value = self.add_weight(shape=(context_shape[-1], self.units), name="value")

    def call(self, query, context, padding_mask=None, scale=None, return_weights=False):
        sharp = self.units**-0.5 if scale is None else scale
        scores = sharp * (query @ self.query) @ ops.transpose(context @ self.key, (0, 2, 1))
        if padding_mask is not None:
            scores = ops.where(ops.expand_dims(padding_mask, 1), scores, -1e4)
        alpha = ops.softmax(scores, axis=-1)
        output = alpha @ (context @ self.value)
        return (output, alpha) if return_weights else output

    def compute_output_shape(self, query_shape, context_shape):
        return (*query_shape[:-1], self.units)

    def compute_output_spec(self, query, context, padding_mask=None, scale=None, return_weights=False):
        output = keras.KerasTensor(self.compute_output_shape(query.shape, context.shape), self.compute_dtype)
        alpha = keras.KerasTensor((*query.shape[:-1], context.shape[1]), self.compute_dtype)
        return (output, alpha) if return_weights else output

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reference(weights, query, context, padding_mask=None, scale=3**-0.5, return_weights=False):
    query, context = double(query), double(context)
    scores = scale * query @ weights["query"] @ (context @ weights["key"]).swapaxes(1, 2)
    if padding_mask is not None:
        scores = np.where(padding_mask[:, None], scores, -np.inf)
    alpha = softmax(scores)
    output = alpha @ context @ weights["value"]
    return (output, alpha) if return_weights else output


INPUTS = [draw(2, 2, 4), draw(2, 3, 4, seed=1)]
PLAIN = Healthy(CrossAttention, INPUTS, reference, unknown=(1,))
KEYWORDS = Healthy(
    CrossAttention,
    INPUTS,
    reference,
    keywords={"padding_mask": VISIBLE, "scale": 0.5, "return_weights": True},
    unknown=(1,),
    name="given",
)
