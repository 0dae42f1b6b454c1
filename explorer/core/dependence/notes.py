"""What a reader must know of a trail: why there is no gradient where one might be expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.dependence.cells import is_floating
from explorer.core.dependence.gradient import Backward
from explorer.core.tracing.live_frames import OpenStep
from explorer.model.trace import Message

MAX_NAMED = 5
"""So many steps or cells are named in one note."""


def notes(backward: Backward, cells: Mapping[str, np.ndarray]) -> Iterable[Message]:
    """What a reader must know of a trail: above all, why there is no gradient where one might be expected."""
    if backward.tensor_id.partition(":")[0] in ("input", "weight"):
        yield Message("Inputs and weights are where trails begin: nothing in this call made this number.")
        return
    if not is_floating(backward.target):
        dtype = getattr(backward.target.dtype, "name", str(backward.target.dtype))
        yield Message(
            "A cell of dtype {dtype} has no gradient. What it could depend on is found by trying.", {"dtype": dtype}
        )
    inputs = {name: tensor for name, tensor in backward.tensors.items() if name.startswith("input:")}
    discrete = [name for name, tensor in inputs.items() if not is_floating(tensor)]
    if discrete and backward.tensor_id not in inputs:
        yield Message(
            "No gradient reaches {names}: it does not hold floating-point numbers.",
            {"names": _named(backward, discrete)},
        )
    blocked = _blocked(backward, cells)
    if blocked:
        yield Message(
            "No gradient passes through {steps}. What came before may matter all the same.",
            {"steps": " · ".join(blocked)},
        )
    if backward.live.recorder.missed:
        yield Message("{count} further steps were not recorded.", {"count": backward.live.recorder.missed})
    for name, before in backward.weights.items():
        if name in cells and not np.array_equal(before, to_array(backward.tensors[name]), equal_nan=True):
            yield Message(
                "The call itself wrote to {name}; its gradient is that of the value that was read.",
                {"name": name.removeprefix("weight:")},
            )


def hangs_on(backward: Backward, cells: Mapping[str, np.ndarray]) -> Iterable[Message]:
    """A cell that no input moves: the mask's 0 that it was multiplied with, a ReLU that is off."""
    inputs = [name for name in cells if name.startswith("input:")]
    if not inputs or any(cells[name].any() for name in inputs):
        return
    yield Message(
        "No cell of {names} moves this cell now: every gradient there is 0.", {"names": _named(backward, inputs)}
    )
    moved = [(name, tuple(map(int, place))) for name in backward.weights for place in _places(cells.get(name))]
    if moved and all(backward.weights[name][place] == 0 for name, place in moved):
        shown = [f"{name.removeprefix('weight:')}{list(place)}" for name, place in moved[:MAX_NAMED]]
        more = ", …" if len(moved) > MAX_NAMED else ""
        yield Message("It hangs on {cells} alone, which is 0.", {"cells": ", ".join(shown) + more})


def _named(backward: Backward, inputs: Sequence[str]) -> str:
    return ", ".join(backward.rerun.input_name(int(name.removeprefix("input:"))) for name in inputs)


def _blocked(backward: Backward, cells: Mapping[str, np.ndarray]) -> list[str]:
    """The steps on the cell's way that turn floating-point numbers into something without a gradient."""
    steps = backward.live.steps()
    reached = {id(backward.tensors[name]) for name in cells} | {id(backward.target)}
    unreached = any(is_floating(tensor) and id(tensor) not in reached for tensor in backward.live.inputs)
    if not unreached and all(is_floating(value) for _, step in steps for value in step.given):
        return []
    makers: dict[int, list[_Made]] = {}
    for frame, step in steps:
        made = _Made(step, frame.code.sites[step.site].text, _operands(step))
        for value in step.given:
            makers.setdefault(id(value), []).append(made)
    found: dict[str, None] = {}
    seen, waiting = {id(backward.target)}, [backward.target]
    while waiting:
        tensor = waiting.pop()
        for made in makers.get(id(tensor), ()):
            floats = [x for x in made.operands if is_floating(x)]
            lost = not is_floating(tensor) or not any(id(x) in reached for x in floats)
            if floats and lost and (id(tensor) in reached or not is_floating(tensor)):
                found[" ".join(made.text.split())] = None
            new = [x for x in made.operands if id(x) not in seen]
            seen.update(id(x) for x in new)
            waiting += new
    return list(found)[:MAX_NAMED]


@dataclass(frozen=True)
class _Made:
    step: OpenStep
    text: str
    operands: list[Any]


def _operands(step: OpenStep) -> list[Any]:
    own = {id(value) for value in step.given}
    leaves = keras.tree.flatten([list(step.arguments), dict(step.keywords)])
    return [x for x in leaves if (tf.is_tensor(x) or isinstance(x, keras.Variable)) and id(x) not in own]


def _places(array: np.ndarray | None) -> Iterable[Any]:
    return [] if array is None else np.argwhere(array != 0)
