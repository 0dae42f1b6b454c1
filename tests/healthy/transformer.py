"""A transformer block that normalises before each part (Xiong et al., 2020): attention, then a Sequential perceptron.

Padded steps are hidden from the attention as keys; the mask travels on. A padded step as a query sees nothing (Keras's
attention takes the mask that its query carries): there it gives zeros.
"""

import keras
import numpy as np

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, gelu, layer_norm, softmax

MASK = np.array([[True, True, True, False], [True, True, False, False]])


@keras.saving.register_keras_serializable("healthy")
class TransformerBlock(keras.layers.Layer):
    def __init__(self, heads=2, hidden=8, dropout=0.1, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.heads = heads
        self.hidden = hidden
        self.dropout = dropout
        self.epsilon = epsilon

    def build(self, input_shape):
        width = input_shape[-1]
        self.before_attention = keras.layers.LayerNormalization(epsilon=self.epsilon, name="before_attention")
        self.attention = keras.layers.MultiHeadAttention(
            self.heads, width // self.heads, dropout=self.dropout, name="attention"
        )
        self.before_perceptron = keras.layers.LayerNormalization(epsilon=self.epsilon, name="before_perceptron")
        self.perceptron = keras.Sequential(
            [
                keras.layers.Dense(self.hidden, activation="gelu", name="widen"),
                keras.layers.Dropout(self.dropout, name="drop"),
                keras.layers.Dense(width, name="narrow"),
            ],
            name="perceptron",
        )
        self.before_attention.build(input_shape)
        self.attention.build(input_shape, input_shape)
        self.before_perceptron.build(input_shape)
        self.perceptron.build(input_shape)

    def call(self, inputs, mask=None, training=None):
        visible = None if mask is None else mask[:, None, :]
        x = self.before_attention(inputs)
        x = inputs + self.attention(x, x, attention_mask=visible, training=training)
        y = self.perceptron(self.before_perceptron(x), training=training)
        return x + y

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(heads=self.heads, hidden=self.hidden, dropout=self.dropout, epsilon=self.epsilon)
        return config


def projected(x, weights, part):
    return np.einsum("btd,dhk->bthk", x, weights[f"attention/{part}/kernel"]) + weights[f"attention/{part}/bias"]


def reference(weights, x, mask=None):
    x = double(x)
    z = layer_norm(x, weights["before_attention/gamma"], weights["before_attention/beta"], 1e-5)
    q, k, v = (projected(z, weights, part) for part in ("query", "key", "value"))
    scores = np.einsum("bqhk,bshk->bhqs", q, k) / np.sqrt(q.shape[-1])
    alpha = softmax(scores)
    if mask is not None:
        visible = np.broadcast_to((mask[:, None, :] & mask[:, :, None])[:, None], scores.shape)
        alpha = np.where(visible, softmax(np.where(visible, scores, -1e30)), 0)
    seen = np.einsum("bhqs,bshk->bqhk", alpha, v)
    out = np.einsum("bqhk,hkd->bqd", seen, weights["attention/attention_output/kernel"])
    x = x + out + weights["attention/attention_output/bias"]
    z = layer_norm(x, weights["before_perceptron/gamma"], weights["before_perceptron/beta"], 1e-5)
    return x + dense(gelu(dense(z, weights, "perceptron/widen")), weights, "perceptron/narrow")


PLAIN = Healthy(TransformerBlock, [draw(2, 4, 4)], reference, unknown=(1,))
MASKED = Healthy(
    TransformerBlock,
    [draw(2, 4, 4)],
    lambda weights, x: reference(weights, x, MASK),
    mask=MASK,
    output_mask=MASK,
    unknown=(1,),
    name="masked",
)
