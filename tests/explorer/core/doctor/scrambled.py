"""Layers whose numbers get to wrong places: heads, axes, later steps and samples that mix, each with a healthy one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

register = keras.saving.register_keras_serializable("doctor_scrambled")

KINDS = ("heads", "transpose", "future", "batch")


@dataclass(frozen=True)
class Variant:
    """One way to make a mistake.

    Attributes:
        kind: which mistake, one of `KINDS`.
        ill, healthy: the layer with it, and without.
        inputs: what both are called on.
    """

    kind: str
    ill: Any
    healthy: Any
    inputs: list[np.ndarray]


VARIANTS: list[Variant] = []


def variant(kind: str, *shapes: tuple[int, ...]) -> Callable[[Any], Any]:
    """Mark a class that holds two classes, `Ill` and `Healthy`."""

    def mark(both: Any) -> Any:
        inputs = [np.random.default_rng(i).standard_normal(shape).astype("float32") for i, shape in enumerate(shapes)]
        for one in (both.Ill, both.Healthy):
            register(one)
        VARIANTS.append(Variant(kind, both.Ill, both.Healthy, inputs))
        return both

    return mark


def sizes(x: Any) -> tuple[Any, ...]:
    """The lengths of its axes, as numbers or tensors."""
    return tuple(ops.shape(x))


# -- heads
class Projected(layers.Layer):
    """Queries, keys and values of four features, for two heads."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = [layers.Dense(4) for _ in range(3)]

    def build(self, shape: Any) -> None:
        for part in self.parts:
            part.build(shape)

    def projected(self, x: Any) -> list[Any]:
        return [part(x) for part in self.parts]


@variant("heads", (2, 6, 4))
class HeadsInFront:
    """The heads are split off in front of the steps."""

    class Ill(Projected):
        def split(self, x):
            b, t, _ = sizes(x)
            return ops.reshape(x, (b, 2, t, 2))

        def call(self, x):
            q, k, v = (self.split(part) for part in self.projected(x))
            y = ops.matmul(ops.softmax(ops.matmul(q, ops.swapaxes(k, -1, -2)), axis=-1), v)
            b, t, _ = sizes(x)
            return ops.reshape(ops.transpose(y, (0, 2, 1, 3)), (b, t, 4))

    class Healthy(Ill):
        def split(self, x):
            b, t, _ = sizes(x)
            return ops.transpose(ops.reshape(x, (b, t, 2, 2)), (0, 2, 1, 3))


@variant("heads", (2, 6, 4))
class HeadsLeftInFront:
    """The heads are joined without going back behind the steps, in TensorFlow's words."""

    class Ill(Projected):
        def joined(self, y, shape):
            return tf.reshape(y, (shape[0], shape[1], 4))

        def call(self, x):
            shape = tf.shape(x)
            q, k, v = (tf.transpose(tf.reshape(p, (shape[0], shape[1], 2, 2)), (0, 2, 1, 3)) for p in self.projected(x))
            y = tf.nn.softmax(tf.matmul(q, k, transpose_b=True)) @ v
            return self.joined(y, shape)

    class Healthy(Ill):
        def joined(self, y, shape):
            return tf.reshape(tf.transpose(y, (0, 2, 1, 3)), (shape[0], shape[1], 4))


@variant("heads", (2, 6, 4))
class HeadsInTheBatch:
    """The heads go to the batch by split and concat; they come back by reshape."""

    class Ill(Projected):
        def back(self, y, shape):
            return tf.reshape(y, (shape[0], shape[1], 4))

        def call(self, x):
            q, k, v = (tf.concat(tf.split(part, 2, axis=-1), axis=0) for part in self.projected(x))
            y = tf.nn.softmax(tf.matmul(q, k, transpose_b=True)) @ v
            return self.back(y, tf.shape(x))

    class Healthy(Ill):
        def back(self, y, shape):
            return tf.concat(tf.split(y, 2, axis=0), axis=-1)


