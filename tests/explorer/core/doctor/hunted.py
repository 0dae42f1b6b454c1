"""Layers that are ill on some inputs only, each with one that is not: what the hunts of the doctor must tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

register = keras.saving.register_keras_serializable("doctor_hunted")


@dataclass(frozen=True)
class Pair:
    """An ill layer and its cure.

    Attributes:
        ill, cured: what makes them.
        inputs: what both are called on.
        check: what finds it, and nothing on the other.
        mistake: as the finding names it.
        claim: of the counterexample; "" if there is none.
        line: a part of the line to blame.
    """

    ill: Any
    cured: Any
    inputs: Sequence[np.ndarray]
    check: str
    mistake: str
    claim: str = ""
    line: str = ""


PAIRS: list[Pair] = []


def pair(check: str, mistake: str, claim: str, *shapes: tuple[int, ...], line: str = "") -> Callable[[type], type]:
    """Mark a class that holds two classes, `Ill` and `Cured`, as a pair."""

    def mark(both: Any) -> Any:
        numbers = [np.random.default_rng(i) for i in range(len(shapes))]
        inputs = [one.standard_normal(shape).astype("float32") for one, shape in zip(numbers, shapes, strict=True)]
        if check == "padding_ids":
            inputs = [one.integers(0, 12, shape) for one, shape in zip(numbers, shapes, strict=True)]
        for one in (both.Ill, both.Cured):
            register(one)
        PAIRS.append(Pair(both.Ill, both.Cured, inputs, check, mistake, claim, line))
        return both

    return mark


class Masking(layers.Layer):
    """Claims masks."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True


# -- finite numbers
@pair("finite_gradients", "gradient_not_finite", "finite gradient", (2, 4), line="ops.sqrt(")
class Norm:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.sqrt(ops.sum(ops.square(x), axis=-1))

    class Cured(layers.Layer):
        def call(self, x):
            return ops.sqrt(ops.sum(ops.square(x), axis=-1) + 1e-6)


@pair("finite_gradients", "gradient_not_finite", "finite gradient", (2, 4), line="ops.where(")
class HiddenDivision:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.where(x == 0, ops.zeros_like(x), ops.log(ops.abs(x)) * x)

    class Cured(layers.Layer):
        def call(self, x):
            safe = ops.where(x == 0, ops.ones_like(x), x)
            return ops.where(x == 0, ops.zeros_like(x), ops.log(ops.abs(safe)) * x)


@pair("finite", "not_finite", "finite", (2, 4), line="y / ops.sum(")
class Share:
    class Ill(layers.Layer):
        def call(self, x):
            y = ops.abs(x)
            return y / ops.sum(y, axis=-1, keepdims=True)

    class Cured(layers.Layer):
        def call(self, x):
            y = ops.abs(x) + 1e-7
            return y / ops.sum(y, axis=-1, keepdims=True)


@pair("finite", "not_finite", "finite", (2, 4), line="ops.std(")
class Standardised:
    class Ill(layers.Layer):
        def call(self, x):
            return (x - ops.mean(x, axis=-1, keepdims=True)) / ops.std(x, axis=-1, keepdims=True)

    class Cured(layers.Layer):
        def call(self, x):
            return (x - ops.mean(x, axis=-1, keepdims=True)) / (ops.std(x, axis=-1, keepdims=True) + 1e-5)


@pair("finite", "not_finite", "finite", (2, 4), line="e / ops.sum(")
class OwnSoftmax:
    """Only numbers of a hundred overflow it."""

    class Ill(layers.Layer):
        def call(self, x):
            e = ops.exp(x)
            return e / ops.sum(e, axis=-1, keepdims=True)

    class Cured(layers.Layer):
        def call(self, x):
            e = ops.exp(x - ops.max(x, axis=-1, keepdims=True))
            return e / ops.sum(e, axis=-1, keepdims=True)


