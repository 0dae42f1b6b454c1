"""A call -> its tape, believed only if the same call on other numbers runs the same operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explorer.analysis.labels import with_origins
from explorer.core.arrays import named_weights, to_array
from explorer.core.calling import ensure_built
from explorer.core.dependence.rerun import Rerun
from explorer.core.tape.parameters import Recorded, with_parameters
from explorer.core.tape.program import made_by
from explorer.core.tape.recorder import TapeRecorder
from explorer.core.tracing.record import LiveCall
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.tape import Known, Tape
from explorer.model.trace import Message

HIDDEN = Message("What this layer does depends on its numbers in a way that TensorFlow does not tell.")
SYMBOLIC = Message("A symbolic tensor has no numbers.")
DISTANCES = (1.0, 1e-3)
"""How far inputs and weights are moved for the second call, in their own sizes; the next one where that is too far."""


def tape_of(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> Tape:
    """The tape of an experiment's call.

    The call happens a second time with all inputs and weights moved: NumPy can read a tensor without anybody being
    told, and then operations or constants are others. Where Python looked at numbers and went another way, numbers
    closer to the first are tried; where it does so still, the tape has its guards.

    Args:
        experiment: whose call.
        attachments: arrays of uploaded files by content hash.
    Raises:
        Problem: if the layer cannot be found, built or called.
    """
    test = LayerUnderTest(experiment, attachments)
    if test.card.symbolic:
        return Tape(refusals=(SYMBOLIC,))

    first = _witnessed(lambda distance: _called(test, distance))
    if first.tape.refusals:
        return first.tape
    tape = with_parameters(first, test.card, experiment, lambda changed: _called(LayerUnderTest(changed, attachments)))
    return with_origins(tape, first.shown)


def tape_of_layer(rerun: Rerun) -> Tape:
    """The tape of a live layer's call. Parameters are no leaves of it: the layer has been made.

    Args:
        rerun: the layer with its inputs. Whoever made it lets it leave the layer.
    Raises:
        Problem: if the layer cannot be called.
    """

    def called(distance: float) -> Recorded:
        if not distance:
            return recorded(rerun.live())
        generator = np.random.default_rng(0)
        live = rerun.live([moved(array, distance, generator) for array in rerun.arrays], rerun.mask)
        for variable in named_weights(rerun.layer).values():
            variable.assign(moved(to_array(variable), distance, generator))
        return recorded(live)

    first = _witnessed(called)
    return with_origins(first.tape, first.shown)


def _witnessed(called: Callable[[float], Recorded]) -> Recorded:
    """The call on its own numbers; its tape is refused if on others, so far from them, it is another one."""
    first = called(0.0)
    if first.tape.refusals or _is_believed(called, first):
        return first
    return Recorded(Tape(refusals=(HIDDEN,)), {}, {})


def _is_believed(called: Callable[[float], Recorded], first: Recorded) -> bool:
    for distance in DISTANCES:
        try:
            other = called(distance)
        except Exception:  # the layer does not take such numbers
            continue
        same = is_same(first, other)
        if same is not None:
            return same
    return True


def _called(test: LayerUnderTest, distance: float = 0.0) -> Recorded:
    """Make the layer and call it, on the experiment's numbers or on some that are so far from them."""
    layer = test.make()
    with test.explaining():
        test.edit(layer)
        if not distance:
            return recorded(test.live(layer))
        generator = np.random.default_rng(0)
        ensure_built(layer, *test.arguments())
        for variable in named_weights(layer).values():
            variable.assign(moved(to_array(variable), distance, generator))
        return recorded(test.live(layer, [moved(array, distance, generator) for array in test.arrays], test.mask))


def recorded(live: LiveCall) -> Recorded:
    """Let a call happen and tell which operations it ran."""
    recorder = TapeRecorder(live)
    with recorder.looking():
        live.happen(recorder)
    tape, unreached = made_by(live, recorder)
    tensors = live.tensors()
    return Recorded(tape, *({name: to_array(tensors[name]) for name in names} for names in (unreached, tape.shown)))


def moved(array: np.ndarray, distance: float, generator: np.random.Generator) -> np.ndarray:
    """Other numbers of the same kind: each real number moved; whole numbers and booleans, if far, in another order."""
    if array.dtype.kind != "f":
        return array if distance < 1 else np.flip(array)
    changed: np.ndarray = (array + distance * (0.1 + np.abs(array)) * generator.normal(size=array.shape)).astype(
        array.dtype
    )
    return changed


def is_same(one: Recorded, other: Recorded) -> bool | None:
    """Whether two calls on different numbers ran the same operations on the same constants; None if Python looked at
    numbers and they were not the same."""
    if not _equal_all(one.tape.guards, other.tape.guards):
        return None
    if one.unreached.keys() != other.unreached.keys() or _structure(one.tape) != _structure(other.tape):
        return False
    return _equal_all(one.tape.constants, other.tape.constants) and all(
        _equal(array, other.unreached[name]) for name, array in one.unreached.items()
    )


def _structure(tape: Tape) -> Any:
    return tape.values, tape.operations, tape.leaves, tape.shown


def _equal_all(some: tuple[Known, ...], others: tuple[Known, ...]) -> bool:
    return len(some) == len(others) and all(
        one.value == other.value and _equal(one.array, other.array) for one, other in zip(some, others, strict=True)
    )


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    if one.dtype.kind == "O":
        return bool(np.array_equal(one, other))
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
