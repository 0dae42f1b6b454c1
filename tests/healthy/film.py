"""Feature-wise linear modulation (Perez et al., 2018): a condition scales and shifts each channel."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class FiLM(keras.layers.Layer):
    def __init__(self, kernel_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        features, condition = input_shape
        self.modulation = keras.layers.Dense(
            2 * features[-1], kernel_regularizer=self.kernel_regularizer, name="modulation"
        )
        self.modulation.build(condition)

    def call(self, inputs):
        features, condition = inputs
        scale, shift = ops.split(self.modulation(condition), 2, axis=-1)
        return features * (1.0 + scale[:, None, :]) + shift[:, None, :]

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        config = super().get_config()
        config["kernel_regularizer"] = keras.regularizers.serialize(self.kernel_regularizer)
        return config


def reference(weights, inputs):
    features, condition = map(double, inputs)
    scale, shift = dense(condition, weights, "modulation").reshape(-1, 2, 1, features.shape[-1]).swapaxes(0, 1)
    return features + features * scale + shift


CASE = Healthy(FiLM, [[draw(3, 4, 2), draw(3, 5, seed=1)]], reference)
