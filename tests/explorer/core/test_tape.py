"""The operations of a call: which are kept, what is guarded, what is refused, and what only a second call shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import layers
from explorer import Experiment, run
from explorer.core.catalog.derive import derived_cards
from explorer.core.tape.parameters import with_parameters
from explorer.core.tape.recorder import TOO_LARGE, TapeRecorder
from explorer.core.tape.witness import HIDDEN, Recorded, is_same, recorded, tape_of
from explorer.core.tracing.record import LiveCall
from explorer.engine import codec
from explorer.model.tape import PARAMETER, Tape
from layers.card import Card, Field

X = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]], "float32")
OTHER = -1.5 * X
"""The sum of `X` is positive, and that of these is not."""


class Scaled(keras.layers.Layer):
    """A layer with a weight, a counter and a `call` that the test gives it."""

    def __init__(self, call: Callable[..., Any], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._body = call

    def build(self, shape: tuple[int, ...]) -> None:
        self.w = self.add_weight(shape=(shape[-1],), name="w", initializer="ones")
        self.n = self.add_weight(shape=(), name="n", initializer="zeros", trainable=False)

    def call(self, x: Any) -> Any:
        return self._body(self, x)


def told(call: Callable[..., Any], x: np.ndarray = X, **keywords: Any) -> Recorded:
    keras.utils.set_random_seed(0)
    return recorded(LiveCall(Scaled(call, **keywords), [x]))


def kinds(tape: Tape) -> list[str]:
    return [one.kind for one in tape.operations]


def leaves_of(tape: Tape, kind: str) -> set[str]:
    """The leaves that operations of a kind are given."""
    given = {number for one in tape.operations if one.kind == kind for number in one.inputs}
    return {name for name, number in tape.leaves.items() if number in given}


def test_attention_is_its_operations_in_order() -> None:
    tape = tape_of(Experiment("attention"))
    moves = ("Reshape", "Squeeze", "ExpandDims", "Cast")
    found = [kind for kind in kinds(tape) if kind not in moves]
    assert found == ["MatMul", "BiasAdd", "Tanh", "Softmax", "Mul", "Sum"]
    assert set(tape.leaves) == {"input:0", "weight:attention_weight", "weight:attention_bias"}
    assert not tape.refusals and not tape.guards


@pytest.mark.parametrize(
    "name", [*layers.catalogue(), "keras.layers.Dense", "keras.layers.LSTM", "keras.layers.Conv2D"]
)
def test_every_tensor_of_a_trace_is_on_the_tape_or_depends_on_no_leaf(name: str) -> None:
    experiment = Experiment(name)
    if layers.catalogue().get(name) and layers.catalogue()[name].symbolic:
        pytest.skip("a symbolic tensor has no numbers")
    tape, trace = tape_of(experiment), run(experiment)
    shapes = {tensor.id: tensor.value.shape for tensor in (*trace.inputs, *trace.weights, *trace.outputs)}
    assert not tape.refusals
    for tensor_id, shape in shapes.items():
        number = tape.leaves.get(tensor_id, tape.shown.get(tensor_id))
        if number is not None:
            assert tape.values[number].shape == shape
    moved = run(experiment.change(seed=1))
    for tensor in trace.outputs:
        if tensor.id not in tape.shown and tensor.id not in tape.leaves:
            assert np.array_equal(tensor.value, moved.tensor(tensor.id).value) or any(
                tensor.value is x.value or np.shares_memory(tensor.value, x.value) for x in trace.inputs
            )


def test_a_weight_that_tensorflow_reads_without_telling_is_a_leaf() -> None:
    def call(self: Any, x: Any) -> Any:
        return tf.raw_ops.Mul(x=x, y=self.w.value)

    assert leaves_of(told(call).tape, "Mul") == {"input:0", "weight:w"}


def test_bfloat16_weights_are_leaves() -> None:
    tape = told(lambda self, x: ops.cast(x, "bfloat16") * self.w, dtype="bfloat16").tape
    assert leaves_of(tape, "Mul") >= {"weight:w"} and not tape.refusals


def test_a_scalar_weight_is_not_taken_for_a_constant_that_lies_at_its_place() -> None:
    def call(self: Any, x: Any) -> Any:
        return x + tf.constant(0.0)

    tape = told(call).tape
    assert "weight:n" not in leaves_of(tape, "AddV2")
    assert [known.array.tolist() for known in tape.constants] == [0.0]


def test_a_number_read_as_a_truth_value_is_a_guard() -> None:
    def call(self: Any, x: Any) -> Any:
        return x * self.w if ops.sum(x) > 0 else -x * self.w

    there, back = told(call), told(call, OTHER)
    (guard,) = there.tape.guards
    assert guard.array.tolist() == 1 and kinds(there.tape) != kinds(back.tape)
    assert is_same(there, back) is None


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda self, x: tf.function(lambda v: tf.tanh(v) * 2.0)(x) * self.w, "compiled function"),
        (lambda self, x: x * float(np.abs(x.numpy()).max() if x.shape[0] > 100 else 1.0) * self.w, ""),
        (
            lambda self, x: tf.random.stateless_normal((2, 3), ops.cast(x[0, :2] * 10, "int32")) * self.w,
            "draws numbers",
        ),
    ],
    ids=["a compiled function", "nothing hidden", "a seed that depends on the input"],
)
def test_what_cannot_be_followed_is_refused(call: Callable[..., Any], why: str) -> None:
    refusals = [str(one) for one in told(call).tape.refusals]
    assert any(why in one for one in refusals) if why else not refusals


@pytest.mark.parametrize(
    "call",
    [
        lambda self, x: ops.convert_to_tensor(np.tanh(np.asarray(x))) * self.w,
        lambda self, x: x * float(np.abs(np.asarray(x)).max()) * self.w,
        lambda self, x: x * self.w if np.asarray(x).sum() > 0 else -x * self.w,
        lambda self, x: ops.take(x, np.argsort(np.asarray(x)[0]), axis=1) * self.w,
        lambda self, x: ops.convert_to_tensor(np.asarray(x) * 2),
    ],
    ids=["a tensor of NumPy's", "a factor", "a decision", "an order", "an output that NumPy made"],
)
def test_what_numpy_took_unseen_is_found_by_a_second_call(call: Callable[..., Any]) -> None:
    assert is_same(told(call), told(call, OTHER)) is False


@pytest.mark.parametrize(
    "call",
    [
        lambda self, x: x * self.w,
        lambda self, x: ops.where(x > 0, x * self.w, -x),
        lambda self, x: x + keras.random.normal(ops.shape(x), seed=3) * self.w,
        lambda self, x: ops.take(x, ops.argsort(x[0]), axis=1) * self.w,
        lambda self, x: ops.convert_to_tensor(np.ones((2, 3), "float32")),
    ],
    ids=["a product", "a choice of each cell", "noise of a fixed seed", "an order on the tape", "a constant"],
)
def test_nothing_is_found_where_nothing_is_hidden(call: Callable[..., Any]) -> None:
    assert is_same(told(call), told(call, OTHER)) is True


def test_a_counter_that_the_call_adds_to_holds_what_was_added() -> None:
    def call(self: Any, x: Any) -> Any:
        self.n.assign_add(ops.mean(x))
        return x * self.w + self.n

    tape = told(call).tape
    assert not tape.refusals
    (added,) = [one for one in tape.operations if tape.leaves["weight:n"] in one.inputs]
    last = next(one for one in tape.operations if one.outputs == (tape.shown["output:0"],))
    assert added.outputs[0] in last.inputs, "the sum is of the counter as it is after the addition"


def test_the_callback_s_own_operations_are_not_on_the_tape() -> None:
    assert kinds(told(lambda self, x: x * self.w).tape) == ["Mul"]


def test_a_fault_while_listening_does_not_break_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("explorer.core.tape.recorder._address", broken)
    with pytest.raises(RuntimeError):
        TapeRecorder(LiveCall(Scaled(lambda self, x: x), [X]))
    monkeypatch.undo()
    monkeypatch.setattr("explorer.core.tape.recorder.TapeRecorder._told", broken)
    one = told(lambda self, x: x * self.w)
    assert [str(why) for why in one.tape.refusals] == ["The operations could not be followed: RuntimeError."]


def test_texts_and_symbolic_tensors_are_refused() -> None:
    assert [str(why) for why in tape_of(Experiment("keras.layers.Hashing")).refusals] == ["An input is text."]


def test_a_call_that_would_fill_the_browser_s_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.core.tape.recorder.MAX_CELLS", 10)
    assert tape_of(Experiment("linear")).refusals == (TOO_LARGE,)


def test_what_a_layer_hides_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(
        (
            told(lambda self, x: x * float(np.asarray(x).sum())),
            told(lambda self, x: x * float(np.asarray(x).sum()), OTHER),
        )
    )
    monkeypatch.setattr("explorer.core.tape.witness._called", lambda *_: next(calls))
    assert tape_of(Experiment("linear")).refusals == (HIDDEN,)


def test_a_tape_travels() -> None:
    tape = tape_of(Experiment("keras.layers.LSTM"))
    again = codec.unpack(Tape, *codec.pack(tape))
    assert again.operations == tape.operations and again.leaves == tape.leaves and again.values == tape.values
    assert all(
        np.array_equal(one.array, other.array) for one, other in zip(tape.constants, again.constants, strict=True)
    )


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        ("keras.layers.Rescaling", {"scale", "offset"}),
        ("keras.layers.LayerNormalization", {"epsilon"}),
        ("keras.layers.BatchNormalization", {"epsilon"}),  # not the momentum, of which nothing depends here
        ("keras.layers.LeakyReLU", set()),  # an attribute of an operation
        ("keras.layers.Dropout", set()),
        ("keras.layers.Dense", set()),
    ],
)
def test_a_parameter_that_is_only_a_number_of_the_call_is_a_leaf(layer: str, found: set[str]) -> None:
    tape = tape_of(Experiment(layer))
    assert {name.removeprefix(PARAMETER) for name in tape.leaves if name.startswith(PARAMETER)} == found
    constants = {known.value: known.array for known in tape.constants}
    for name in found:
        (field,) = [field for field in {**layers.catalogue(), **derived_cards()}[layer].fields if field.name == name]
        np.testing.assert_array_equal(constants[tape.leaves[f"{PARAMETER}{name}"]], np.float32(field.default))


class Offset(keras.layers.Layer):
    def __init__(self, amount: float = 0.5, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.amount = amount

    def call(self, x: Any) -> Any:
        return self.shifted(x)


@pytest.mark.parametrize(
    ("shifted", "leaf"),
    [
        (lambda self, x: x + self.amount, True),
        (lambda self, x: (x + self.amount) * self.amount, True),
        (lambda self, x: x + (1 - self.amount), False),
        (lambda self, x: x + self.amount if self.amount < 0.6 else x * self.amount, False),
        (lambda self, x: x + self.amount * np.ones(3, "float32") * [1, 1, 2], False),
        (lambda self, x: ops.cast(self.amount, "float32") + x + 2 * ops.cast(self.amount, "float32"), False),
    ],
)
def test_a_parameter_that_does_anything_else_is_none(shifted: Callable[..., Any], leaf: bool) -> None:
    def called(experiment: Experiment) -> Recorded:
        layer = Offset(experiment.params.get("scale", 0.5))
        layer.shifted = lambda x: shifted(layer, x)  # type: ignore[attr-defined]
        return recorded(LiveCall(layer, [X]))

    card = Card("offset", "Offset", "", "core", "", fields=(Field("scale", "number", 0.5),))
    experiment = Experiment("keras.layers.Rescaling", params={"scale": 0.5})
    tape = with_parameters(called(experiment), card, experiment, called)
    assert (f"{PARAMETER}scale" in tape.leaves) == leaf
