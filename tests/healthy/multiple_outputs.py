"""The encoder of a variational autoencoder (Kingma and Welling, 2014): a dictionary of mean, log-variance and a sample.

The divergence from a standard normal distribution goes to the loss.
"""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class GaussianEncoder(keras.layers.Layer):
    def __init__(self, units=2, weight=0.5, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.weight = weight
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.mean = keras.layers.Dense(self.units, name="mean")
        self.log_variance = keras.layers.Dense(self.units, name="log_variance")
        self.mean.build(input_shape)
        self.log_variance.build(input_shape)

    def call(self, inputs, training=False):
        mean = self.mean(inputs)
        log_variance = ops.clip(self.log_variance(inputs), -8.0, 8.0)
        sample = mean
        if training:
            noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.generator)
            sample = mean + ops.exp(0.5 * log_variance) * noise
        divergence = ops.square(mean) + ops.exp(log_variance) - 1.0 - log_variance
        self.add_loss(self.weight * 0.5 * ops.mean(ops.sum(divergence, axis=-1)))
        return {"mean": mean, "log_variance": log_variance, "sample": sample}

    def compute_output_shape(self, input_shape):
        shape = (input_shape[0], self.units)
        return {"mean": shape, "log_variance": shape, "sample": shape}

    def get_config(self):
        return {**super().get_config(), "units": self.units, "weight": self.weight, "seed": self.seed}


def reference(weights, x):
    mean, log_variance = (dense(double(x), weights, name) for name in ("mean", "log_variance"))
    return {"mean": mean, "log_variance": log_variance.clip(-8, 8), "sample": mean}


def losses(weights, x):
    y = reference(weights, x)
    spread = np.exp(y["log_variance"])
    return [0.25 * (y["mean"] ** 2 + spread - 1 - y["log_variance"]).sum(-1).mean()]


CASE = Healthy(GaussianEncoder, [draw(4, 3)], reference, losses=losses)