@variant("heads", (2, 6, 4), (2, 6, 4))
class HeadsOfAFlatSequence:
    """Two inputs, flattened first: neither of the two reshapes is wrong alone."""

    class Ill(layers.Layer):
        def split(self, x):
            b, t, _ = sizes(x)
            return ops.reshape(ops.reshape(x, (b, -1)), (b, 2, t, 2))

        def call(self, query, value):
            q, v = self.split(query), self.split(value)
            scores = ops.softmax(ops.einsum("bhtd,bhsd->bhts", q, v), axis=-1)
            return ops.einsum("bhts,bhsd->bthd", scores, v)

    class Healthy(Ill):
        def split(self, x):
            b, t, _ = sizes(x)
            return ops.transpose(ops.reshape(ops.reshape(x, (b, -1)), (b, t, 2, 2)), (0, 2, 1, 3))


@variant("heads", (2, 6, 4))
class HeadsBySublayers:
    """Keras's own Reshape and Permute, inside a Functional model."""

    class Ill(layers.Layer):
        shape = (2, 6, 2)
        order = (1, 2, 3)

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            symbol = keras.Input((6, 4))
            heads = layers.Permute(self.order)(layers.Reshape(self.shape)(layers.Dense(4)(symbol)))
            self.heads = keras.Model(symbol, heads)

        def call(self, x):
            y = self.heads(x)
            return ops.matmul(ops.softmax(ops.matmul(y, ops.swapaxes(y, -1, -2)), axis=-1), y)

    class Healthy(Ill):
        shape = (6, 2, 2)
        order = (2, 1, 3)


@variant("heads", (2, 6, 4))
class HeadsCompared:
    """Without the transpose, the heads of one step look at each other and no step at another one."""

    class Ill(Projected):
        def split(self, x):
            b, t, _ = sizes(x)
            return ops.reshape(x, (b, t, 2, 2))

        def joined(self, y):
            return y

        def call(self, x):
            q, k, v = (self.split(part) for part in self.projected(x))
            y = ops.matmul(ops.softmax(ops.matmul(q, ops.swapaxes(k, -1, -2)), axis=-1), v)
            b, t, _ = sizes(x)
            return ops.reshape(self.joined(y), (b, t, 4))

    class Healthy(Ill):
        def split(self, x):
            return ops.swapaxes(super().split(x), 1, 2)

        def joined(self, y):
            return ops.swapaxes(y, 1, 2)


@variant("heads", (2, 6, 4))
class HeadsOneBehindTheOther:
    """The heads are put one behind the other along the steps, and then cut into steps."""

    class Ill(Projected):
        def joined(self, heads):
            b, t, _ = sizes(heads[0])
            return ops.reshape(ops.concatenate(heads, axis=1), (b, t, 4))

        def call(self, x):
            parts = [ops.split(part, 2, axis=-1) for part in self.projected(x)]
            heads = []
            for q, k, v in zip(*parts, strict=True):
                heads.append(ops.matmul(ops.softmax(ops.matmul(q, ops.transpose(k, (0, 2, 1))), axis=-1), v))
            return self.joined(heads)

    class Healthy(Ill):
        def joined(self, heads):
            return ops.concatenate(heads, axis=-1)


# -- reshape where a transpose was meant
@variant("transpose", (2, 6, 4))
class FeaturesFirst:
    class Ill(layers.Layer):
        def call(self, x):
            b, t, f = sizes(x)
            return ops.mean(ops.reshape(x, (b, f, t)), axis=-1)

    class Healthy(layers.Layer):
        def call(self, x):
            return ops.mean(ops.transpose(x, (0, 2, 1)), axis=-1)


@variant("transpose", (2, 6, 4))
class FlatBetween:
    """Flattened, activated, folded: TensorFlow's words."""

    class Ill(layers.Layer):
        def call(self, x):
            shape = tf.shape(x)
            flat = tf.nn.relu(tf.reshape(x, (shape[0], -1)) * 2.0)
            return tf.cumsum(tf.reshape(flat, (shape[0], shape[2], shape[1])), axis=-1)

    class Healthy(layers.Layer):
        def call(self, x):
            shape = tf.shape(x)
            flat = tf.nn.relu(tf.reshape(x, (shape[0], -1)) * 2.0)
            return tf.cumsum(tf.transpose(tf.reshape(flat, shape), (0, 2, 1)), axis=-1)