@pair("finite", "not_finite", "finite", (2, 4), line="ops.exp(x)")
class OwnSoftplus:
    """In float64 the same inputs give numbers that float32 holds, so the overflow is none of the result's."""

    class Ill(layers.Layer):
        def call(self, x):
            return ops.log(1.0 + ops.exp(x))

    class Cured(layers.Layer):
        def call(self, x):
            return ops.softplus(x)


@pair("finite", "not_finite", "finite", (2, 4), line="p * ops.log(p)")
class Entropy:
    class Ill(layers.Layer):
        def call(self, x):
            p = ops.softmax(x)
            return -ops.sum(p * ops.log(p), axis=-1)

    class Cured(layers.Layer):
        def call(self, x):
            p = ops.softmax(x)
            return -ops.sum(p * ops.log(ops.maximum(p, 1e-9)), axis=-1)


@pair("finite", "not_finite", "finite", (2, 4), line="ops.log(")
class LogOfZero:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.log(ops.abs(x))

    class Cured(layers.Layer):
        def call(self, x):
            return ops.log1p(ops.abs(x))


@pair("finite", "not_finite", "finite", (2, 4), line="ops.power(")
class RootOfNegative:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.power(x, 0.5)

    class Cured(layers.Layer):
        def call(self, x):
            return ops.power(ops.abs(x) + 1e-3, 0.5)


@pair("finite_gradients", "gradient_not_finite", "finite gradient", (2, 4), line="ops.std(")
class DeviationOfEquals:
    """The root of a variance of 0: the output is 0, and its slope has no end."""

    class Ill(layers.Layer):
        def call(self, x):
            return ops.std(x, axis=-1)

    class Cured(layers.Layer):
        def call(self, x):
            return ops.sqrt(ops.var(x, axis=-1) + 1e-6)


@pair("finite_gradients", "gradient_not_finite", "finite gradient", (2, 4), line="ops.arccos(")
class AngleAtItsEnd:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.arccos(ops.clip(x, -1.0, 1.0))

    class Cured(layers.Layer):
        def call(self, x):
            return ops.arccos(0.999 * ops.tanh(x))


# -- masks
@pair("all_masked", "all_masked", "finite", (2, 3, 4), line="ops.softmax(")
class MaskedSoftmax:
    class Ill(Masking):
        def call(self, x, mask=None):
            scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
            if mask is not None:
                scores = ops.where(mask[:, None, :], scores, -float("inf"))
            return ops.matmul(ops.softmax(scores, axis=-1), x)

    class Cured(Masking):
        def call(self, x, mask=None):
            scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
            if mask is not None:
                scores = ops.where(mask[:, None, :], scores, -1e9)
            return ops.matmul(ops.softmax(scores, axis=-1), x)


class Pooling(Masking):
    """Takes the steps away, and their mask."""

    def compute_mask(self, x, mask=None):
        return None


@pair("all_masked", "all_masked", "finite", (2, 3, 4), line="/ ops.sum(")
class MaskedMean:
    class Ill(Pooling):
        def call(self, x, mask=None):
            if mask is None:
                return ops.mean(x, axis=1)
            kept = ops.cast(mask, x.dtype)[..., None]
            return ops.sum(x * kept, axis=1) / ops.sum(kept, axis=1)

    class Cured(Pooling):
        def call(self, x, mask=None):
            if mask is None:
                return ops.mean(x, axis=1)
            kept = ops.cast(mask, x.dtype)[..., None]
            return ops.sum(x * kept, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1.0)


