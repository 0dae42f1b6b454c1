"""What Keras runs in place of `call`, how a call is given its keywords, and weights that are born in it."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.run import run
from explorer.core.tracing.record import trace_layer
from explorer.experiment import Experiment
from explorer.model.trace import Trace
from tests.explorer.core.alike import X, all_frames, all_steps, bits, everyone, number, the_step, traced_as_plain

IDS = np.array([[0, 2, 1]])


def quantised(make: Callable[[], Any], shape: tuple[int, ...], mode: str) -> Callable[[], Any]:
    def made() -> Any:
        layer = make()
        layer.build(shape)
        layer.quantize(mode)
        return layer

    return made


def with_lora() -> Any:
    layer = keras.layers.Dense(4)
    layer.build((None, 3))
    layer.enable_lora(2)
    return layer


def names(trace: Trace) -> list[str]:
    return [frame.function for frame in all_frames(trace.frames)]


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_a_quantised_dense_is_opened(mode: str) -> None:
    trace = traced_as_plain(quantised(lambda: keras.layers.Dense(4, activation="relu"), (None, 3), mode))
    assert names(trace)[:2] == ["Dense.quantized_call", f"Dense._{mode}_call"] and trace.notes == ()
    assert the_step(trace, "self.activation(x)").values[0].value.shape == (2, 4)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_other_quantised_layers_are_opened(mode: str) -> None:
    trace = traced_as_plain(quantised(lambda: keras.layers.EinsumDense("ab,bc->ac", (4,)), (None, 3), mode))
    assert names(trace)[:2] == ["EinsumDense.quantized_call", f"EinsumDense._{mode}_call"]
    trace = traced_as_plain(quantised(lambda: keras.layers.Embedding(4, 6), (None,), mode), IDS)
    assert names(trace)[:2] == ["Embedding.quantized_call", f"Embedding._{mode}_call"]


class Holder(keras.layers.Layer):
    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__()
        self.inner = make()

    def call(self, x: Any) -> Any:
        return self.inner(x) + 1.0


def test_a_quantised_layer_inside_another_is_opened() -> None:
    trace = traced_as_plain(lambda: Holder(quantised(lambda: keras.layers.Dense(4), (None, 3), "int8")))
    assert names(trace)[:3] == ["Holder.call", "Dense.quantized_call", "Dense._int8_call"]


def test_low_rank_adaptation() -> None:
    trace = traced_as_plain(with_lora)
    assert {w.name for w in trace.weights} == {"kernel", "bias", "lora_kernel_a", "lora_kernel_b"}
    assert the_step(trace, "ops.matmul(inputs, self.kernel)")


@pytest.mark.parametrize("mode", ["full", "activations"])
def test_rematerialised_calls_are_opened(mode: str) -> None:
    def made() -> Any:
        with keras.RematScope(mode=mode):
            return keras.layers.Dense(4, activation="tanh")

    trace = traced_as_plain(made)
    assert names(trace)[0] == "Dense.call" and the_step(trace, "ops.add(x, self.bias)")


class Remat(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.inner = keras.layers.Dense(3)

    def call(self, x: Any) -> Any:
        def block(v: Any) -> Any:
            return keras.ops.tanh(v * 2.0)

        return keras.remat(block)(self.inner(x))


def test_a_rematerialised_function() -> None:
    trace = traced_as_plain(Remat)
    assert the_step(trace, "v * 2.0")


class OwnCall(keras.layers.Layer):
    """Its `__call__` takes no training argument."""

    def __call__(self, x: Any) -> Any:
        doubled = x * 2.0
        return super().__call__(doubled) - 1.0

    def call(self, x: Any) -> Any:
        return x + 1.0


def test_a_call_method_of_ones_own_is_opened_and_is_given_no_more_than_it_takes() -> None:
    trace = traced_as_plain(OwnCall)
    assert names(trace) == ["OwnCall.__call__", "OwnCall.call"]
    outer, inner = trace.frames[0], trace.frames[0].children[0]
    assert [step.text for step in outer.steps] == [
        "x * 2.0",
        "super().__call__(doubled)",
        "super().__call__(doubled) - 1.0",
    ]
    assert outer.steps[0].values[0].id == inner.steps[0].operands[0].tensors[0]
    assert names(traced_as_plain(lambda: Holder(OwnCall)))[:3] == ["Holder.call", "OwnCall.__call__", "OwnCall.call"]


class Flagged(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def call(self, x: Any, training: Any = True, padding_mask: Any = None, scale: float = 1.0) -> Any:
        self.seen.append(training)
        return x * scale if padding_mask is None else keras.ops.where(padding_mask[..., None], x, 0.0) * scale


def test_keywords_are_passed_as_they_are_and_training_only_if_it_is_given() -> None:
    layer = Flagged()
    trace = trace_layer(layer, [X], padding_mask=np.array([True, False]), scale=2.0)
    np.testing.assert_array_equal(trace.outputs[0].value, X * [[2], [0]])
    assert [t.value.dtype.name for t in trace.inputs] == ["float32", "bool"]
    trace_layer(layer, [X], training=False)
    trace_layer(layer, [X], False)
    assert layer.seen == [True, False, False]


class Nested(keras.layers.Layer):
    """Takes no training argument, and has a layer inside that does."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = keras.layers.Dropout(0.5, seed=1)

    def call(self, x: Any) -> Any:
        return self.drop(x)


