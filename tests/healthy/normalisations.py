"""Normalisations by hand: the global response of ConvNeXt V2 (Woo et al., 2023), and groups (Wu and He, 2018)."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw


@keras.saving.register_keras_serializable("healthy")
class GlobalResponse(keras.layers.Layer):
    def __init__(self, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        self.gamma = self.add_weight(shape=(1, 1, 1, input_shape[-1]), initializer="zeros", name="gamma")
        self.beta = self.add_weight(shape=(1, 1, 1, input_shape[-1]), initializer="zeros", name="beta")

    def call(self, inputs):
        size = ops.norm(inputs, axis=(1, 2), keepdims=True)
        share = size / (ops.mean(size, axis=-1, keepdims=True) + self.epsilon)
        return self.gamma * (inputs * share) + self.beta + inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("healthy")
class GroupNorm(keras.layers.Layer):
    def __init__(self, groups=2, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.groups = groups
        self.epsilon = epsilon

    def build(self, input_shape):
        if input_shape[-1] % self.groups:
            raise ValueError(f"Expected channels that {self.groups} divides. Received: {input_shape}")
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="beta")

    def call(self, inputs):
        batch, rows, columns, _ = ops.shape(inputs)
        channels = inputs.shape[-1]
        x = ops.reshape(inputs, (batch, rows, columns, self.groups, channels // self.groups))
        mean, variance = ops.moments(x, axes=(1, 2, 4), keepdims=True)
        x = (x - mean) / ops.sqrt(variance + self.epsilon)
        return ops.reshape(x, (batch, rows, columns, channels)) * self.gamma + self.beta

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "groups": self.groups, "epsilon": self.epsilon}


def response(weights, images):
    images = double(images)
    size = np.sqrt((images**2).sum((1, 2), keepdims=True))
    share = size / (size.mean(-1, keepdims=True) + 1e-6)
    return weights["gamma"] * images * share + weights["beta"] + images


def groups(weights, images):
    out = double(images)
    for part in (slice(0, 2), slice(2, 4)):
        here = out[..., part]
        mean, variance = here.mean((1, 2, 3), keepdims=True), here.var((1, 2, 3), keepdims=True)
        out[..., part] = (here - mean) / np.sqrt(variance + 1e-5)
    return out * weights["gamma"] + weights["beta"]


RESPONSE = Healthy(GlobalResponse, [draw(2, 3, 3, 4)], response, name="response", unknown=(1, 2))
GROUPS = Healthy(GroupNorm, [draw(2, 3, 3, 4)], groups, name="groups", unknown=(1, 2))
