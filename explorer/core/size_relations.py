"""A parameter that must equal the size of an input's axis: found by trying, not from a list of layers.

Where a layer refuses its input, each whole number that the reader set is tried at the sizes of the input's axes, and
each axis at that number. What makes the layer accept is offered to click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from explorer.experiment import Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message
from layers.card import Card

MOST_TRIALS = 12
"""So many other experiments are tried at most: each builds the layer and calls it once."""
MOST_CELLS = 100_000
"""With more cells of input nothing is tried: the reader is waiting for the message."""


def matching_repairs(
    card: Card, experiment: Experiment, arrays: Sequence[np.ndarray], works: Callable[[Experiment], Any]
) -> tuple[Repair, ...]:
    """Mends that make a parameter and an axis agree.

    Args:
        card: of the layer that refused.
        experiment: what was refused.
        arrays: its inputs.
        works: runs another experiment; raises a Problem if that one is refused, too.
    """
    if sum(array.size for array in arrays) > MOST_CELLS:
        return ()
    repairs: list[Repair] = []
    for trial, (changed, repair) in enumerate(_candidates(card, experiment, arrays)):
        if trial >= MOST_TRIALS or len(repairs) >= 2:
            break
        try:
            works(changed)
        except Problem:
            continue
        repairs.append(repair)
    return tuple(repairs)


def _candidates(
    card: Card, experiment: Experiment, arrays: Sequence[np.ndarray]
) -> Iterator[tuple[Experiment, Repair]]:
    """The parameter first, as it is one number; then the input."""
    whole = {field.name for field in card.fields if field.kind == "integer"}
    chosen = {
        name: value for name, value in experiment.params.items() if name in whole and type(value) is int and value > 0
    }
    for name, value in chosen.items():
        for size in dict.fromkeys(size for array in arrays for size in array.shape[:0:-1] if size and size != value):
            label = Message("Set {name} to {size}, as the input has it", {"name": name, "size": size})
            changed = experiment.change(params={**experiment.params, name: size})
            yield changed, Repair(label, {f"params.{name}": size})
    for value in chosen.values():
        for axis in range(arrays[0].ndim - 1, 0, -1) if len(arrays) == 1 else ():
            if arrays[0].shape[axis] == value:
                continue
            shape = tuple(value if at == axis else size for at, size in enumerate(arrays[0].shape))
            changed = experiment.change(inputs=(_reshaped(card, experiment, shape),))
            label = Message("Give the input the shape {shape}", {"shape": " × ".join(map(str, shape))})
            yield changed, Repair(label, {"inputs": [changed.inputs[0].to_json()]})


def _reshaped(card: Card, experiment: Experiment, shape: tuple[int, ...]) -> Recipe:
    spec = card.inputs[0]
    old = experiment.inputs[0] if experiment.inputs else Recipe(spec.recipe, spec.shape, spec.options)
    return Recipe(old.kind, shape, old.options) if old.kind != "file" else Recipe("normal", shape)
