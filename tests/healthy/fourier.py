"""Random Fourier features (Tancik et al., 2020): coordinates as waves of fixed random frequencies, then mixed."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class FourierFeatures(keras.layers.Layer):
    def __init__(self, waves=4, units=2, spread=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.waves = waves
        self.units = units
        self.spread = spread
        self.seed = seed

    def build(self, input_shape):
        start = keras.initializers.RandomNormal(stddev=self.spread, seed=self.seed)
        self.frequencies = self.add_weight(
            shape=(input_shape[-1], self.waves), initializer=start, trainable=False, name="frequencies"
        )
        self.mix = keras.layers.Dense(self.units, name="mix")
        self.mix.build((*input_shape[:-1], 2 * self.waves))

    def call(self, inputs):
        angle = 2.0 * np.pi * ops.matmul(inputs, self.frequencies)
        return self.mix(ops.concatenate([ops.sin(angle), ops.cos(angle)], axis=-1))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update(waves=self.waves, units=self.units, spread=self.spread, seed=self.seed)
        return config


def reference(weights, x):
    wave = np.exp(2j * np.pi * (double(x) @ weights["frequencies"]))
    return dense(np.concatenate([wave.imag, wave.real], -1), weights, "mix")


CASE = Healthy(FourierFeatures, [draw(4, 2)], reference)
