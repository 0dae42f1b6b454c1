"""Where a number came from: the gradient of one cell with respect to every recorded tensor, in one backward pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_weights, to_array
from explorer.core.cells import all_finite, finite, is_floating, one_hot
from explorer.core.happened import OpenStep
from explorer.core.record import LiveCall
from explorer.core.recorder import MAX_STEPS, Recorder
from explorer.core.rerun import Rerun, chosen
from explorer.experiment import Experiment
from explorer.trace import Message
from explorer.trail import DEPENDS_NOW, UPSTREAM, Trail

MAX_NAMED = 5
"""So many steps or cells are named in one note."""


def trail(
    experiment: Experiment, tensor_id: str, index: Sequence[int], attachments: Mapping[str, np.ndarray] | None = None
) -> Trail:
    """Run the experiment again and tell which cells the chosen one depends on now.

    Args:
        experiment: what to run; it gives the same bits as `run(experiment)`.
        tensor_id: any tensor of its trace: an input, a weight, a step of any frame, an output.
        index: the cell.
        attachments: arrays of uploaded files by content hash.
    Returns:
        The gradient of the cell with respect to every floating-point tensor that made it, weights and inputs included.
    Raises:
        Problem: if the experiment cannot be run, or there is no such cell.
    """
    rerun = Rerun(experiment, attachments)
    backward = _Backward(rerun, rerun.live(), tensor_id, index)
    cells = backward.cells()
    notes = [*backward.notes(cells)]
    if any(not np.isfinite(array).all() for array in cells.values()) or not _is_finite(backward.value):
        cells, more = _without_phantoms(experiment, attachments, backward, cells)
        notes += more
    return Trail(
        tensor_id, tuple(int(i) for i in index), backward.value, DEPENDS_NOW, UPSTREAM, cells, tuple(notes)
    )  # fmt: skip


class _Backward:
    """One recorded call under a tape, and the backward pass from the chosen cell."""

    def __init__(self, rerun: Rerun, live: LiveCall, tensor_id: str, index: Sequence[int]) -> None:
        self.rerun, self.live, self.tensor_id, self.index = rerun, live, tensor_id, tuple(int(i) for i in index)
        self.weights = {f"weight:{name}": to_array(v) for name, v in named_weights(live.layer).items()}
        with tf.GradientTape() as tape, rerun.explaining():
            live.happen(Recorder(MAX_STEPS, lambda tensor: tape.watch(tensor) if is_floating(tensor) else None))
        self._tape = tape
        self.tensors = live.tensors()
        self.target = chosen(self.tensors, tensor_id, index)
        shown = self.weights.get(tensor_id)
        self.value = (to_array(self.target) if shown is None else shown)[self.index]
        self.value = self.value.item() if hasattr(self.value, "item") else self.value

    def cells(self) -> dict[str, np.ndarray]:
        """The gradient for every tensor it reaches. A tensor that is known by two ids has one array."""
        if not is_floating(self.target):
            return {}
        sources = {
            id(tensor): tensor
            for name, tensor in self.tensors.items()
            if name != self.tensor_id and is_floating(tensor)
        }
        found = self._gradients(sources)
        return {
            name: found[id(tensor)]
            for name, tensor in self.tensors.items()
            if name != self.tensor_id and found.get(id(tensor)) is not None
        }

    def _gradients(self, sources: dict[int, Any]) -> dict[int, np.ndarray]:
        seed = one_hot(self.target.shape, self.index)
        if isinstance(self.target, keras.Variable):
            return {id(self.target): seed} if id(self.target) in sources else {}
        gradients = self._tape.gradient(
            self.target,
            [tensor.value if isinstance(tensor, keras.Variable) else tensor for tensor in sources.values()],
            output_gradients=tf.cast(seed, self.target.dtype),
        )
        return {key: to_array(g) for key, g in zip(sources, gradients, strict=True) if g is not None}

    # -- what a reader must know
    def notes(self, cells: Mapping[str, np.ndarray]) -> Iterable[Message]:
        """Why there is no gradient where one might be expected."""
        if self.tensor_id.partition(":")[0] in ("input", "weight"):
            yield Message("Inputs and weights are where trails begin: nothing in this call made this number.")
            return
        if not is_floating(self.target):
            dtype = getattr(self.target.dtype, "name", str(self.target.dtype))
            yield Message(
                "A cell of dtype {dtype} has no gradient. What it could depend on is found by trying.", {"dtype": dtype}
            )
        inputs = {name: tensor for name, tensor in self.tensors.items() if name.startswith("input:")}
        discrete = [name for name, tensor in inputs.items() if not is_floating(tensor)]
        if discrete and self.tensor_id not in inputs:
            yield Message(
                "No gradient reaches {names}: it does not hold floating-point numbers.",
                {"names": self._named(discrete)},
            )
        blocked = self._blocked(cells)
        if blocked:
            yield Message(
                "No gradient passes through {steps}. What came before may matter all the same.",
                {"steps": " · ".join(blocked)},
            )
        if self.live.recorder.missed:
            yield Message("{count} further steps were not recorded.", {"count": self.live.recorder.missed})
        for name, before in self.weights.items():
            if name in cells and not np.array_equal(before, to_array(self.tensors[name]), equal_nan=True):
                yield Message(
                    "The call itself wrote to {name}; its gradient is that of the value that was read.",
                    {"name": name.removeprefix("weight:")},
                )
        yield from self._hangs_on(cells)

    def _hangs_on(self, cells: Mapping[str, np.ndarray]) -> Iterable[Message]:
        """A cell that no input moves: the mask's 0 that it was multiplied with, a ReLU that is off."""
        inputs = [name for name in cells if name.startswith("input:")]
        if not inputs or any(cells[name].any() for name in inputs):
            return
        yield Message(
            "No cell of {names} moves this cell now: every gradient there is 0.", {"names": self._named(inputs)}
        )
        moved = [(name, tuple(map(int, place))) for name in self.weights for place in _places(cells.get(name))]
        if moved and all(self.weights[name][place] == 0 for name, place in moved):
            shown = [f"{name.removeprefix('weight:')}{list(place)}" for name, place in moved[:MAX_NAMED]]
            more = ", …" if len(moved) > MAX_NAMED else ""
            yield Message("It hangs on {cells} alone, which is 0.", {"cells": ", ".join(shown) + more})

    def _named(self, inputs: Sequence[str]) -> str:
        specs = self.rerun.card.inputs
        places = [int(name.removeprefix("input:")) for name in inputs]
        return ", ".join(specs[i].name if i < len(specs) else f"input {i}" for i in places)

    def _blocked(self, cells: Mapping[str, np.ndarray]) -> list[str]:
        """The steps on the cell's way that turn floating-point numbers into something without a gradient."""
        steps = self.live.steps()
        reached = {id(self.tensors[name]) for name in cells} | {id(self.target)}
        unreached = any(is_floating(tensor) and id(tensor) not in reached for tensor in self.live.inputs)
        if not unreached and all(is_floating(value) for _, step in steps for value in step.given):
            return []
        makers: dict[int, list[_Made]] = {}
        for frame, step in steps:
            made = _Made(step, frame.code.sites[step.site].text, _operands(step))
            for value in step.given:
                makers.setdefault(id(value), []).append(made)
        found: dict[str, None] = {}
        seen, waiting = {id(self.target)}, [self.target]
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


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or bool(np.isfinite(value))


