"""A gated linear unit with GELU (Shazeer, 2020): half of a projection opens the other half."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, gelu


@keras.saving.register_keras_serializable("healthy")
class GeGLU(keras.layers.Layer):
    def __init__(self, units=3, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.dropout = dropout
        self.project = keras.layers.Dense(2 * units, name="project")
        self.drop = keras.layers.Dropout(dropout, name="drop")

    def build(self, input_shape):
        self.project.build(input_shape)

    def call(self, inputs, training=None):
        value, gate = ops.split(self.project(inputs), 2, axis=-1)
        return self.drop(value * keras.activations.gelu(gate), training=training)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "dropout": self.dropout}


def reference(weights, x):
    both = dense(double(x), weights, "project")
    return both[..., :3] * gelu(both[..., 3:])


CASE = Healthy(GeGLU, [draw(2, 3, 4)], reference, unknown=(1,))
