"""Correct layers of a kind that people publish, each of which breaks some habit without being wrong."""

from __future__ import annotations

import functools
from typing import Any

import keras
from keras import layers, ops

register = keras.saving.register_keras_serializable("doctor_sound")


# -- parts: models, lists and dictionaries of layers, layers given from outside
@register
class TransformerBlock(layers.Layer):
    """Its feed-forward part is a Sequential."""

    def __init__(self, heads: int = 2, size: int = 4, hidden: int = 8, rate: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.size, self.hidden, self.rate = heads, size, hidden, rate
        self.attention = layers.MultiHeadAttention(heads, size)
        self.feed_forward = keras.Sequential([layers.Dense(hidden, activation="relu"), layers.Dense(size)])
        self.norms = [layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.dropouts = [layers.Dropout(rate) for _ in range(2)]

    def build(self, input_shape: Any) -> None:
        self.attention.build(input_shape, input_shape)
        self.feed_forward.build(input_shape)
        for norm in self.norms:
            norm.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        attended = self.dropouts[0](self.attention(x, x), training=training)
        x = self.norms[0](x + attended)
        return self.norms[1](x + self.dropouts[1](self.feed_forward(x), training=training))

    def get_config(self) -> dict[str, Any]:
        own = {"heads": self.heads, "size": self.size, "hidden": self.hidden, "rate": self.rate}
        return {**super().get_config(), **own}


@register
class ResidualBlock(layers.Layer):
    """Its shortcut is a Sequential that is made in build, where it is known whether one is needed."""

    def __init__(self, filters: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.convolution = layers.Conv2D(filters, 3, padding="same")
        self.norm = layers.BatchNormalization()
        self.shortcut: Any = None

    def build(self, input_shape: Any) -> None:
        self.convolution.build(input_shape)
        self.norm.build((*input_shape[:-1], self.filters))
        if input_shape[-1] != self.filters:
            self.shortcut = keras.Sequential([layers.Conv2D(self.filters, 1), layers.BatchNormalization()])
            self.shortcut.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        y = self.norm(self.convolution(x), training=training)
        return ops.relu(y + (x if self.shortcut is None else self.shortcut(x, training=training)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


class Branch(keras.Model):
    """A subclassed model."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = layers.Dense(4)

    def build(self, input_shape: Any) -> None:
        self.inner.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return self.inner(x)


@register
class ManyParts(layers.Layer):
    """A Functional model, a subclassed one, a dictionary, and a part that two others share."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        symbol = keras.Input((4,))
        shared = layers.Dense(4)
        self.graph = keras.Model(symbol, ops.relu(shared(symbol)) + shared(symbol))
        self.branch = Branch()
        self.by_name = {"first": layers.Dense(4), "shared": shared}
        self.stack = keras.Sequential([keras.Sequential([layers.Dense(4)]), self.branch])

    def build(self, input_shape: Any) -> None:
        for part in (self.branch, *self.by_name.values(), self.stack):
            if not part.built:
                part.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        for part in (self.graph, self.branch, *self.by_name.values(), self.stack):
            x = x + part(x)
        return x


@register
class Closure(layers.Layer):
    """Its parts are reached through functions that were made in the constructor."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = layers.Dense(4)
        self.act = lambda x: ops.tanh(self.dense(x))
        self.steps = [lambda x: x + self.dense(x), functools.partial(lambda factor, x: factor * self.dense(x), 0.5)]

    def build(self, input_shape: Any) -> None:
        self.dense.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        for step in self.steps:
            x = step(x)
        return self.act(x)


@register
class Around(layers.Layer):
    """A wrapper: its part is an argument of the constructor, a layer or a whole model."""

    def __init__(self, inner: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def build(self, input_shape: Any) -> None:
        if not self.inner.built:
            self.inner.build(input_shape)
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return x + self.inner(x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{**config, "inner": keras.saving.deserialize_keras_object(config["inner"])})


def around_a_layer() -> Any:
    """A wrapper of a layer."""
    return Around(layers.Dense(4))


def around_a_model() -> Any:
    """A wrapper of a Sequential."""
    return Around(keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(4)]))


# -- arguments that another value does not move
@register
class Half(layers.Layer):
    """An argument of 0.5."""

    def __init__(self, factor: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


@register
class Rounded(layers.Layer):
    """Arguments that are rounded and clipped."""

    def __init__(self, size: float = 4.0, share: float = 1.0, keep: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.share, self.keep = round(size), min(max(share, 0.75), 1.0), min(keep, 1)

    def call(self, x: Any) -> Any:
        return x * self.size * self.share * self.keep

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "share": self.share, "keep": self.keep}


# -- the batch
@register
class WindowPartition(layers.Layer):
    """Every image gives several rows."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, x: Any) -> Any:
        height, width, channels = x.shape[1:]
        x = ops.reshape(x, (-1, height // self.size, self.size, width // self.size, self.size, channels))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, self.size, self.size, channels))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


@register
class WindowReverse(layers.Layer):
    """Several rows give one image."""

    def __init__(self, height: int = 4, width: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def call(self, windows: Any) -> Any:
        size, channels = windows.shape[1], windows.shape[-1]
        rows, columns = self.height // size, self.width // size
        x = ops.reshape(windows, (-1, rows, columns, size, size, channels))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, self.height, self.width, channels))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


@register
class RelativeBias(layers.Layer):
    """A bias for attention scores: one for every batch, (1, heads, steps, steps)."""

    def __init__(self, heads: int = 2, longest: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.longest = heads, longest

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(name="table", shape=(2 * self.longest - 1, self.heads))
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        steps = ops.arange(x.shape[1])
        distance = ops.clip(steps[:, None] - steps[None, :] + self.longest - 1, 0, 2 * self.longest - 2)
        return ops.transpose(ops.take(self.table, distance, axis=0), (2, 0, 1))[None]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads, "longest": self.longest}


@register
class SplitHeads(layers.Layer):
    """Heads go to the batch axis, the way old Transformers did it."""

    def call(self, x: Any) -> Any:
        x = ops.reshape(x, (-1, x.shape[1], 2, x.shape[2] // 2))
        return ops.reshape(ops.transpose(x, (2, 0, 1, 3)), (-1, x.shape[1], x.shape[3]))


@register
class GraphConvolution(layers.Layer):
    """Features of nodes, and edges: pairs of ids of nodes. There is no batch."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, features_shape: Any, edges_shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(features_shape[-1], self.units))
        super().build(features_shape)

    def call(self, features: Any, edges: Any) -> Any:
        messages = ops.take(ops.matmul(features, self.kernel), edges[:, 0], axis=0)
        return ops.segment_sum(messages, edges[:, 1], num_segments=ops.shape(features)[0])

    def compute_output_shape(self, features_shape: Any, edges_shape: Any) -> Any:
        return (*features_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@register
class DenseGraphConvolution(layers.Layer):
    """Features of nodes, and the matrix that says which are neighbours."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, features_shape: Any, adjacency_shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(features_shape[-1], self.units))
        super().build(features_shape)

    def call(self, features: Any, adjacency: Any) -> Any:
        return ops.matmul(adjacency, ops.matmul(features, self.kernel))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@register
class MinibatchDeviation(layers.Layer):
    """A discriminator's: how much the samples of the batch differ, as one more channel."""

    def call(self, x: Any) -> Any:
        spread = ops.mean(ops.sqrt(ops.var(x, axis=0) + 1e-8))
        return ops.concatenate([x, ops.zeros_like(x[..., :1]) + spread], axis=-1)


@register
class Similarities(layers.Layer):
    """Every sample of the batch against every other."""

    def call(self, x: Any) -> Any:
        x = x / ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True) + 1e-6)
        return ops.matmul(x, ops.transpose(x))


@register
class GhostNormalization(layers.Layer):
    """Statistics of the batch while it trains, moving averages afterwards."""

    def build(self, input_shape: Any) -> None:
        self.mean = self.add_weight(name="mean", shape=input_shape[-1:], initializer="zeros", trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x - self.mean
        mean = ops.mean(x, axis=0)
        self.mean.assign(0.9 * self.mean + 0.1 * mean)
        return x - mean


@register
class Bounded(layers.Layer):
    """A bound that ordinary numbers do not reach."""

    def __init__(self, most: int = 30, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def call(self, x: Any) -> Any:
        return ops.clip(x, -float(self.most), float(self.most))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "most": self.most}


# -- masks and dtypes
@register
class KeyMaskedAttention(layers.Layer):
    """Masked steps are no keys. As queries they still have rows, which nobody reads."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
        if mask is not None:
            scores = scores + (1.0 - ops.cast(mask, scores.dtype)[:, None, :]) * -1e9
        return ops.matmul(ops.softmax(scores, axis=-1), x)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


@register
class PooledAttention(layers.Layer):
    """The same with Keras's own attention, which is told the keys to leave out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.attention = layers.MultiHeadAttention(2, 3)

    def build(self, input_shape: Any) -> None:
        self.attention.build(input_shape, input_shape)
        super().build(input_shape)

    def call(self, x: Any, mask: Any = None) -> Any:
        return self.attention(x, x, attention_mask=None if mask is None else mask[:, None, :])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None


@register
class Spectral(layers.Layer):
    """A decomposition that no processor offers in half precision."""

    def call(self, x: Any) -> Any:
        return x * ops.svd(ops.matmul(ops.transpose(x, (0, 2, 1)), x), compute_uv=False)[:, :1, None]


@register
class Fourier(layers.Layer):
    """Half precision has no complex numbers, so it computes in float32 and gives back what it was told to."""

    def call(self, x: Any) -> Any:
        real, imaginary = ops.fft((ops.cast(x, "float32"), ops.zeros_like(ops.cast(x, "float32"))))
        return ops.cast(real + imaginary, x.dtype)


@register
class Transform(layers.Layer):
    """A transform of an operation that refuses half precision in words of its own."""

    def call(self, x: Any) -> Any:
        real, imaginary = ops.rfft(x)
        return ops.sqrt(real * real + imaginary * imaginary + 1e-8)


# -- random numbers, and outputs without gradients
@register
class Sampling(layers.Layer):
    """Noise from the program's generator, as variational autoencoders are often written."""

    def call(self, x: Any) -> Any:
        return x + ops.cast(keras.random.normal(ops.shape(x)), x.dtype)


@register
class Nearest(layers.Layer):
    """The id of the nearest row of a table: a whole number, through which no gradient goes."""

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight(name="table", shape=(5, input_shape[-1]))
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return ops.argmin(ops.sum(ops.square(x[:, None, :] - self.table[None]), axis=-1), axis=-1)

    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor(x.shape[:-1], dtype="int32")
