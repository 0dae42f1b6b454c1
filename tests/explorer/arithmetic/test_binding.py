"""Operands go by the signature of the function that ran, however it was called; what fails is told and logged."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from single_step import trace_of

from explorer.arithmetic import explain, registry
from explorer.arithmetic.binding import bind, parsed
from explorer.core.tracing.record import trace_layer
from explorer.core.tracing.signatures import signature_of
from explorer.model.explanation import Explanation
from explorer.model.trace import Operand, Step, Trace

X = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")


class Constants(keras.layers.Layer):
    """Arrays, long tuples, lists with None and numbers, indices that are tensors, methods of tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = np.linspace(0.1, 1, 4, dtype="float32")
        self.many = tuple(np.linspace(-1, 1, 80).tolist())

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(4, 3))

    def call(self, x: Any) -> Any:
        scaled = x * self.scale
        long = ops.reshape(ops.convert_to_tensor(self.many), (20, 4))
        mixed = tf.stack([x[0, 0], 2.5, x[1, 1]])
        row = tf.argmax(x[:, 0])
        chosen = x[row, 1:]
        turned = tf.matmul(x, self.kernel, False, transpose_b=False)
        made = partial(ops.sum, axis=np.int64(-1))(x, keepdims=True)
        return scaled, long, mixed, chosen, turned, made


def explained(trace: Trace, target: str, cell: tuple[int, ...]) -> Explanation:
    (step,) = (step for step in trace.frames[0].steps if step.target == target)
    found = explain(trace, step.values[0].id, cell)
    assert found.explained, str(found.notes[0])
    return found


def test_arrays_long_tuples_mixed_lists_and_partial_functions() -> None:
    trace = trace_layer(Constants(), [X])
    scaled = explained(trace, "scaled", (1, 2)).terms[0].factors
    assert [n.index for n in scaled] == [(1, 2), (2,)] and scaled[1].value == np.linspace(0.1, 1, 4, dtype="float32")[2]
    assert explained(trace, "long", (19, 3)).value == 1
    assert explained(trace, "mixed", (2,)).terms[0].factors[0].value == X[1, 1]
    assert explained(trace, "mixed", (1,)).value == 2.5
    assert explained(trace, "chosen", (0,)).terms[0].factors[0].index == (int(X[:, 0].argmax()), 1)
    assert len(explained(trace, "turned", (2, 1)).terms) == 4
    assert {n.index for t in explained(trace, "made", (2, 0)).terms for n in t.factors} == {(2, k) for k in range(4)}


@pytest.mark.parametrize(
    ("signature", "operands", "expected"),
    [
        ("a, b, transpose_a=False, transpose_b=False", ["p", "q", "True"], {"a": "p", "b": "q", "transpose_a": "True"}),
        ("subscripts, *operands, **kwargs", ["e", "p", "q"], {"subscripts": "e"}),
        ("*values, axis", ["p", "q", "1"], {"axis": "1"}),
        ("self, value", ["p"], {"value": "p"}),
    ],
)
def test_positions_are_bound_as_python_binds_them(
    signature: str, operands: list[str], expected: dict[str, str]
) -> None:
    step = Step(1, 0, 1, 1, "", "", (), "f", tuple(Operand("", (), text) for text in operands), signature=signature)
    bound = bind(step)
    assert {name: operand.text for name, operand in bound.named.items()} == expected
    assert len(bound.starred) == (2 if "*" in signature and signature != "self, value" else 0)


def test_signatures_are_those_of_the_real_functions() -> None:
    assert parsed(signature_of(tf.matmul)).names[:4] == ("a", "b", "transpose_a", "transpose_b")
    assert parsed(signature_of(keras.activations.gelu)).defaults["approximate"] == "False"
    assert parsed(signature_of(ops.gelu)).defaults["approximate"] == "True"
    assert parsed(signature_of("tf.raw_ops.ConcatV2")).star == "values"
    assert signature_of(max) == ""


def test_a_fault_of_an_explainer_is_told_and_logged(faults: Any) -> None:
    def faulty(case: Any) -> Explanation:
        raise IndexError("a fault")

    registry.ONLY.add("somebody.faulty", faulty)
    try:
        found = explain(trace_of("somebody.faulty", [X], X + 1), "step:0", (0, 0))
    finally:
        registry.ONLY.remove("somebody.faulty")
    assert not found.explained and "failed" in str(found.notes[0]) and "somebody.faulty" in str(found.headline)
    assert found.terms[0].factors[0].value == X[0, 0]
    (record,) = faults.records
    assert record.exc_info is not None and record.exc_info[0] is IndexError
    faults.records.clear()


def test_no_source_is_claimed_among_several_equal_ones() -> None:
    twice = X.copy()
    found = explain(trace_of("somebody.mystery", [X, twice], np.concatenate([X, twice])), "step:0", (4, 1))
    assert not found.explained
    alone = explain(trace_of("somebody.mystery", [X], np.concatenate([X, X + 1])), "step:0", (1, 1))
    assert alone.terms[0].factors[0].index == (1, 1)
    stacked = trace_of("keras.ops.vstack", [[X, twice]], np.vstack([X, twice]))
    assert explain(stacked, "step:0", (4, 1)).terms[0].factors[0].tensor == "input:1"
    small = np.ones((3, 2), "float32")
    assert not explain(trace_of("somebody.mystery", [small], np.ones((4, 2), "float32")), "step:0", (1, 1)).explained
