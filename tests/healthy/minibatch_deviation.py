"""The deviation within the batch as one more channel (Karras et al., 2018): samples see each other by design."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class MinibatchDeviation(keras.layers.Layer):
    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        mean = ops.mean(inputs, axis=0, keepdims=True)
        variance = ops.mean(ops.square(inputs - mean), axis=0, keepdims=True)
        deviation = ops.mean(ops.sqrt(variance + self.epsilon))
        extra = ops.ones_like(inputs[..., :1]) * deviation
        return ops.concatenate([inputs, extra], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


def reference(weights, images):
    deviation = np.sqrt(double(images).var(0) + 1e-8).mean()
    return np.concatenate([images, np.full((*images.shape[:-1], 1), deviation)], -1)


CASE = Healthy(
    MinibatchDeviation,
    [draw(3, 2, 2, 2)],
    reference,
    unknown=(1, 2),
    advice={"batch_independence": "A sample's last channel hangs on the others, so that the size of a batch matters."},
)
