"""Vector quantisation (van den Oord et al., 2017): the nearest code replaces each vector; gradients pass on."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class VectorQuantizer(keras.layers.Layer):
    def __init__(self, codes=6, commitment=0.25, **kwargs):
        super().__init__(**kwargs)
        self.codes = codes
        self.commitment = commitment

    def build(self, input_shape):
        self.book = self.add_weight(shape=(self.codes, input_shape[-1]), initializer="random_normal", name="book")

    def call(self, inputs):
        flat = ops.reshape(inputs, (-1, inputs.shape[-1]))
        distances = (
            ops.sum(flat**2, axis=1, keepdims=True)
            - 2.0 * ops.matmul(flat, ops.transpose(self.book))
            + ops.sum(self.book**2, axis=1)
        )
        nearest = ops.argmin(distances, axis=1)
        quantized = ops.reshape(ops.take(self.book, nearest, axis=0), ops.shape(inputs))
        commitment = ops.mean(ops.square(ops.stop_gradient(quantized) - inputs))
        codebook = ops.mean(ops.square(quantized - ops.stop_gradient(inputs)))
        self.add_loss(self.commitment * commitment + codebook)
        return inputs + ops.stop_gradient(quantized - inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "codes": self.codes, "commitment": self.commitment}


def reference(weights, x):
    book = weights["book"]
    return book[((double(x)[..., None, :] - book) ** 2).sum(-1).argmin(-1)]


def losses(weights, x):
    return [1.25 * np.mean((reference(weights, x) - double(x)) ** 2)]


CASE = Healthy(VectorQuantizer, [draw(2, 3, 4)], reference, losses=losses, unknown=(1,))
