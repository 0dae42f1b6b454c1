"""Ill layers as texts: of each kind of fault that a change of the source can cure, one or more."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.core.doctor.curing.proving import Bench
from tests.explorer.core.doctor import liars
from tests.explorer.core.doctor.hunted import PAIRS
from tests.explorer.core.doctor.texts import DECORATOR, HEADER, bench, bench_of, name_of, text_of


@dataclass(frozen=True)
class Curable:
    """An ill layer.

    Attributes:
        name: of its class.
        check: that finds what is to be cured.
        bench: what changes of it are tried on.
        change: a part of the text that the cure puts in.
    """

    name: str
    check: str
    bench: Callable[[], Bench]
    change: str


CURABLE: list[Curable] = []


def _typed(check: str, change: str, shape: tuple[int, ...], body: str, registered: bool = True) -> None:
    """Add a layer that is written here, a class of Keras's Layer with this body."""
    name = "".join(part.title() for part in check.split("_"))
    name += "" if all(one.name != name for one in CURABLE) else "Again"
    head = f"{DECORATOR if registered else ''}class {name}(layers.Layer):\n"
    code = f"{HEADER}\n{head}{body.strip(chr(10))}\n"
    inputs = [np.random.default_rng(0).standard_normal(shape).astype("float32")]
    CURABLE.append(Curable(name, check, functools.partial(bench, code, name, inputs), change))


for _pair, _change in (
    ("Norm", "ops.maximum(ops.sum(ops.square(x), axis=-1), 1e-7)"),
    ("Share", "ops.maximum(ops.sum(y, axis=-1, keepdims=True), 1e-7)"),
    ("MaskedSoftmax", "scores, -1e9)"),
    ("MaskedMean", "ops.maximum(ops.sum(kept, axis=1), 1e-7)"),
    ("MeanOverPadding", "return ops.sum(x * kept, axis=1) / ops.maximum(ops.sum(kept, axis=1), 1.0)"),
    ("Strided", "None if mask is None else mask[:, ::2]"),
    ("TwoInputs", "ops.logical_and(a_mask, b_mask)"),
    ("SecondMask", "ops.where(v_mask[:, None, :], "),
    ("MeanOfWords", "mask = self.embedding.compute_mask(ids)"),
    ("RowsAndColumns", "keepdims=True"),
    ("Neighbours", "axis=1"),
    ("SummedLoss", "/ ops.cast(ops.shape(x)[0], x.dtype)"),
    ("SharedDefault", "units = [4] if units is None else list(units)"),
    ("OwnLayers", "self.own_layers = [layers.Dense(4)]"),
    ("TensorFlowSum", "ops.sum(x * x, axis=-1, keepdims=True)"),
    ("Transposed", "ops.transpose(x, (0, 2, 1))"),
    ("Heads", "ops.transpose(ops.reshape(x, (b, t, 2, 2)), (0, 2, 1, 3))"),
    ("OverQueries", "axis=-1)"),
    ("TurnedRound", "ops.tril("),
):
    _found = next(one for one in PAIRS if name_of(one.ill) == _pair)
    CURABLE.append(Curable(_pair, _found.check, functools.partial(bench_of, _found), _change))

STEPS = np.random.default_rng(1).standard_normal((2, 6, 3)).astype("float32")
X = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
for _liar, _check, _change in (
    (liars.WrongShape, "declared_shape", "pass"),
    (liars.WrongDtype, "declared_dtype", ""),
    (liars.LostArgument, "config_complete", '"factor": self._times'),
    (liars.ForgetsChoice, "config_complete", "self.merge = merge"),
    (liars.MaskLeak, "masked_steps", "kept = ops.cast(mask[..., None], self.compute_dtype)"),
    (liars.UntrackedState, "tracked_state", "keras.Variable("),
    (liars.RandomArray, "plain_arrays", 'keras.Variable(np.random.normal(size=(input_shape[-1], 2)).astype("float32")'),
    (liars.HardFloat32, "dtype_policy", "tf.cast(x, self.compute_dtype) * 2.0"),
    (liars.NumpyNoise, "repeatable", "keras.random.normal((), seed=self.seed_generator)"),
    (liars.VectorLoss, "losses", "ops.mean(ops.sum(x, axis=-1))"),
):
    _given = STEPS if _liar is liars.MaskLeak else X
    _made = functools.partial(bench, text_of(_liar), _liar.__name__, [_given])
    CURABLE.append(Curable(_liar.__name__, _check, _made, _change))

