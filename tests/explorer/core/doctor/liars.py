"""Layers that lie, each about one thing, and layers that only look as if they did."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

register = keras.saving.register_keras_serializable("doctor_tests")
HISTORY: list[Any] = []


class WithUnits(keras.layers.Layer):
    """A correct layer to start from."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@register
class Honest(WithUnits):
    pass


@register
class WrongShape(WithUnits):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units + 1)


@register
class HalvedBatch(WithUnits):
    """The source document's formula: right by accident for no batch at all."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (4, self.units)


@register
class WrongDtype(keras.layers.Layer):
    """compute_output_shape says nothing of the dtype, so Keras takes that of the layer."""

    def call(self, x: Any) -> Any:
        return ops.argmax(x, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[:-1]


@register
class LostArgument(keras.layers.Layer):
    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._times = factor

    def call(self, x: Any) -> Any:
        return x * self._times

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype_policy.name}


@register
class StuckArgument(keras.layers.Layer):
    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return x * self.factor

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": 1.0}


@register
class BatchLeak(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        centred = x - ops.mean(x, axis=0, keepdims=True)
        return ops.relu(centred)


@register
class UntrackedState(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.hidden = {"scale": [tf.Variable(tf.ones(input_shape[-1:]))]}

    def call(self, x: Any) -> Any:
        return x * self.hidden["scale"][0]


OUTSIDE = tf.Variable([2.0])


@register
class GlobalState(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * OUTSIDE


@register
class RandomArray(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.table = np.random.normal(size=(input_shape[-1], 2)).astype("float32")

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.table)


@register
class MaskLeak(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return x - ops.mean(x, axis=1, keepdims=True)


@register
class Masked(MaskLeak):
    """The same, done right."""

    def call(self, x: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(x)
        valid = ops.cast(mask, x.dtype)[..., None]
        return x - ops.sum(x * valid, axis=1, keepdims=True) / ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1.0)


@register
class HardFloat32(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.cast(x, tf.float32) * tf.constant(2.0)


@register
class NumpyNoise(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        noise = np.random.normal()
        return x + noise


@register
class TrackedNoise(keras.layers.Layer):
    """Random by nature, also at inference."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, x: Any) -> Any:
        return x + ops.cast(keras.random.normal(ops.shape(x), seed=self.seeds), x.dtype)


@register
class PythonMode(keras.layers.Layer):
    """What Python decides while a graph is made holds for ever."""

    def call(self, x: Any) -> Any:
        return x * (2.0 if tf.executing_eagerly() else 3.0)


@register
class GrowingList(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        HISTORY.append(len(HISTORY))
        return x * 2.0


@register
class GrowingTime(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state = _Counter()

    def call(self, x: Any) -> Any:
        self.state.count += 1
        end = time.thread_time() + 0.0004 * self.state.count
        while time.thread_time() < end:
            pass
        return x * 2.0


class _Counter:
    count = 0


@register
class UnusedWeight(WithUnits):
    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.spare = self.add_weight(name="spare", shape=(2,))


@register
class Overwritten(WithUnits):
    """Puts its weight back in every call, so that no step of the optimizer lasts beyond it."""

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel)

    @property
    def trainable_variables(self) -> list[Any]:
        return [keras.Variable(v.value) for v in super().trainable_variables]


@register
class VectorLoss(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        self.add_loss(ops.sum(x, axis=-1))
        return x * 1.0


@register
class IgnoresTraining(keras.layers.Layer):
    def call(self, x: Any, training: bool = False) -> Any:
        return x * 2.0


@register
class Logarithm(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return ops.log(x - x)


@register
class Raises(WithUnits):
    """A method that only one check calls fails: the layer's fault, and not the check's."""

    def get_build_config(self) -> Any:
        raise OSError("not here")


class Forgetful(keras.layers.Layer):
    """Its config holds nothing of its own: a parent of layers that forget one argument each."""

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype_policy.name}


@register
class ForgetsRate(Forgetful):
    """Acts in training only."""

    def __init__(self, rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rate, self.seeds = rate, keras.random.SeedGenerator(1)

    def call(self, x: Any, training: bool = False) -> Any:
        return keras.random.dropout(x, self._rate, seed=self.seeds) if training else x


@register
class ForgetsMomentum(Forgetful):
    """Acts on the weights that a training call leaves behind."""

    def __init__(self, momentum: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape: Any) -> None:
        self.mean = self.add_weight(shape=input_shape[-1:], initializer="zeros", trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * ops.mean(x, axis=0))
        return x - self.mean


@register
class ForgetsInitializer(Forgetful):
    """Acts at birth."""

    def __init__(self, stddev: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev = stddev

    def build(self, input_shape: Any) -> None:
        normal = keras.initializers.RandomNormal(stddev=self.stddev)
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), initializer=normal)

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel)


@register
class ForgetsRegularizer(Forgetful):
    """Acts on the loss."""

    def __init__(self, strength: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strength = strength

    def build(self, input_shape: Any) -> None:
        l2 = keras.regularizers.L2(self.strength)
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), regularizer=l2)

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel)