def _without_phantoms(
    experiment: Experiment,
    attachments: Mapping[str, np.ndarray] | None,
    backward: _Backward,
    cells: dict[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], list[Message]]:
    """Take out gradients that are NaN only because the backward pass multiplied a 0 by a NaN of the forward pass.

    The call is made once more with ordinary numbers in the place of NaN and infinity. A gradient that is 0 then has
    nothing to do with the chosen cell.
    """
    rerun = Rerun(experiment, attachments)
    generator = np.random.default_rng(experiment.seed)
    names = [f"input:{i}" for i, array in enumerate(rerun.arrays) if not all_finite(array)]
    arrays = [finite(array, generator) for array in rerun.arrays]
    rerun.live()  # builds the layer on the experiment's own inputs
    for name, variable in named_weights(rerun.layer).items():
        if is_floating(variable) and not all_finite(to_array(variable)):
            names.append(f"weight:{name}")
            variable.assign(finite(to_array(variable), generator))
    notes = []
    if names:
        ordinary = _Backward(rerun, rerun.live(arrays, rerun.mask), backward.tensor_id, backward.index)
        true = ordinary.cells()
        cells = {name: _settled(array, true.get(name)) for name, array in cells.items()}
        if not _is_finite(backward.value) and _is_finite(ordinary.value):
            shown = ", ".join(name.partition(":")[2] if name[0] == "w" else name for name in names)
            notes.append(
                Message(
                    "This cell is {value} because {names} holds NaN or infinity: 0 · NaN is NaN, so a gradient of 0 "
                    "does not keep it out.",
                    {"value": str(backward.value), "names": shown},
                )
            )
    count = sum(int((~np.isfinite(array)).sum()) for array in cells.values())
    if count:
        notes.append(Message("Gradients that are NaN or infinite: {count}.", {"count": count}))
    return cells, notes


def _settled(array: np.ndarray, ordinary: np.ndarray | None) -> np.ndarray:
    if ordinary is None or ordinary.shape != array.shape:
        return array
    return np.where(np.isnan(array) & (ordinary == 0), np.zeros((), array.dtype), array)