@variant("transpose", (2, 6, 5, 3))
class ChannelsFirst:
    """A picture."""

    class Ill(layers.Layer):
        def call(self, x):
            b, h, w, c = sizes(x)
            y = ops.reshape(x, (b, c, h, w))
            return ops.mean(y, axis=(2, 3))

    class Healthy(layers.Layer):
        def call(self, x):
            return ops.mean(ops.moveaxis(x, -1, 1), axis=(2, 3))


@variant("transpose", (2, 6, 4), (2, 6, 4))
class SecondOperand:
    """Two inputs: the second operand of a product."""

    class Ill(layers.Layer):
        def turned(self, b):
            n, t, f = sizes(b)
            return ops.reshape(b, (n, f, t))

        def call(self, a, b):
            return ops.matmul(a, self.turned(b))

    class Healthy(Ill):
        def turned(self, b):
            return ops.swapaxes(b, 1, 2)


@variant("transpose", (2, 6, 4), (2, 6, 4))
class SideBySide:
    """Two sequences are stacked in front of the steps, and then folded into the features."""

    class Ill(layers.Layer):
        axis = 1

        def call(self, a, b):
            n, t, f = sizes(a)
            return ops.tanh(ops.reshape(ops.stack([a, b], axis=self.axis), (n, t, 2 * f)))

    class Healthy(Ill):
        axis = 2