@pair("padding_added", "padding_counts", "equal", (2, 4, 3), line="def call(")
class MeanOverPadding:
    """What the padding holds does not count, how long it is does."""

    class Ill(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            return ops.mean(x, axis=1)

    class Cured(Pooling):
        def call(self, x, mask=None):
            if mask is None:
                return ops.mean(x, axis=1)
            kept = ops.cast(mask, x.dtype)[..., None]
            return ops.sum(x * kept, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1.0)


@pair("padding_added", "padding_counts", "equal", (2, 4, 3), line="def call(")
class MaxOverPadding:
    """Zeros of the padding are larger than negative numbers."""

    class Ill(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            return ops.max(x, axis=1)

    class Cured(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = ops.where(mask[..., None], x, -1e9)
            return ops.max(x, axis=1)


@pair("padding_added", "padding_counts", "equal", (2, 4, 3), line="def call(")
class LastStep:
    """The last step of the batch, not of the sequence."""

    class Ill(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            return ops.cumsum(x, axis=1)[:, -1] / ops.cast(ops.shape(x)[1], x.dtype)

    class Cured(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            return ops.cumsum(x, axis=1)[:, -1]


@pair("mask_fits", "mask_of_another_shape", "mask fits", (2, 6, 4), line="def call(")
class Strided:
    class Ill(Masking):
        def call(self, x):
            return x[:, ::2]

    class Cured(Masking):
        def call(self, x):
            return x[:, ::2]

        def compute_mask(self, x, mask=None):
            return None if mask is None else mask[:, ::2]


@pair("mask_fits", "mask_of_another_shape", "mask fits", (2, 4, 4), line="def call(")
class PooledWithMask:
    """As many features as steps: only a longer sequence shows it."""

    class Ill(Masking):
        def call(self, x):
            return ops.sum(x, axis=1)

    class Cured(Pooling):
        def call(self, x):
            return ops.sum(x, axis=1)


@pair("masks_arrive", "mask_never_arrives", "", (2, 3, 4), (2, 3, 4), line="def call(")
class TwoInputs:
    class Ill(Masking):
        def call(self, a, b, mask=None):
            y = a + b
            return y if mask is None else y * ops.cast(mask[..., None], y.dtype)

    class Cured(Masking):
        def call(self, a, b, a_mask=None, b_mask=None):
            for mask in (a_mask, b_mask):
                if mask is not None:
                    a, b = a * ops.cast(mask[..., None], a.dtype), b * ops.cast(mask[..., None], b.dtype)
            return a + b


@pair("every_mask", "mask_leak", "equal", (2, 3, 4), (2, 3, 4), line="def call(")
class SecondMask:
    """Attention that hears the mask of its queries only."""

    class Ill(Masking):
        def call(self, q, v, q_mask=None, v_mask=None):
            y = ops.matmul(ops.softmax(ops.matmul(q, ops.transpose(v, (0, 2, 1))), axis=-1), v)
            return y if q_mask is None else y * ops.cast(q_mask, y.dtype)[..., None]

        def compute_mask(self, q, v, previous_mask=None):
            return None

    class Cured(Ill):
        def call(self, q, v, q_mask=None, v_mask=None):
            scores = ops.matmul(q, ops.transpose(v, (0, 2, 1)))
            if v_mask is not None:
                scores = ops.where(v_mask[:, None, :], scores, -1e9)
            y = ops.matmul(ops.softmax(scores, axis=-1), v)
            return y if q_mask is None else y * ops.cast(q_mask, y.dtype)[..., None]


@pair("masked_steps", "mask_leak", "equal", (2, 4, 3), line="def call(")
class DroppedMask:
    """The recurrent part would hear a mask that the product does not hand on."""

    class Ill(Pooling):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.part = layers.SimpleRNN(2)

        def build(self, shape):
            self.part.build(shape)

        def call(self, x):
            return self.part(x * 2.0)

    class Cured(Ill):
        def call(self, x, mask=None):
            return self.part(x * 2.0, mask=mask)


class Words(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.embedding = layers.Embedding(12, 3, mask_zero=True)

    def build(self, shape):
        self.embedding.build(shape)


@pair("padding_ids", "padding_counts", "equal", (2, 4), line="def call(")
class MeanOfWords:
    class Ill(Words):
        def call(self, ids):
            return ops.mean(self.embedding(ids), axis=1)

    class Cured(Words):
        def call(self, ids):
            kept = ops.cast(ops.not_equal(ids, 0), "float32")[..., None]
            return ops.sum(self.embedding(ids) * kept, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1.0)


@pair("padding_ids", "padding_counts", "equal", (2, 4), line="def call(")
class LostMask:
    """The product has no mask, so the recurrent layer counts padding."""

    class Ill(Words):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.part = layers.SimpleRNN(2)

        def build(self, shape):
            super().build(shape)
            self.part.build((*shape, 3))

        def call(self, ids):
            return self.part(self.embedding(ids) * 2.0)

    class Cured(Ill):
        def call(self, ids):
            return self.part(self.embedding(ids) * 2.0, mask=self.embedding.compute_mask(ids))


@pair("padding_added", "padding_counts", "equal", (2, 4, 3), line="def call(")
class Reversed:
    """Turned round, a sequence begins with its padding."""

    class Ill(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            weights = ops.cast(ops.arange(1, ops.shape(x)[1] + 1), x.dtype)[None, :, None]
            return ops.sum(ops.flip(x, axis=1) / weights, axis=1)

    class Cured(Pooling):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            weights = ops.cast(ops.arange(1, ops.shape(x)[1] + 1), x.dtype)[None, :, None]
            return ops.sum(x / weights, axis=1)


@pair("mask_fits", "mask_of_another_shape", "mask fits", (2, 3, 4), line="def call(")
class TokenInFront:
    """A step more than the mask has."""

    class Ill(Masking):
        def call(self, x):
            return ops.concatenate([ops.ones_like(x[:, :1]), x], axis=1)

    class Cured(Ill):
        def compute_mask(self, x, mask=None):
            return None if mask is None else ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)


@pair("masked_steps", "mask_leak", "equal", (2, 6, 3), line="def call(")
class NeighboursOfPadding:
    """A window reaches over the end of a sequence."""

    class Ill(Masking):
        def call(self, x):
            return x + ops.concatenate([x[:, 1:], x[:, :1]], axis=1)

    class Cured(Masking):
        def call(self, x, mask=None):
            if mask is not None:
                x = x * ops.cast(mask, x.dtype)[..., None]
            return x + ops.concatenate([x[:, 1:], x[:, :1]], axis=1)


@pair("batch_axis", "broadcast_shapes", "runs", (4, 4), line="x - ops.mean(")
class RowsAndColumns:
    """Right only where there are as many samples as features."""

    class Ill(layers.Layer):
        def call(self, x):
            return x - ops.mean(x, axis=-1)

        def compute_output_shape(self, shape):
            return shape

    class Cured(Ill):
        def call(self, x):
            return x - ops.mean(x, axis=-1, keepdims=True)


@pair("batch_independence", "", "equal", (3, 4), line="ops.roll(")
class Neighbours:
    class Ill(layers.Layer):
        def call(self, x):
            return x + ops.roll(x, 1, axis=0)

    class Cured(layers.Layer):
        def call(self, x):
            return x + ops.roll(x, 1, axis=1)


@pair("batch_independence", "batch_statistics", "equal", (3, 4), line="ops.mean(")
class StatisticsOfTheBatch:
    class Ill(layers.Layer):
        def call(self, x):
            return x - ops.mean(x, axis=0, keepdims=True)

    class Cured(layers.Layer):
        def call(self, x):
            return x - ops.mean(x, axis=-1, keepdims=True)


# -- wiring
@pair("base_arguments", "keywords_not_handed_on", "", (2, 4), line="super().__init__()")
class SwallowedName:
    class Ill(layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__()
            self.units = units

        def call(self, x):
            return x * self.units

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Cured(layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def call(self, x):
            return x * self.units

        def get_config(self):
            return {**super().get_config(), "units": self.units}


@pair("base_arguments", "base_argument_lost", "", (2, 4), line="def get_config(")
class ConfigOfItsOwn:
    class Ill(layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def call(self, x):
            return x * self.units

        def get_config(self):
            return {"units": self.units}

    class Cured(layers.Layer):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def call(self, x):
            return x * self.units

        def get_config(self):
            return {**super().get_config(), "units": self.units}


@pair("parts_called", "part_never_called", "", (2, 4), line="self.parts =")
class Skipped:
    class Ill(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.parts = [layers.Dense(4) for _ in range(3)]

        def call(self, x):
            for part in self.parts[1:]:
                x = part(x)
            return x

    class Cured(Ill):
        def call(self, x):
            for part in self.parts:
                x = part(x)
            return x


@pair("parts_called", "part_never_called", "", (2, 4), line="self.drop =")
class ForgottenDropout:
    class Ill(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(4)
            self.drop = layers.Dropout(0.5)

        def call(self, x, training=None):
            return self.dense(x)

    class Cured(Ill):
        def call(self, x, training=None):
            return self.drop(self.dense(x), training=training)


class Inner(layers.Layer):
    def call(self, x, context=None):
        return x * 2.0


class Adding(layers.Layer):
    def call(self, x, context=None):
        return x * 2.0 if context is None else x * 2.0 + context


@pair("inputs_count", "input_ignored", "", (2, 4), (2, 4), line="def call(")
class NotForwarded:
    """It hands its second input on, to a layer that does not read it."""

    class Ill(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Inner()

        def call(self, x, context):
            return self.inner(x, context=context)

    class Cured(Ill):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Adding()


class TwoStates(layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.state_size = [units, units]
        self.output_size = units
        self.dense = layers.Dense(units)

    def build(self, shape):
        self.dense.build(shape)


class Forgetful(TwoStates):
    def call(self, x, states):
        h = ops.tanh(self.dense(x) + states[0])
        return h, [h, h * 2.0]


class Remembering(TwoStates):
    def call(self, x, states):
        h = ops.tanh(self.dense(x) + states[0])
        return h, [h, h + states[1]]


@pair("inputs_count", "state_ignored", "", (2, 4, 3), line="def call(")
class IgnoredState:
    class Ill(layers.RNN):
        def __init__(self, **kwargs):
            super().__init__(Forgetful(), **kwargs)

    class Cured(layers.RNN):
        def __init__(self, **kwargs):
            super().__init__(Remembering(), **kwargs)


@pair("loss_scale", "loss_grows_with_batch", "equal loss", (2, 4), line="self.add_loss(")
class SummedLoss:
    class Ill(layers.Layer):
        def call(self, x):
            self.add_loss(0.01 * ops.sum(ops.square(x)))
            return x

    class Cured(layers.Layer):
        def call(self, x):
            self.add_loss(0.01 * ops.mean(ops.sum(ops.square(x), axis=-1)))
            return x


@pair("other_lengths", "fixed_length", "runs", (2, 3, 4), line="self.table =")
class FirstLength:
    class Ill(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(shape[1], shape[2]))

        def call(self, x):
            return x + self.table

    class Cured(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(32, shape[2]))

        def call(self, x):
            return x + self.table[: ops.shape(x)[1]]


@pair("other_lengths", "equal_lengths", "runs", (2, 4, 4), line="ops.matmul(x, x)")
class NotTransposed:
    """Right shapes, only because there are as many steps as features."""

    class Ill(layers.Layer):
        def call(self, x):
            return ops.matmul(ops.softmax(ops.matmul(x, x), axis=-1), x)

    class Cured(layers.Layer):
        def call(self, x):
            return ops.matmul(ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=-1), x)


@pair("other_lengths", "fixed_length", "runs", (2, 3, 4), line="self.visible =")
class FirstTriangle:
    class Ill(layers.Layer):
        def build(self, shape):
            self.visible = np.tril(np.ones((shape[1], shape[1]), "float32"))

        def call(self, x):
            return ops.matmul(ops.convert_to_tensor(self.visible), x)

    class Cured(layers.Layer):
        def call(self, x):
            steps = ops.shape(x)[1]
            return ops.matmul(ops.tril(ops.ones((steps, steps))), x)


@pair("gradients", "dead_weight", "", (2, 4), line="self.gate =")
class DeadWeight:
    """The cure's product is zero when it is new only: other weights let a gradient through."""

    class Ill(layers.Layer):
        def build(self, shape):
            self.gate = self.add_weight(name="gate", shape=(3,))
            self.scale = self.add_weight(name="scale", shape=(), initializer="zeros")

        def call(self, x):
            return x * self.scale + 0.0 * ops.sum(self.gate)

    class Cured(Ill):
        def call(self, x):
            return x * (1.0 + self.scale * ops.sum(self.gate))


@pair("gradients", "unused_weight", "", (2, 4), line="self.spare =")
class UnreadWeight:
    class Ill(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(shape[-1],))
            self.spare = self.add_weight(name="spare", shape=(shape[-1],))

        def call(self, x):
            return x * self.scale

    class Cured(Ill):
        def call(self, x):
            return x * self.scale + self.spare


@pair("arguments_matter", "argument_changes_nothing", "", (2, 4), line="def __init__(")
class RateOfNothing:
    """The rate is read: by a part that the call does not reach in training."""

    class Ill(layers.Layer):
        def __init__(self, rate=0.5, **kwargs):
            super().__init__(**kwargs)
            self.rate = rate
            self.drop = layers.Dropout(rate)

        def call(self, x):
            return self.drop(x, training=False)

        def get_config(self):
            return {**super().get_config(), "rate": self.rate}

    class Cured(Ill):
        def call(self, x, training=None):
            return self.drop(x, training=training)


@pair("state_used", "state_never_used", "", (2, 4), line="self.count =")
class UnreadState:
    class Ill(layers.Layer):
        def build(self, shape):
            self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)

        def call(self, x):
            return x * 2.0

    class Cured(Ill):
        def call(self, x, training=None):
            if training:
                self.count.assign(self.count + 1.0)
            return x * 2.0


@pair("state_used", "state_never_written", "", (2, 4), line="self.mean =")
class MeanThatStays:
    class Ill(layers.Layer):
        def build(self, shape):
            self.mean = self.add_weight(name="mean", shape=(shape[-1],), initializer="zeros", trainable=False)

        def call(self, x, training=None):
            return x - (ops.mean(x, axis=-1, keepdims=True) if training else self.mean)

    class Cured(Ill):
        def call(self, x, training=None):
            if training:
                self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
            return super().call(x, training)


@pair("defaults_stay", "shared_default", "", (2, 4), line="def __init__(")
class SharedDefault:
    class Ill(layers.Layer):
        def __init__(self, units=[4], **kwargs):  # noqa: B006 - it is what is wrong
            super().__init__(**kwargs)
            self.parts = [layers.Dense(n) for n in units]
            units.append(4)

        def call(self, x):
            return self.parts[0](x)

    class Cured(layers.Layer):
        def __init__(self, units=(4,), scales=None, more=[1.0], **kwargs):  # noqa: B006 - nobody changes it
            super().__init__(**kwargs)
            self.parts = [layers.Dense(n) for n in units]
            self.scales = list(scales or more)

        def call(self, x):
            return self.parts[0](x) * self.scales[0]


# -- the source
@pair("arguments_used", "argument_never_used", "", (2, 4), line="self.rate = rate")
class KeptRate:
    class Ill(layers.Layer):
        def __init__(self, rate=0.5, **kwargs):
            super().__init__(**kwargs)
            self.rate = rate

        def call(self, x):
            return x * 2.0

        def get_config(self):
            return {**super().get_config(), "rate": self.rate}

    class Cured(layers.Layer):
        def __init__(self, slope=0.5, **kwargs):
            super().__init__(**kwargs)
            self.slope = slope

        def call(self, x):
            return x * self.slope

        def get_config(self):
            return {**super().get_config(), "slope": self.slope}


@pair("arguments_used", "argument_never_read", "", (2, 4), line="scale=")
class UnreadArgument:
    class Ill(layers.Layer):
        def call(self, x, scale=1.0):
            return x * 2.0

    class Cured(layers.Layer):
        def call(self, x, scale=1.0):
            return x * scale


@pair("values_used", "value_never_used", "", (2, 3, 4), line="scores =")
class UnusedScores:
    class Ill(layers.Layer):
        def call(self, x):
            weights = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
            scores = weights / 2.0  # noqa: F841 - it is what is wrong
            return ops.matmul(ops.softmax(weights, axis=-1), x)

    class Cured(layers.Layer):
        def call(self, x):
            weights = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
            scores = weights / 2.0
            return ops.matmul(ops.softmax(scores, axis=-1), x)


@pair("own_names", "reserved_name", "", (2, 4), line="self._layers =")
class OwnLayers:
    class Ill(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self._layers = [layers.Dense(4)]

        def call(self, x):
            return self._layers[0](x)

    class Cured(layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self._dense = [layers.Dense(4)]

        def call(self, x):
            return self._dense[0](x)


@pair("own_names", "method_hidden", "", (2, 4), line="self.quantize =")
class HiddenMethod:
    class Ill(layers.Layer):
        def __init__(self, quantize=True, **kwargs):
            super().__init__(**kwargs)
            self.quantize = quantize

        def call(self, x):
            return ops.round(x) if self.quantize else x

        def get_config(self):
            return {**super().get_config(), "quantize": self.quantize}

    class Cured(layers.Layer):
        def __init__(self, quantize=True, **kwargs):
            super().__init__(**kwargs)
            self.quantized = quantize

        def call(self, x):
            return ops.round(x) if self.quantized else x

        def get_config(self):
            return {**super().get_config(), "quantize": self.quantized}


@pair("backends", "tensorflow_only", "", (2, 4), line="tf.nn.relu(")
class TensorFlowOnly:
    class Ill(layers.Layer):
        def call(self, x):
            return tf.nn.relu(x)

    class Cured(layers.Layer):
        def call(self, x):
            return ops.relu(x)


@pair("backends", "tensorflow_only", "", (2, 4), line="tf.reduce_sum(")
class TensorFlowSum:
    class Ill(layers.Layer):
        def call(self, x):
            return self.added(x)

        def added(self, x):
            return x / (1.0 + tf.reduce_sum(x * x, axis=-1, keepdims=True))

    class Cured(layers.Layer):
        """What keras.ops has not, it may call."""

        def call(self, x):
            return tf.debugging.check_numerics(x, "x")


# -- meaning
@pair("reshape_order", "reshape_scrambles", "", (2, 3, 4), line="ops.reshape(")
class Transposed:
    class Ill(layers.Layer):
        def call(self, x):
            shape = ops.shape(x)
            return ops.reshape(x, (shape[0], shape[2], shape[1]))

    class Cured(layers.Layer):
        def call(self, x):
            return ops.transpose(x, (0, 2, 1))


@pair("reshape_order", "reshape_scrambles", "", (2, 4, 4), line="ops.reshape(x, (b, 2, t, 2))")
class Heads:
    """As many features as steps: only another length shows it."""

    class Ill(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            return ops.softmax(ops.reshape(x, (b, 2, t, 2)), axis=-1)

    class Cured(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            return ops.softmax(ops.transpose(ops.reshape(x, (b, t, 2, 2)), (0, 2, 1, 3)), axis=-1)


@pair("reshape_order", "reshape_scrambles", "", (2, 3, 4), line="ops.reshape(y, (b, t, 4))")
class MergedHeads:
    class Ill(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            y = ops.transpose(ops.reshape(x, (b, t, 2, 2)), (0, 2, 1, 3))
            return ops.reshape(y, (b, t, 4))

    class Cured(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            y = ops.transpose(ops.reshape(x, (b, t, 2, 2)), (0, 2, 1, 3))
            return ops.reshape(ops.transpose(y, (0, 2, 1, 3)), (b, t, 4))


@pair("softmax_axis", "softmax_axis", "", (2, 3, 4), line="ops.softmax(")
class OverQueries:
    class Ill(layers.Layer):
        def call(self, x):
            alpha = ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=1)
            return ops.matmul(alpha, x)

    class Cured(layers.Layer):
        def call(self, x):
            alpha = ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=-1)
            return ops.matmul(alpha, x)


@pair("softmax_axis", "softmax_axis", "", (2, 3, 4), line="ops.softmax(")
class OverOneCell:
    class Ill(layers.Layer):
        def call(self, x):
            alpha = ops.softmax(ops.sum(x, axis=-1, keepdims=True), axis=-1)
            return ops.sum(alpha * x, axis=1)

    class Cured(layers.Layer):
        def call(self, x):
            alpha = ops.softmax(ops.sum(x, axis=-1, keepdims=True), axis=1)
            return ops.sum(alpha * x, axis=1)


@pair("softmax_axis", "softmax_axis", "", (2, 3, 4), line="ops.softmax(")
class OverFeatures:
    class Ill(layers.Layer):
        def call(self, x):
            return ops.sum(ops.softmax(x, axis=-1) * x, axis=1)

    class Cured(layers.Layer):
        def call(self, x):
            return ops.sum(ops.softmax(x, axis=1) * x, axis=1)


@pair("attention_steps", "attention_within_steps", "", (2, 3, 4), line="ops.softmax(")
class WithinSteps:
    class Ill(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            y = ops.reshape(x, (b, t, 2, 2))
            alpha = ops.softmax(ops.matmul(y, ops.swapaxes(y, -1, -2)), axis=-1)
            return ops.reshape(ops.matmul(alpha, y), (b, t, 4))

    class Cured(layers.Layer):
        def call(self, x):
            b, t = ops.shape(x)[0], ops.shape(x)[1]
            y = ops.swapaxes(ops.reshape(x, (b, t, 2, 2)), 1, 2)
            alpha = ops.softmax(ops.matmul(y, ops.swapaxes(y, -1, -2)), axis=-1)
            return ops.reshape(ops.swapaxes(ops.matmul(alpha, y), 1, 2), (b, t, 4))


@pair("future_unseen", "future_seen", "equal", (2, 4, 3), line="def call(")
class TurnedRound:
    class Ill(layers.Layer):
        def __init__(self, causal=True, **kwargs):
            super().__init__(**kwargs)
            self.causal = causal

        def call(self, x):
            steps = ops.shape(x)[1]
            kept = ops.triu(ops.ones((steps, steps))) if self.causal else ops.ones((steps, steps))
            return ops.matmul(kept, x)

        def get_config(self):
            return {**super().get_config(), "causal": self.causal}

    class Cured(Ill):
        def call(self, x):
            steps = ops.shape(x)[1]
            kept = ops.tril(ops.ones((steps, steps))) if self.causal else ops.ones((steps, steps))
            return ops.matmul(kept, x)


@pair("future_unseen", "future_seen", "", (2, 4, 3), line="def call(")
class OffByOne:
    class Ill(layers.Layer):
        def call(self, x):
            steps = ops.shape(x)[1]
            return ops.matmul(ops.tril(ops.ones((steps, steps)), k=1), x)

    class Cured(layers.Layer):
        def call(self, x):
            steps = ops.shape(x)[1]
            return ops.matmul(ops.tril(ops.ones((steps, steps))), x)
