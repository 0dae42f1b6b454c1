"""The corpus is healthy: what each layer does with Keras alone, before any tool is asked about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.healthy.case import Healthy
from tests.healthy.corpus import corpus
from tests.healthy.runs import apart, arrays, fresh, grown, numbers, plain, takes_training, tensors

CORPUS = corpus()
SAME = 1e-5
"""Two ways to run the same float32 arithmetic (a graph, a loaded file) may add up in another order."""
HALF = 2e-2
"""Relative to the output's largest magnitude: float16 keeps 11 bits, and these layers round a few dozen times."""

each = pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())


def symbols(case: Healthy, unknown: bool = True) -> list[Any]:
    """`keras.Input`s like the inputs; axes that may be unknown are."""

    def symbol(array: np.ndarray) -> Any:
        shape = [None if unknown and axis in case.unknown else n for axis, n in enumerate(array.shape)][1:]
        return keras.Input(shape, dtype=str(array.dtype))

    return [keras.tree.map_structure(symbol, value) for value in case.inputs]


def without_tensors(case: Healthy) -> dict[str, Any]:
    """The keywords that a model can hold."""
    return {name: value for name, value in case.keywords.items() if not isinstance(value, np.ndarray)}


def called(layer: Any, arguments: Sequence[Any], case: Healthy) -> Any:
    """Plain output at inference, without keywords that hold arrays."""
    keywords = {"training": False} if takes_training(layer) else {}
    return layer(*arguments, **without_tensors(case), **keywords)


def answers(layer: Any, case: Healthy) -> Any:
    """The same for the case's own inputs and mask."""
    return called(layer, tensors(case)[0], case)


@contextmanager
def half_precision() -> Iterator[None]:
    """The program's policy is mixed_float16: parts that a layer makes take it, too."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(usual)


def test_there_are_enough() -> None:
    assert len({type(case.make()).__name__ for case in CORPUS.values()}) >= 40


@each
def test_the_output_is_the_derivation(case: Healthy) -> None:
    layer = grown(case)
    before = numbers(layer)
    outputs = plain(layer, case)
    assert apart(outputs, case.reference(before, *case.inputs, **case.keywords)) <= case.tolerance
    expected = list(case.losses(before, *case.inputs)) if case.losses else []
    assert [float(loss) for loss in layer.losses] == pytest.approx(expected, rel=1e-5)


@each
def test_the_mask_that_leaves(case: Healthy) -> None:
    layer = grown(case)
    outputs = keras.tree.flatten(plain(layer, case))
    found = keras.src.backend.get_keras_mask(outputs[0])
    assert (found is None) == (case.output_mask is None)
    if found is not None:
        assert np.array_equal(found, case.output_mask)


@each
def test_on_symbols(case: Healthy) -> None:
    layer = fresh(case)
    given = symbols(case)
    outputs = keras.tree.flatten(layer(*given, **without_tensors(case)))
    real = keras.tree.flatten(answers(layer, case))
    for symbol, y in zip(outputs, real, strict=True):
        assert symbol.dtype == y.dtype.name and len(symbol.shape) == len(y.shape)
        assert all(a is None or a == b for a, b in zip(symbol.shape, y.shape, strict=True))


@each
def test_in_a_graph(case: Healthy) -> None:
    layer = grown(case)
    eager = answers(layer, case)
    arguments, _ = tensors(case)

    def signature(tensor: Any) -> Any:
        open_axes = (0, *case.unknown)
        return tf.TensorSpec([None if k in open_axes else n for k, n in enumerate(tensor.shape)], tensor.dtype)

    given = keras.tree.map_structure(signature, arguments)

    @tf.function(input_signature=given)
    def graph(*values: Any) -> Any:
        if case.mask is not None:
            keras.src.backend.set_keras_mask(keras.tree.flatten(list(values))[0], tf.constant(case.mask))
        return called(layer, values, case)

    assert apart(graph(*arguments), arrays(eager)) <= SAME


@each
def test_made_again_from_its_config(case: Healthy) -> None:
    layer = grown(case)
    expected = arrays(answers(layer, case))
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    answers(again, case)
    again.set_weights(layer.get_weights())
    assert apart(answers(again, case), expected) <= SAME


@each
def test_built_from_its_config(case: Healthy) -> None:
    """As Keras builds a layer that it loads, before any call."""
    layer = grown(case)
    again = type(layer).from_config(layer.get_config())
    again.build_from_config(layer.get_build_config() or {})
    complete = not again.built or len(again.weights) == len(layer.weights)
    assert complete == ("complete_build" not in case.flaws)


@each
def test_saved_and_loaded(case: Healthy, tmp_path: Path) -> None:
    layer = grown(case)
    arguments = tensors(replace(case, mask=None))[0]
    expected = arrays(called(layer, arguments, case))
    given = symbols(case)
    model = keras.Model(given, layer(*given, **without_tensors(case)))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert apart(loaded(arguments, training=False), expected) <= SAME


@each
def test_in_mixed_float16(case: Healthy) -> None:
    if case.no_half:
        pytest.skip(case.no_half)
    layer = grown(case)
    expected = [y.astype("float64") for y in arrays(answers(layer, case))]
    config = layer.get_config()
    with half_precision():
        half = type(layer).from_config({**config, "dtype": "mixed_float16"})
        answers(half, case)
        half.set_weights(layer.get_weights())
        outputs = arrays(answers(half, case))
    assert {str(y.dtype) for y in outputs} == {"float16"}
    assert {v.dtype for v in half.weights if v.trainable} <= {"float32"}
    assert apart(outputs, expected) <= HALF


@each
def test_gradients_reach_every_trainable_weight(case: Healthy) -> None:
    layer = grown(case)
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(plain(layer, case, True))
        total = tf.add_n([tf.reduce_sum(y**2) for y in outputs] + [tf.reduce_sum(loss) for loss in layer.losses])
    gradients = tape.gradient(total, [v.value for v in layer.trainable_weights])
    assert all(g is not None for g in gradients)
