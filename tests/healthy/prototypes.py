"""Cosine similarity to learned prototypes with a learned temperature (Gidaris and Komodakis, 2018)."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class Prototypes(keras.layers.Layer):
    def __init__(self, classes=3, start=10.0, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes
        self.start = start

    def build(self, input_shape):
        self.prototypes = self.add_weight(shape=(self.classes, input_shape[-1]), name="prototypes")
        self.log_scale = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(np.log(self.start).item()), name="log_scale"
        )

    def call(self, inputs):
        x = ops.normalize(inputs, axis=-1)
        centres = ops.normalize(self.prototypes, axis=-1)
        return ops.exp(self.log_scale) * ops.matmul(x, ops.transpose(centres))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.classes)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "start": self.start}


def reference(weights, x):
    lengths = np.outer(np.linalg.norm(double(x), axis=-1), np.linalg.norm(weights["prototypes"], axis=-1))
    return np.exp(weights["log_scale"]) * (double(x) @ weights["prototypes"].T) / lengths


CASE = Healthy(Prototypes, [draw(4, 5)], reference)
