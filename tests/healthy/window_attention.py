"""Attention inside windows of an image (Liu et al., 2021): the image is cut into squares, each attends to itself."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, softmax


@keras.saving.register_keras_serializable("healthy")
class WindowAttention(keras.layers.Layer):
    def __init__(self, window=2, heads=2, **kwargs):
        super().__init__(**kwargs)
        self.window = window
        self.heads = heads

    def build(self, input_shape):
        _, self.rows, self.columns, self.channels = input_shape
        if self.rows % self.window or self.columns % self.window:
            raise ValueError(f"Expected sides that {self.window} divides. Received: {input_shape}")
        self.qkv = keras.layers.Dense(3 * self.channels, name="qkv")
        self.project = keras.layers.Dense(self.channels, name="project")
        inside = (None, self.window**2, self.channels)
        self.qkv.build(inside)
        self.project.build(inside)

    def partition(self, x):
        side, rows, columns = self.window, self.rows // self.window, self.columns // self.window
        x = ops.reshape(x, (-1, rows, side, columns, side, self.channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, side * side, self.channels))

    def merge(self, windows):
        side, rows, columns = self.window, self.rows // self.window, self.columns // self.window
        x = ops.reshape(windows, (-1, rows, columns, side, side, self.channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, self.rows, self.columns, self.channels))

    def call(self, inputs):
        windows = self.partition(inputs)
        cells, size = self.window**2, self.channels // self.heads
        qkv = ops.reshape(self.qkv(windows), (-1, cells, 3, self.heads, size))
        qkv = ops.transpose(qkv, (2, 0, 3, 1, 4))
        query, key, value = qkv[0], qkv[1], qkv[2]
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * size**-0.5
        attended = ops.matmul(ops.softmax(scores, axis=-1), value)
        attended = ops.reshape(ops.transpose(attended, (0, 2, 1, 3)), (-1, cells, self.channels))
        return self.merge(self.project(attended))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "window": self.window, "heads": self.heads}


def reference(weights, images):
    images = double(images)
    out = np.zeros_like(images)
    for top in range(0, images.shape[1], 2):
        for left in range(0, images.shape[2], 2):
            here = np.s_[:, top : top + 2, left : left + 2]
            tokens = images[here].reshape(images.shape[0], 4, -1)
            q, k, v = np.split(tokens @ weights["qkv/kernel"] + weights["qkv/bias"], 3, -1)
            heads = []
            for part in (slice(0, 2), slice(2, 4)):
                alpha = softmax(q[..., part] @ k[..., part].swapaxes(1, 2) / np.sqrt(2))
                heads.append(alpha @ v[..., part])
            mixed = np.concatenate(heads, -1) @ weights["project/kernel"] + weights["project/bias"]
            out[here] = mixed.reshape(images[here].shape)
    return out


CASE = Healthy(WindowAttention, [draw(2, 4, 4, 4)], reference)