@variant("transpose", (2, 6, 4))
class BySublayer:
    """Keras's Reshape in a Sequential, before a Dense over the steps."""

    class Ill(layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.mixing = keras.Sequential([self.turn(), layers.Dense(6)])

        def turn(self):
            return layers.Reshape((4, 6))

        def build(self, shape):
            self.mixing.build(shape)

        def call(self, x):
            return self.mixing(x)

    class Healthy(Ill):
        def turn(self):
            return layers.Permute((2, 1))


# -- the future
@variant("future", (2, 6, 4))
class CausalTurnedRound:
    class Ill(layers.Layer):
        """Causal attention; the mask is turned round."""

        def __init__(self, causal=True, **kwargs):
            super().__init__(**kwargs)
            self.causal = causal

        def visible(self, t):
            return ops.triu(ops.ones((t, t)))

        def call(self, x):
            scores = ops.matmul(x, ops.swapaxes(x, 1, 2))
            if self.causal:
                scores = scores + (1.0 - self.visible(sizes(x)[1])) * -1e9
            return ops.matmul(ops.softmax(scores, axis=-1), x)

        def get_config(self):
            return {**super().get_config(), "causal": self.causal}

    class Healthy(Ill):
        def visible(self, t):
            return ops.tril(ops.ones((t, t)))


@variant("future", (2, 6, 4))
class MaskedTooLate:
    """Later steps are taken out behind the softmax: its denominator has seen them. Nothing is called causal."""

    class Ill(layers.Layer):
        def call(self, x):
            t = sizes(x)[1]
            alpha = ops.softmax(ops.matmul(x, ops.swapaxes(x, 1, 2)), axis=-1)
            return ops.matmul(alpha * ops.tril(ops.ones((t, t))), x)

    class Healthy(layers.Layer):
        def call(self, x):
            t = sizes(x)[1]
            scores = ops.matmul(x, ops.swapaxes(x, 1, 2))
            scores = ops.where(ops.tril(ops.ones((t, t))) > 0, scores, -1e9)
            return ops.matmul(ops.softmax(scores, axis=-1), x)


@variant("future", (2, 6, 4))
class OneTooMany:
    """A band of TensorFlow's that begins one step too late."""

    class Ill(layers.Layer):
        def call(self, x):
            t = tf.shape(x)[1]
            step = tf.range(t)
            kept = step[None, :] <= step[:, None] + 1
            scores = tf.where(kept, tf.einsum("btd,bsd->bts", x, x), -1e9)
            return tf.einsum("bts,bsd->btd", tf.nn.softmax(scores), x)

    class Healthy(layers.Layer):
        def call(self, x):
            t = tf.shape(x)[1]
            step = tf.range(t)
            kept = step[None, :] <= step[:, None]
            scores = tf.where(kept, tf.einsum("btd,bsd->bts", x, x), -1e9)
            return tf.einsum("bts,bsd->btd", tf.nn.softmax(scores), x)


@variant("future", (2, 6, 4))
class WindowOffByOne:
    """A window of the last steps that begins one step too late. Nothing is called causal."""

    class Ill(layers.Layer):
        first = -1

        def call(self, x):
            step = ops.arange(sizes(x)[1])
            back = step[:, None] - step[None, :]
            kept = ops.logical_and(back >= self.first, back < 3)
            return ops.matmul(ops.cast(kept, x.dtype), x)

    class Healthy(Ill):
        first = 0


@variant("future", (2, 6, 4))
class CausalWindow:
    class Ill(layers.Layer):
        """A causal window of two steps, on both sides."""

        def __init__(self, is_causal=True, **kwargs):
            super().__init__(**kwargs)
            self.is_causal = is_causal

        def kept(self, distance):
            return ops.abs(distance) < 2

        def call(self, x):
            step = ops.arange(sizes(x)[1])
            kept = self.kept(step[:, None] - step[None, :])
            return ops.matmul(ops.cast(kept, x.dtype) / 2.0, x)

        def get_config(self):
            return {**super().get_config(), "is_causal": self.is_causal}

    class Healthy(Ill):
        def kept(self, distance):
            return ops.logical_and(distance >= 0, distance < 2)


@variant("future", (2, 6, 4))
class NormalisedOverSteps:
    """A triangle hides later steps, and a norm over all steps brings them back."""

    class Ill(layers.Layer):
        axis = 1

        def call(self, x):
            t = sizes(x)[1]
            past = ops.matmul(ops.tril(ops.ones((t, t))), x)
            mean = ops.mean(past, axis=self.axis, keepdims=True)
            return past / (1.0 + ops.abs(mean))

    class Healthy(Ill):
        axis = -1


@variant("future", (2, 6, 4))
class CausalConvolution:
    class Ill(layers.Layer):
        """A causal convolution that pads on both sides."""

        padding = "same"

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.part = layers.Conv1D(4, 3, padding=self.padding)

        def build(self, shape):
            self.part.build(shape)

        def call(self, x):
            return self.part(x)

    class Healthy(Ill):
        padding = "causal"


@variant("future", (2, 6, 4), (2, 6, 4))
class CausalOfTwo:
    """What is known of the past is added to a second input."""

    class Ill(layers.Layer):
        def __init__(self, causal=True, **kwargs):
            super().__init__(**kwargs)
            self.causal = causal

        def past(self, a):
            return ops.sum(a, axis=1, keepdims=True)

        def call(self, a, b):
            return self.past(a) + b

        def get_config(self):
            return {**super().get_config(), "causal": self.causal}

    class Healthy(Ill):
        def past(self, a):
            return ops.cumsum(a, axis=1)


@variant("future", (2, 6, 4))
class ZerosInPlaceOfMinusInfinity:
    """Scores of later steps are set to zero, which a softmax does not take for nothing."""

    class Ill(layers.Layer):
        def call(self, x):
            scores = ops.tril(ops.matmul(x, ops.swapaxes(x, 1, 2)))
            return ops.matmul(ops.softmax(scores, axis=-1), x)

    class Healthy(layers.Layer):
        def call(self, x):
            scores = ops.matmul(x, ops.swapaxes(x, 1, 2))
            return ops.matmul(ops.tril(ops.exp(scores)), x)


@variant("future", (2, 6, 4), (2, 6, 4))
class DecoderStep:
    """A decoder: it may see all of its memory, and of its own steps none that come later."""

    class Ill(layers.Layer):
        use_causal_mask = False

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.is_causal = True
            self.own = layers.MultiHeadAttention(2, 2)
            self.cross = layers.MultiHeadAttention(2, 2)

        def build(self, x_shape, memory_shape):
            self.own.build(x_shape, x_shape)
            self.cross.build(x_shape, memory_shape)

        def call(self, x, memory):
            x = x + self.own(x, x, use_causal_mask=self.use_causal_mask)
            return x + self.cross(x, memory)

    class Healthy(Ill):
        use_causal_mask = True


@variant("future", (2, 6, 4))
class NotForwarded:
    """Keras's own attention, which nobody told."""

    class Ill(layers.Layer):
        told = False

        def __init__(self, use_causal_mask=True, **kwargs):
            super().__init__(**kwargs)
            self.use_causal_mask = use_causal_mask
            self.part = layers.MultiHeadAttention(2, 2)

        def build(self, shape):
            self.part.build(shape, shape)

        def call(self, x):
            return self.part(x, x, use_causal_mask=self.use_causal_mask and self.told)

        def get_config(self):
            return {**super().get_config(), "use_causal_mask": self.use_causal_mask}

    class Healthy(Ill):
        told = True


# -- samples
@variant("batch", (4, 6, 4))
class FoldedIntoTime:
    """The batch becomes one long sequence, and is cut again after a sum over time."""

    class Ill(layers.Layer):
        def call(self, x):
            shape = sizes(x)
            return ops.reshape(ops.cumsum(ops.reshape(x, (-1, shape[2])), axis=0), shape)

    class Healthy(layers.Layer):
        def call(self, x):
            return ops.cumsum(x, axis=1)


@variant("batch", (4, 4))
class NormalisedByHand:
    """Mean and spread of the batch, at prediction too."""

    class Ill(layers.Layer):
        axis = 0

        def call(self, x):
            mean = ops.mean(x, axis=self.axis, keepdims=True)
            return (x - mean) / ops.sqrt(ops.var(x, axis=self.axis, keepdims=True) + 1e-3)

    class Healthy(Ill):
        axis = -1


@variant("batch", (4, 6, 4))
class WeighedOverSamples:
    """A softmax over the batch."""

    class Ill(layers.Layer):
        axis = 0

        def call(self, x):
            return tf.reduce_sum(tf.nn.softmax(x, axis=self.axis) * x, axis=1)

    class Healthy(Ill):
        axis = 1


@variant("batch", (4, 6), (4, 6))
class SecondBackwards:
    """Two inputs: of the second the samples, not the features, are turned round."""

    class Ill(layers.Layer):
        axis = 0

        def call(self, a, b):
            return a * ops.flip(b, axis=self.axis)

    class Healthy(Ill):
        axis = 1


@variant("batch", (4, 6, 6, 3))
class GroupsAcrossSamples:
    """A group norm of pictures whose groups begin in one sample and end in another."""

    class Ill(layers.Layer):
        def grouped(self, x):
            return ops.reshape(x, (2, -1, 3))

        def call(self, x):
            y = self.grouped(x)
            y = y - ops.mean(y, axis=1, keepdims=True)
            return ops.reshape(y, sizes(x))

    class Healthy(Ill):
        def grouped(self, x):
            return ops.reshape(x, (sizes(x)[0], -1, 3))


@variant("batch", (4, 6, 4))
class EverySampleWithEvery:
    """An equation with one letter too many."""

    class Ill(layers.Layer):
        equation = "btf,ctf->btf"

        def call(self, x):
            return ops.einsum(self.equation, x, ops.tanh(x))

    class Healthy(Ill):
        equation = "btf,btf->btf"


@variant("batch", (4, 6, 4))
class TimeTakenForBatch:
    """Difference to the step before, along the wrong axis."""

    class Ill(layers.Layer):
        def call(self, x):
            return x - tf.concat([tf.zeros_like(x[:1]), x[:-1]], axis=0)

    class Healthy(layers.Layer):
        def call(self, x):
            return x - tf.concat([tf.zeros_like(x[:, :1]), x[:, :-1]], axis=1)
