"""Layers that another backend of Keras computes otherwise, that are tied to TensorFlow, or that compute the same."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

Layer = keras.layers.Layer


class Dense(Layer):
    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 4))

    def call(self, x: Any) -> Any:
        y = ops.matmul(x, self.kernel)
        return ops.softmax(y) / ops.sqrt(ops.mean(y * y) + 1e-3)


class Loop(Dense):
    def call(self, x: Any) -> Any:
        states = [x, x * 0.5]
        for _ in range(4):
            states = [ops.tanh(ops.matmul(one, self.kernel)) for one in states]
        return states[0] - states[1]


class Recurrent(Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = keras.layers.LSTM(3, return_sequences=True)

    def build(self, shape: Any) -> None:
        self.inner.build((*shape, 1))

    def call(self, x: Any) -> Any:
        return ops.sum(self.inner(ops.expand_dims(x, -1)), axis=-1)


class Twice(Layer):
    """One recurrent layer is called twice, and two of them stand in a bidirectional one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = keras.layers.SimpleRNN(2)
        self.both = keras.layers.Bidirectional(keras.layers.LSTM(1))

    def build(self, shape: Any) -> None:
        self.inner.build((*shape, 1))
        self.both.build((*shape, 1))

    def call(self, x: Any) -> Any:
        steps = ops.expand_dims(x, -1)
        return self.inner(steps) - self.inner(steps * 0.5) + self.both(steps)


class Padded(Layer):
    """The mask travels from the embedding to the recurrent layer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(5, 3, mask_zero=True)
        self.inner = keras.layers.GRU(2)

    def build(self, shape: Any) -> None:
        self.table.build(shape)
        self.inner.build((*shape, 3))

    def call(self, x: Any) -> Any:
        vectors = self.table(ops.cast(x > 0, "int32"))
        return self.inner(vectors)


class Noise(Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        return ops.tanh(x + keras.random.normal(ops.shape(x), seed=self.seeds))


class Halves(Layer):
    """Whole numbers that are divided: TensorFlow has them as float64, JAX as float32. The output is the same."""

    def call(self, x: Any) -> Any:
        return x * ops.cast(ops.cast(x * 10, "int32") / 3, "float32")


class LargeToWhole(Layer):
    def call(self, x: Any) -> Any:
        n = ops.cast(x * 1e10, "int32")
        return ops.cast(n, "float32")


class BelowZeroToBytes(Layer):
    def call(self, x: Any) -> Any:
        return ops.cast(ops.cast(x * 100, "uint8"), "float32")


class LargestOfNaN(Layer):
    def call(self, x: Any) -> Any:
        return ops.argmax(ops.log(x), axis=-1)


class Hidden(Layer):
    """What differs is multiplied with zero."""

    def call(self, x: Any) -> Any:
        largest = ops.argmax(ops.log(x), axis=-1)
        return x + ops.cast(largest * 0, "float32")[:, None]


class SortedNaN(Layer):
    def call(self, x: Any) -> Any:
        ordered = ops.sort(ops.log(x), axis=-1)
        return ordered[:, :2]


class Ties(Layer):
    def call(self, x: Any) -> Any:
        return ops.cast(ops.top_k(ops.round(x), 3)[1], "float32")


class EmptySegment(Layer):
    def call(self, x: Any) -> Any:
        return ops.segment_max(x[:, 0], ops.cast(x[:, 0] * 0, "int32"), num_segments=3)


class Fine(Layer):
    def call(self, x: Any) -> Any:
        wide = ops.cast(x, "float64")
        return ops.cast((wide + 1e-12 - wide) * 1e12, "float32")


class OwnSeed(Layer):
    def call(self, x: Any) -> Any:
        return x + keras.random.normal(ops.shape(x), seed=7)


class Bicubic(Layer):
    def call(self, x: Any) -> Any:
        image = ops.reshape(x, (1, -1, 4, 1))
        return ops.image.resize(image, (3, 3), interpolation="bicubic")


class Small(Layer):
    """The numbers are small, and so is what the interpolation differs by."""

    def call(self, x: Any) -> Any:
        image = ops.reshape(x * 1e-6, (1, -1, 4, 1))
        return ops.image.resize(image, (3, 3), interpolation="bicubic") * 1e6


class Several(Layer):
    """The second line differs, and then the third one."""

    def call(self, x: Any) -> Any:
        y = ops.exp(x)
        n = ops.cast(x * 1e10, "int32")
        return ops.argmax(ops.log(x), axis=-1) + ops.sum(n, axis=-1) * ops.cast(ops.sum(y) * 0, "int32")


class Inside(Layer):
    """The expression stands in a function that the call calls."""

    def call(self, x: Any) -> Any:
        return x + _whole(x * 1e10)


def _whole(x: Any) -> Any:
    return ops.cast(ops.cast(x, "int32"), "float32")


class Growing(Layer):
    """No expression differs by more than rounding; after a few of them nothing is left of the first digits."""

    def call(self, x: Any) -> Any:
        for _ in range(8):
            x = ops.sin(ops.exp(x) * 30.0)
        return x


class Relu(Dense):
    def call(self, x: Any) -> Any:
        y = ops.matmul(x, self.kernel)
        return tf.nn.relu(y) + 1.0


class Rows(Dense):
    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel) * float(tf.shape(x)[0])


class Given(Dense):
    """JAX refuses the tensor that the line before made."""

    def call(self, x: Any) -> Any:
        row = tf.constant([1.0, 2.0, 3.0, 4.0])
        return ops.matmul(x, self.kernel) + ops.flip(row)


class Unbuilt(Layer):
    """Without a build of its own it is called on symbols first, and TensorFlow refuses those of JAX."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = keras.layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.inner(tf.nn.relu(x))


class Method(Dense):
    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel) * np.max(x.numpy())


class Ends(Layer):
    def call(self, x: Any) -> Any:
        if keras.config.backend() != "tensorflow":
            os._exit(3)
        return x * 2.0
