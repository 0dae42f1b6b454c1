"""Labels against brute force: other numbers in one position of an input change no cell that comes from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from catalogue_runs import SAMPLE, one_of_each_family

import layers
from explorer.analysis.labels import Labels, is_small, told
from explorer.analysis.scrambles import in_order, scrambles
from explorer.core.arrays import to_array
from explorer.core.catalog.derive import derived_cards
from explorer.core.tape.program import made_by
from explorer.core.tape.recorder import TapeRecorder
from explorer.core.tracing.record import LiveCall
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.tape import NOWHERE, UNKNOWN, Kind, Known, Operation, Tape
from tests.explorer.core.doctor.scrambled import VARIANTS
from tests.explorer.core.doctor.test_sound import LAYERS

Called = Callable[[Sequence[np.ndarray]], LiveCall]


def ran(live: LiveCall) -> tuple[Tape, dict[int, np.ndarray]]:
    """The tape of a call, and the numbers of its shown tensors."""
    recorder = TapeRecorder(live)
    live.happen(recorder)
    tape, _ = made_by(live, recorder, refused=True)
    tensors = live.tensors()
    return tape, {number: to_array(tensors[name]) for name, number in tape.shown.items()}


def other(numbers: np.ndarray) -> np.ndarray:
    """Other numbers of the same kind."""
    if numbers.dtype.kind == "f":
        return (numbers * -1.5 + 0.7).astype(numbers.dtype)
    if numbers.dtype.kind == "b":
        return ~numbers
    return np.where(numbers > 1, numbers - 1, numbers + 1).astype(numbers.dtype)


def check(called: Called, inputs: Sequence[np.ndarray]) -> Labels:
    """Compare the labels of a call with what moves when one position of one input gets other numbers."""
    tape, values = ran(called(inputs))
    assert is_small(tape)
    labels, compared = Labels(tape, values), 0
    for at, axis in enumerate(labels.axes):
        place = int(axis.tensor.removeprefix("input:"))
        for position in {axis.length // 2, axis.length - 1}:
            where = (slice(None),) * axis.axis + (slice(position, position + 1),)
            changed = [x.copy() for x in inputs]
            changed[place][where] = other(changed[place][where])
            again, moved = ran(called(changed))
            if again.shown != tape.shown:  # Python looked at a number and went another way
                continue
            for number, array in moved.items():
                if array.shape != values[number].shape or array.dtype.kind not in "fiubc":
                    continue
                compared += 1
                differs = ~np.isclose(array, values[number], rtol=1e-4, atol=1e-5, equal_nan=True)
                from_here = told(labels, number, at)
                wrong = differs & ((from_here == NOWHERE) | ((from_here >= 0) & (from_here != position)))
                assert not wrong.any(), (axis, position, _name(tape, number), np.argwhere(wrong)[:3].tolist())
    assert compared
    return labels


def _name(tape: Tape, number: int) -> str:
    return next(name for name, one in tape.shown.items() if one == number)


OPENED = [
    *(name for name, card in layers.catalogue().items() if not card.symbolic),
    *one_of_each_family(derived_cards()),
    *(f"keras.layers.{name}" for name in SAMPLE if not os.environ.get("EVERY_LAYER")),
]


@pytest.mark.parametrize("name", sorted(set(OPENED)))
def test_a_layer_that_opens(name: str) -> None:
    test = LayerUnderTest(Experiment(name))

    def called(arrays: Sequence[np.ndarray]) -> LiveCall:
        layer = test.make()
        with test.explaining():
            test.edit(layer)
        return test.live(layer, arrays, test.mask)

    if any(array.dtype.kind not in "fiub" for array in test.arrays):
        assert ran(called(test.arrays))[0].values == (), "texts have no tape"
        return
    check(called, test.arrays)


@pytest.mark.parametrize(("make", "inputs"), [row[:2] for row in LAYERS if row[0].__name__ != "Sampling"])
def test_a_sound_layer(make: Any, inputs: list[np.ndarray]) -> None:
    layer = make()
    check(lambda arrays: LiveCall(layer, list(arrays)), inputs)


@pytest.mark.parametrize("variant", VARIANTS, ids=[one.ill.__qualname__.split(".")[0] for one in VARIANTS])
def test_a_scrambled_layer_and_its_twin(variant: Any) -> None:
    for layer_class in (variant.ill, variant.healthy):
        layer = layer_class()
        labels = check(lambda arrays, layer=layer: LiveCall(layer, list(arrays)), variant.inputs)
        outputs = [number for name, number in labels.tape.shown.items() if name.startswith("output:")]
        assert not any(
            (told(labels, number, at) == UNKNOWN).any() for number in outputs for at in range(len(labels.axes))
        )


class OneHotOfOwnNumbers(keras.layers.Layer):
    def call(self, ids: Any, x: Any) -> Any:
        return tf.one_hot(ids, 3, on_value=x[0], off_value=x[1])


class RowsChosen(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.raw_ops.Select(condition=x[:, 0] > 0.5, x=tf.ones(x.shape), y=tf.zeros(x.shape))


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (OneHotOfOwnNumbers(), [np.array([0, 2, 1, 1], "int32"), np.array([0.2, 0.7], "float32")]),
        (RowsChosen(), [np.random.default_rng(0).random((4, 4)).astype("float32")]),
    ],
    ids=["one_hot", "rows"],
)
def test_operations_that_read_more_than_meets_the_eye(layer: Any, inputs: list[np.ndarray]) -> None:
    labels = check(lambda arrays: LiveCall(layer, list(arrays)), inputs)
    if isinstance(layer, OneHotOfOwnNumbers):
        assert (told(labels, labels.tape.shown["output:0"], 0) == np.arange(4)[:, None]).all()
    assert all(state.marks.dtype == np.int32 for state in labels.states.values())


@pytest.mark.parametrize(
    ("grid", "ordered"),
    [
        (np.arange(24).reshape(2, 3, 2, 2), True),
        (np.arange(24).reshape(6, 4), True),
        (np.arange(24).reshape(2, 3, 4).transpose(0, 2, 1), True),
        (np.arange(24).reshape(2, 3, 4)[:, ::-1, 1:], True),
        (np.arange(24).reshape(2, 4, 3), False),
        (np.arange(24).reshape(2, 2, 3, 2), False),
        (np.arange(24).reshape(8, 3), False),
    ],
)
def test_axes_that_are_kept_apart(grid: np.ndarray, ordered: bool) -> None:
    assert in_order(grid, (2, 3, 4)) is ordered


def test_rows_that_were_rolled_may_be_split() -> None:
    kinds = (Kind("float32", (2, 8, 3)), Kind("float32", (2, 8, 3)), Kind("float32", (2, 4, 2, 3)), Kind("int32", (1,)))
    steps = (Operation("Roll", {}, (0, 3, 3), (1,)), Operation("Reshape", {}, (1, 3), (2,)))
    assert scrambles(Tape(kinds, steps, {"input:0": 0}, {"output:0": 2}, (Known(3, np.ones(1, np.int32)),))) == []


def test_two_reshapes_that_are_right_together_are_no_scramble() -> None:
    def reshaped(*shapes: tuple[int, ...]) -> Tape:
        kinds = (Kind("float32", (2, 3, 4)), *(Kind("float32", shape) for shape in shapes), Kind("int32", (1,)))
        wanted = len(shapes) + 1
        steps = [Operation("Reshape", {}, (at, wanted), (at + 1,)) for at in range(len(shapes))]
        known = (Known(wanted, np.zeros(1, np.int32)),)
        return Tape(kinds, tuple(steps), {"input:0": 0}, {"output:0": len(shapes)}, known)

    assert scrambles(reshaped((2, 12), (2, 3, 4))) == []
    assert scrambles(reshaped((2, 4, 3), (2, 3, 4))) == []
    (one,) = scrambles(reshaped((2, 12), (2, 4, 3)))
    assert (one.operation, one.before, one.after) == (1, (2, 3, 4), (2, 4, 3))
