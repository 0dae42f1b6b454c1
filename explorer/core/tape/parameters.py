"""Parameters that enter a call as plain numbers, such as an epsilon: their constants become leaves of the tape."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from explorer.experiment import Experiment
from explorer.model.tape import PARAMETER, Operation, Tape
from layers.card import Card, Field

MOST = 4
"""Of so many parameters of a layer it is found out: each costs a call."""


@dataclass(frozen=True)
class Recorded:
    """What one call gave: its tape, and the numbers of recorded tensors: those that no leaf reaches, and the others."""

    tape: Tape
    unreached: Mapping[str, np.ndarray]
    shown: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class _Found:
    """Where a parameter is: constants of the tape, and recorded tensors that are the number itself."""

    constants: tuple[int, ...]
    tensors: tuple[str, ...]


def with_parameters(
    first: Recorded, card: Card, experiment: Experiment, called: Callable[[Experiment], Recorded]
) -> Tape:
    """The tape with a leaf for each parameter that is only a number in it.

    Such a parameter is found by a call with another value: the operations are the same, and all that differs besides
    what they compute is the two values.

    Args:
        first: the experiment's call.
        card: the layer's.
        experiment: whose call.
        called: records the call of another experiment.
    """
    tape = first.tape
    for field in [field for field in card.fields if field.kind == "number"][:MOST]:
        value = experiment.params.get(field.name, field.default)
        if not isinstance(value, float):
            continue
        changed = _another(field, value)
        try:
            other = called(experiment.change(params={**experiment.params, field.name: changed}))
        except Exception:  # the layer does not take it
            continue
        if found := _found(first, other, value, changed):
            tape = _with_leaf(tape, f"{PARAMETER}{field.name}", found)
    return tape


def _another(field: Field, value: float) -> float:
    larger = 1.25 * value + 0.05
    return larger if field.maximum is None or larger <= field.maximum else 0.8 * value


def _found(first: Recorded, other: Recorded, value: float, changed: float) -> _Found | None:
    """Where the parameter is; None if it does anything else, too."""
    one, its = first.tape, other.tape
    if (one.values, one.operations, one.shown) != (its.values, its.operations, its.shown):
        return None
    if first.unreached.keys() != other.unreached.keys():
        return None
    known = [(mine.array, theirs.array) for mine, theirs in zip(one.constants, its.constants, strict=True)]
    constants = [at for at, pair in enumerate(known) if _differ(*pair)]
    tensors = {name: (array, other.unreached[name]) for name, array in first.unreached.items()}
    moved = [name for name, pair in tensors.items() if _differ(*pair)]
    if not constants or not all(
        _is(mine, value) and _is(theirs, changed)
        for mine, theirs in [*(known[at] for at in constants), *(tensors[name] for name in moved)]
    ):
        return None
    places = tuple(one.constants[at].value for at in constants)
    kinds = {one.values[place] for place in places}
    shapes = {first.unreached[name].shape for name in moved}
    alike = len(kinds) == 1 and shapes <= {kind.shape for kind in kinds}
    return _Found(places, tuple(moved)) if alike else None


def _differ(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape != other.shape or one.tobytes() != other.tobytes()


def _is(array: np.ndarray, value: float) -> bool:
    return array.dtype.kind == "f" and bool(np.all(array == array.dtype.type(value)))


def _with_leaf(tape: Tape, name: str, found: _Found) -> Tape:
    """Every operation that was given one of the parameter's constants is given its first."""
    leaf, *others = found.constants

    def given(operation: Operation) -> Operation:
        inputs = tuple(leaf if number in others else number for number in operation.inputs)
        return dataclasses.replace(operation, inputs=inputs)

    return dataclasses.replace(
        tape,
        operations=tuple(map(given, tape.operations)),
        leaves={**tape.leaves, name: leaf},
        shown={**tape.shown, **dict.fromkeys(found.tensors, leaf)},
    )