def test_training_reaches_the_layers_inside() -> None:
    assert (traced_as_plain(Nested, X, training=True).outputs[0].value == 0).any()
    assert (traced_as_plain(Nested, X).outputs[0].value == X).all()


class Masked(keras.layers.Layer):
    def call(self, x: Any, mask: Any = None) -> Any:
        first, second = mask
        return x[0] * tf.cast(first, "float32")[..., None] + x[1] * tf.cast(second, "float32")[..., None]


def test_masks_are_passed_as_they_are() -> None:
    pair = [np.array([True, False]), np.array([True, True])]
    trace = traced_as_plain(Masked, [X, X + 1], mask=pair)
    assert [(t.id, t.value.tolist()) for t in trace.mask] == [("mask:in:0", [True, False]), ("mask:in:1", [True, True])]
    assert the_step(trace, 'tf.cast(first, "float32")').operands[0].tensors == ("mask:in:0",)
    assert [t.id for t in trace.inputs] == ["input:0", "input:1"]
    attached = trace_layer(keras.layers.Dense(2), [X], mask=np.array([True, False]))
    assert [t.id for t in attached.mask] == ["mask:in:0", "mask:out:0"]


# -- weights that are born in the call
class BornInside(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.dense = keras.layers.Dense(4)
        self.head = keras.layers.Dense(2, name="head")

    def call(self, x: Any) -> Any:
        return self.head(inputs=self.dense(x))


class Keywords(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(1, 2)

    def call(self, x: Any) -> Any:
        return self.attention(query=x[None], value=x[None])[0]


class AsksTheNumbers(keras.layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(4)

    def call(self, x: Any) -> Any:
        return self.dense(x) if float(keras.ops.max(x)) > 0 else x


class Normalised(keras.layers.Layer):
    """A weight that is born and written to in one call."""

    def build(self, shape: Any) -> None:
        self.norm = keras.layers.BatchNormalization()

    def call(self, x: Any) -> Any:
        return self.norm(x, training=True)


class MadeInside(keras.layers.Layer):
    """Makes a layer in its call, which nobody could listen to before."""

    def call(self, x: Any) -> Any:
        if not hasattr(self, "late"):
            self._tracker.unlock()
            self.late = keras.layers.Dense(2)
        return self.late(x) * 2.0


@pytest.mark.parametrize("kind", [BornInside, Keywords, AsksTheNumbers, Normalised, MadeInside])
def test_all_weights_are_in_the_trace_with_their_first_value(kind: Any) -> None:
    keras.utils.set_random_seed(5)
    layer = kind()
    trace = trace_layer(layer, [X])
    again = trace_layer(layer, [X])
    keras.utils.set_random_seed(5)
    plain = kind()
    outputs = [plain(X), plain(X)]
    assert bits(t.value for t in (*trace.outputs, *again.outputs)) == bits(map(to_array, outputs))
    ids = [weight.id for weight in trace.weights]
    assert ids == [weight.id for weight in again.weights] and len(set(ids)) == len(layer.weights) > 0
    first = {weight.id: weight.value for weight in trace.weights}
    if kind is Normalised:
        assert not first["weight:batch_normalization/moving_mean"].any()
        assert again.weights[ids.index("weight:batch_normalization/moving_mean")].value.any()
    else:
        assert bits(first.values()) == bits(map(to_array, plain.weights))
    operands = [operand for step in all_steps(trace) for operand in step.operands]
    assert not [operand.text for operand in operands if operand.text.startswith("tensor (")]
    assert {name for operand in operands for name in operand.tensors} & set(ids)
    for one, other in zip(everyone(layer), everyone(plain), strict=True):
        assert vars(one).keys() == vars(other).keys()


ELSEWHERE = keras.layers.Dense(3, name="elsewhere")


class Untracked(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return ELSEWHERE(x) + tf.keras.layers.ReLU()(x)


def test_layers_that_are_not_the_layers_own_are_opened() -> None:
    trace = trace_layer(Untracked(), [X])
    assert names(trace) == ["Untracked.call", "Dense.call", "ReLU.call"] and "call" not in vars(ELSEWHERE)


# -- a variable before and after it was written
class Writes(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.m = self.add_weight(name="m", shape=(3,), initializer="ones", trainable=False)

    def call(self, x: Any) -> Any:
        before = self.m + 0.0
        self.m.assign(self.m * 0.5 + 2.0)
        middle = x - self.m
        self.m.assign_add([1.0, 1.0, 1.0])
        self.m.value.assign_sub([0.25, 0.25, 0.25])
        after = keras.ops.concatenate([x - self.m, tf.stack([self.m.value, self.m.value])], axis=0)
        return keras.ops.concatenate([middle + before, after], axis=0)


def test_a_weight_before_and_after_its_assignment_are_two_tensors() -> None:
    trace = traced_as_plain(Writes, calls=1)
    assert trace.weights[0].value.tolist() == [1, 1, 1]
    assert the_step(trace, "self.m + 0.0").operands[0].tensors == ("weight:m",)
    assert the_step(trace, "self.m * 0.5").operands[0].tensors == ("weight:m",)
    assigned = the_step(trace, "self.m.assign(self.m * 0.5 + 2.0)").values[0]
    assert assigned.value.tolist() == [2.5] * 3 and assigned.id != the_step(trace, "self.m * 0.5 + 2.0").values[0].id
    once, twice = (step for step in all_steps(trace) if step.text == "x - self.m")
    assert once.operands[1].tensors == (assigned.id,)
    (pair,) = the_step(trace, "tf.stack([self.m.value, self.m.value])").operands
    last = the_step(trace, "self.m.value.assign_sub([0.25, 0.25, 0.25])").values[0]
    assert last.value.tolist() == [3.25] * 3 and twice.operands[1].tensors == (last.id,)
    assert pair.tensors == (last.id, last.id)
    assert the_step(trace, "self.m.assign_add([1.0, 1.0, 1.0])").values[0].value.tolist() == [3.5] * 3


@tf.function
def raised(variable: Any, by: Any) -> Any:
    if tf.reduce_sum(by) > 0:
        variable.assign_add(by)
    return by * 2.0


@tf.function
def only_read(variable: Any, by: Any) -> Any:
    return variable + by


GLOBAL = tf.Variable([1.0, 1.0, 1.0])


class WritesUnseen(keras.layers.Layer):
    """Writes where no line of its own does: in a compiled function, in a library's, to a variable of nobody."""

    def build(self, shape: Any) -> None:
        self.m = self.add_weight(name="m", shape=(3,), initializer="zeros")
        self.seeds = keras.random.SeedGenerator(3)
        self.metric = keras.metrics.Sum()

    def call(self, x: Any) -> Any:
        y = only_read(self.m.value, x) + self.m
        y = y + raised(self.m.value, tf.ones((3,)))
        y = y + self.m
        y = y + keras.random.uniform((2, 3), seed=self.seeds) + keras.ops.cast(self.seeds.state, "float32")[0]
        self.metric.update_state(x)
        y = y * self.metric.total
        self.metric.update_state(x + 1.0)
        y = y * self.metric.total + GLOBAL
        GLOBAL.assign([2.0, 2.0, 2.0])
        z = y * GLOBAL
        GLOBAL.assign([1.0, 1.0, 1.0])
        return z * GLOBAL


def test_writes_that_no_line_shows_are_followed() -> None:
    trace = traced_as_plain(WritesUnseen)
    for step in all_steps(trace):
        if step.operation in ("+", "*") and all(operand.tensors for operand in step.operands):
            left, right = (number(trace, operand) for operand in step.operands)
            expected = left + right if step.operation == "+" else left * right
            np.testing.assert_array_equal(step.values[0].value, expected, step.text)
    assert the_step(trace, "only_read(self.m.value, x) + self.m").operands[1].tensors == ("weight:m",)
    (late,) = (step.operands[1].tensors[0] for step in all_steps(trace) if step.text == "y + self.m")
    assert late.startswith("other:") and trace.tensor(late).name == "self.m"


class StateRead(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.inner = keras.layers.Dense(3)
        self.inner.build(shape)

    def call(self, x: Any) -> Any:
        given = [variable * 2.0 for variable in self.inner.trainable_variables]
        y, _ = self.inner.stateless_call(given, [], x)
        return self.inner(x) + y


def test_a_stateless_call_reads_what_it_was_given() -> None:
    trace = traced_as_plain(StateRead)
    inner, twice = (step for step in all_steps(trace) if step.text == "ops.matmul(inputs, self.kernel)")
    assert {step.operands[1].tensors[0].startswith("weight:") for step in (inner, twice)} == {True, False}
    for step in (inner, twice):
        left, right = (number(trace, operand) for operand in step.operands)
        np.testing.assert_allclose(left @ right, step.values[0].value, atol=1e-6)


SIGNS: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "keras.ops.matmul": np.matmul,
    "keras.ops.add": np.add,
    "keras.ops.multiply": np.multiply,
}


@pytest.mark.parametrize("name", ["BatchNormalization", "SpectralNormalization", "LSTM", "GRU"])
def test_every_operand_of_keras_layers_that_write_is_what_was_read(name: str) -> None:
    params = {"stateful": True} if name in ("LSTM", "GRU") else {}
    trace = run(Experiment(f"keras.layers.{name}", params, training=True))
    found = 0
    for step in all_steps(trace):
        if step.operation in SIGNS and len(step.operands) == 2 and all(operand.tensors for operand in step.operands):
            left, right = (number(trace, operand) for operand in step.operands)
            np.testing.assert_allclose(step.values[0].value, SIGNS[step.operation](left, right), rtol=1e-5, atol=1e-6)
            found += 1
    assert found


def test_spectral_normalization_multiplies_with_the_kernel_that_it_has_assigned() -> None:
    trace = run(Experiment("keras.layers.SpectralNormalization", training=True))
    assigned = the_step(trace, "self.kernel.assign(new_kernel)").values[0]
    assert the_step(trace, "ops.matmul(inputs, self.kernel)").operands[1].tensors == (assigned.id,)
    assert not np.array_equal(assigned.value, trace.tensor("weight:dense/kernel").value)


EIGHTY = tuple(f"word {number}" for number in range(80))


def count_of(inputs: Any, words: tuple[str, ...]) -> Any:
    return inputs * len(words)


class Counted(keras.layers.Layer):  # type: ignore[misc]
    """Its call passes a literal on whose text is longer than a line."""

    def call(self, inputs: Any) -> Any:
        return count_of(inputs, EIGHTY)


def test_a_literal_of_any_length_survives() -> None:
    trace = trace_layer(Counted(), [np.ones((1, 2), "float32")])
    given = the_step(trace, "count_of(inputs, EIGHTY)").operands[1]
    assert given.tensors == () and ast.literal_eval(given.text) == EIGHTY
