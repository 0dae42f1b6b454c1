"""A highway layer (Srivastava et al., 2015): a gate mixes a transformed input with the input itself."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, sigmoid


@keras.saving.register_keras_serializable("healthy")
class Highway(keras.layers.Layer):
    def __init__(self, activation="tanh", gate_bias=-1.0, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.gate_bias = gate_bias

    def build(self, input_shape):
        width = input_shape[-1]
        closed = keras.initializers.Constant(self.gate_bias)
        self.transform = keras.layers.Dense(width, activation=self.activation, name="transform")
        self.gate = keras.layers.Dense(width, activation="sigmoid", bias_initializer=closed, name="gate")
        self.transform.build(input_shape)
        self.gate.build(input_shape)

    def call(self, inputs):
        gate = self.gate(inputs)
        return gate * self.transform(inputs) + ops.subtract(1.0, gate) * inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super().get_config()
        config.update(activation=keras.activations.serialize(self.activation), gate_bias=self.gate_bias)
        return config


def reference(weights, x):
    gate = sigmoid(dense(double(x), weights, "gate"))
    return x + gate * (np.tanh(dense(double(x), weights, "transform")) - x)


CASE = Healthy(Highway, [draw(3, 4)], reference)
