"""Stochastic depth (Huang et al., 2016): in training a branch is left out for some samples, the rest scaled up."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class StochasticDepth(keras.layers.Layer):
    def __init__(self, rate=0.5, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.branch = keras.layers.Dense(input_shape[-1], activation="tanh", name="branch")
        self.branch.build(input_shape)

    def call(self, inputs, training=None):
        branch = self.branch(inputs)
        if training and self.rate > 0:
            keep = 1.0 - self.rate
            shape = (ops.shape(inputs)[0],) + (1,) * (len(inputs.shape) - 1)
            drawn = keras.random.uniform(shape, dtype="float32", seed=self.generator)
            branch = branch * ops.cast(drawn < keep, branch.dtype) / keep
        return inputs + branch

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def reference(weights, x):
    return double(x) + np.tanh(dense(double(x), weights, "branch"))


CASE = Healthy(lambda: StochasticDepth(rate=0.25, seed=3), [draw(4, 3)], reference)