_typed(
    "call",
    "super().__init__(**kwargs)",
    (2, 4),
    """
    def __init__(self, units=3, **kwargs):
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
""",
)
_typed(
    "defaults_stay",
    "units = [3] if units is None else list(units)",
    (2, 4),
    """
    def __init__(self, *, units=[3], **kwargs):
        super().__init__(**kwargs)
        units += [1]
        self.units = units

    def call(self, x):
        return x * 2.0

    def get_config(self):
        return {**super().get_config(), "units": self.units}
""",
)
_typed(
    "returns_tensors",
    "return ops.relu(x)",
    (2, 4),
    """
    def call(self, x):
        ops.relu(x)
""",
)
_typed(
    "remade",
    "super().__init__(**kwargs)",
    (2, 4),
    """
    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
""",
)
_typed(
    "registered",
    '@keras.saving.register_keras_serializable("my_package")',
    (2, 4),
    """
    def call(self, x):
        return x * 2.0
""",
    registered=False,
)
_typed(
    "graph",
    "(ops.shape(x)[0], -1)",
    (2, 3, 4),
    """
    def call(self, x):
        return ops.reshape(x, (x.shape[0], -1))
""",
)
_typed(
    "graph",
    "ops.mean(x, axis=-1, keepdims=True)",
    (2, 4),
    """
    def call(self, x):
        return x - np.mean(x, axis=-1, keepdims=True)
""",
)
_typed(
    "no_new_variables",
    "self.dense = layers.Dense(3)",
    (2, 4),
    """
    def call(self, x):
        return layers.Dense(3)(x)
""",
)
_typed(
    "complete_build",
    "self.dense.build(input_shape)",
    (2, 4),
    """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3)

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=input_shape[-1:], initializer="ones")

    def call(self, x):
        return self.dense(x * self.scale)
""",
)
_typed(
    "attributes_stay",
    "self.w.assign(self.w * 2.0)",
    (2, 4),
    """
    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(), initializer="ones", trainable=False)

    def call(self, x):
        self.w = self.w * 2.0
        return x * self.w
""",
)
_typed(
    "attributes_stay",
    "self.count.assign_add(1)",
    (2, 4),
    """
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.count = 0

    def call(self, x):
        self.count += 1
        return x * 2.0
""",
)
_typed(
    "fresh_noise",
    "seed=self.seed_generator",
    (2, 4),
    """
    def call(self, x, training=False):
        return keras.random.dropout(x, 0.5, seed=1) if training else x
""",
)
_typed(
    "training_argument",
    "def call(self, x, training=False)",
    (2, 4),
    """
    def call(self, x, is_training=False):
        return x * 2.0 if is_training else x
""",
)
_typed(
    "source",
    "def compute_output_shape(",
    (2, 4),
    """
    def call(self, x):
        return x * 2.0

    def compute_output_shapes(self, input_shape):
        return input_shape
""",
)
_typed(
    "revived",
    "keras.saving.deserialize_keras_object(inner)",
    (2, 4),
    """
    def __init__(self, inner=None, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner or layers.Dense(3)

    def call(self, x):
        return self.inner(x)

    def get_config(self):
        return {**super().get_config(), "inner": keras.saving.serialize_keras_object(self.inner)}
""",
)
_typed(
    "mask_travels",
    "self.supports_masking = True",
    (2, 3, 4),
    """
    def call(self, x, mask=None):
        return x if mask is None else x * ops.cast(mask[..., None], x.dtype)
""",
)