@register
class ForgetsLossWeight(Forgetful):
    def __init__(self, loss_weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loss_weight = loss_weight

    def call(self, x: Any) -> Any:
        self.add_loss(self.loss_weight * ops.mean(ops.square(x)))
        return x


@register
class ForgetsConstraint(Forgetful):
    """Acts after a step of the optimizer."""

    def __init__(self, limit: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def build(self, input_shape: Any) -> None:
        norm = keras.constraints.MaxNorm(self.limit)
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), constraint=norm)

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.kernel)


@register
class ForgetsGradientScale(Forgetful):
    """Acts on the way back."""

    def __init__(self, strength: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strength = strength

    def call(self, x: Any) -> Any:
        return ops.stop_gradient(x * (1 + self.strength)) - x * self.strength


@register
class ForgetsMode(Forgetful):
    """A text, of which the source names the others."""

    def __init__(self, mode: str = "sum", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = mode

    def call(self, x: Any) -> Any:
        return ops.sum(x, axis=-1) if self.mode == "sum" else ops.max(x, axis=-1)


@register
class ForgetsChoice(Forgetful):
    """A text, of which only a refusal names the others."""

    def __init__(self, merge: str = "plus", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        ways = {"plus": ops.add, "times": ops.multiply}
        if merge not in ways:
            raise ValueError(f"Expected one of {sorted(ways)}. Received: {merge!r}")
        self.way = ways[merge]

    def call(self, x: Any) -> Any:
        return self.way(x, x)


@register
class ForgetsActivation(Forgetful):
    """None, unless a function is given."""

    def __init__(self, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function = keras.activations.get(activation)

    def call(self, x: Any) -> Any:
        return self.function(x)


@register
class ForgetsFunction(Forgetful):
    """A function by default."""

    def __init__(self, act: Any = ops.relu, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.act = act

    def call(self, x: Any) -> Any:
        return self.act(x)


@register
class ForgetsTuple(Forgetful):
    def __init__(self, scales: tuple[float, float] = (1.0, 0.5), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scales = tuple(scales)

    def call(self, x: Any) -> Any:
        return x * self.scales[0] + self.scales[1]


@register
class ForgetsLimit(Forgetful):
    """None, or a number."""

    def __init__(self, limit: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def call(self, x: Any) -> Any:
        return x if self.limit is None else ops.minimum(x, self.limit)


@register
class StuckRate(ForgetsRate):
    """Its config says the same for any rate."""

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": 0.5}


@register
class ForgetsLayer(Forgetful):
    """Nobody knows another value for it, but what it was made with is not the default."""

    def __init__(self, inner: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x: Any) -> Any:
        return x if self.inner is None else self.inner(x)


@register
class Unguessable(Forgetful):
    """Takes only what it knows, and tells nobody."""

    def __init__(self, key: str = "k7", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if hash_of(key) != 162:
            raise ValueError("No.")

    def call(self, x: Any) -> Any:
        return x * 2.0


def hash_of(text: str) -> int:
    return sum(map(ord, text))


@register
class Mixed(keras.layers.Layer):
    """Every sample gets the one before it in the batch."""

    def call(self, x: Any) -> Any:
        return x + ops.roll(x, 1, axis=0)


@register
class PooledBatch(keras.layers.Layer):
    """The mean over the wrong axis."""

    def call(self, x: Any) -> Any:
        return ops.mean(x, axis=0)


@register
class MeetsFloat32(keras.layers.Layer):
    """A constant of float32 meets what the policy made of the input."""

    def call(self, x: Any) -> Any:
        return x * tf.constant(2.0)


@register
class NotFiniteLoss(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        self.add_loss(ops.mean(ops.log(x - x - 1.0)))
        return x * 1.0
