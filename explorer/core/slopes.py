"""A cell as a function of the inputs and weights: move some of them a little both ways, and see how far it goes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import to_array
from explorer.core.backward import Backward
from explorer.core.cells import all_finite, is_floating, like
from explorer.core.check import MACHINE_EPSILON
from explorer.core.record import LiveCall
from explorer.core.rerun import instead
from explorer.problem import Problem

CLOSE = 0.02
"""Slopes that differ by less than this part are one: what a curve adds to a small step stays far below."""
COARSE = 0.1
"""Where rounding alone could give more than this part of a slope, the type is too coarse to tell."""
ROUNDING = 8.0
"""So many machine epsilons of each number on the way: each operation rounds, and a sum many times."""
FINER = 8.0
"""Each further step is so much smaller, to tell a kink or a curve from a slope."""
STEPS = 3


@dataclass(frozen=True, eq=False)
class Move:
    """Cells that are moved together.

    Attributes:
        by: tensor id -> how far each cell goes for a step of 1.
    """

    by: Mapping[str, np.ndarray]

    @property
    def size(self) -> int:
        """How many cells move."""
        return sum(int(np.count_nonzero(array)) for array in self.by.values())

    def halves(self) -> tuple[Move, Move]:
        """The first half of the cells that move, and the others."""
        left, first, second = self.size // 2, {}, {}
        for name, array in self.by.items():
            places = np.flatnonzero(array)
            taken = np.zeros(array.size, bool)
            taken[places[:left]] = True
            left -= min(left, len(places))
            first[name] = np.where(taken.reshape(array.shape), array, 0)
            second[name] = array - first[name]
        return Move(first), Move(second)


class Slopes:
    """How far the chosen cell goes with others.

    Attributes:
        backward: the call and the chosen cell.
        leaves: the arrays that can be moved, by id: finite ones of floating-point numbers.
        gradients: of the same tensors; zeros where none arrived.
        scales: how far each cell goes for a step of 1: as far as it is from 0, or as its tensor's cells are on average.
        first: the longest step that is tried.
        rounding: how far rounding alone may move the chosen cell.
    """

    def __init__(self, backward: Backward, cells: Mapping[str, np.ndarray]) -> None:
        self.backward = backward
        self.leaves = _leaves(backward)
        self.gradients = {
            name: np.asarray(cells.get(name, np.zeros(array.shape)), "float64") for name, array in self.leaves.items()
        }
        self.scales = {name: _scale(array) for name, array in self.leaves.items()}
        names = (*self.leaves, backward.tensor_id)
        self.first = float(max(_epsilon(backward.tensors[name]) for name in names) ** (1 / 3))
        self.rounding = ROUNDING * _rounding(backward, cells)
        each = (np.abs(self.gradients[name] * self.scales[name]).max(initial=0.0) for name in self.leaves)
        self._largest = float(max((*each, CLOSE * abs(float(backward.value)))))

    def agrees(self, move: Move) -> bool | None:
        """Whether the chosen cell goes as the gradients say; None if it cannot be told.

        The bound is what rounding adds, and what the step's length adds, as two steps tell: a disagreement is believed
        where both give the same slope.
        """
        before: float | None = None
        for number in range(STEPS):
            step = self.first / FINER**number
            slope, gradient = self.slope(move, step)
            noise = self.rounding / step
            size = max(abs(slope), abs(gradient), self._largest if gradient == 0 else 0.0)
            if not np.isfinite(slope) or noise > COARSE * size:
                return None
            distance = abs(slope - gradient)
            if distance <= noise + CLOSE * size:
                return True
            if before is not None and abs(slope - before) <= noise + CLOSE * size:
                apart = distance > 4 * (noise + abs(slope - before))
                return False if apart and self._repeats else None
            before = slope
        return None

    def one_of(self, move: Move) -> Move:
        """One cell of a move that disagrees: of two halves, the one that is farther from its gradients, and so on."""
        step = self.first / FINER
        off = self._off(move, step)
        while move.size > 1:
            half, other = move.halves()
            one = self._off(half, step)
            move, off = (half, one) if abs(one) >= abs(off - one) else (other, off - one)
        return move

    def slope(self, move: Move, step: float) -> tuple[float, float]:
        """How far the chosen cell goes for a step of 1, as this step both ways tells, and as the gradients say."""
        ends = [self.moved(move, by) for by in (step, -step)]
        rise = self._value(ends[0][1]) - self._value(ends[1][1])
        expected = sum(
            float(np.sum(self.gradients[name] * (ends[0][0][name].astype("float64") - ends[1][0][name])))
            for name in move.by
        )
        return rise / (2 * step), expected / (2 * step)

    def moved(self, move: Move, step: float) -> tuple[dict[str, np.ndarray], LiveCall | None]:
        """The moved tensors, as their types hold them, and the call on them; None if the layer refuses it."""
        tensors = self.backward.tensors
        arrays = {
            name: to_array(like(self.leaves[name].astype("float64") + step * by, tensors[name]))
            for name, by in move.by.items()
        }
        try:
            return arrays, self.backward.rerun.call({name: instead(array) for name, array in arrays.items()})
        except Problem:
            return arrays, None

    def _off(self, move: Move, step: float) -> float:
        slope, gradient = self.slope(move, step)
        return slope - gradient

    def _value(self, live: LiveCall | None) -> float:
        """The chosen cell; NaN where a call was refused or took another way."""
        tensor = live.tensors().get(self.backward.tensor_id) if live is not None else None
        if tensor is None or tuple(tensor.shape) != tuple(self.backward.target.shape):
            return float("nan")
        return float(to_array(tensor)[self.backward.index])

    @functools.cached_property
    def _repeats(self) -> bool:
        """Whether a call from the same start gives the same number: else what was seen says nothing."""
        return self._value(self.backward.rerun.call()) == self.backward.value


def _leaves(backward: Backward) -> dict[str, np.ndarray]:
    """Inputs and weights of floating-point numbers; where there is none, the first such step."""
    found: dict[int, tuple[str, np.ndarray]] = {}
    for name, tensor in backward.tensors.items():
        kind = name.partition(":")[0]
        if tensor is backward.target or (kind not in ("input", "weight") and found):
            break
        if kind not in ("input", "weight", "step") or not is_floating(tensor) or id(tensor) in found:
            continue
        if kind == "step" and isinstance(tensor, keras.Variable):
            continue
        array = backward.weights.get(name, to_array(tensor))
        if array.size and all_finite(array):
            found[id(tensor)] = (name, array)
    return dict(found.values())


def _scale(array: np.ndarray) -> np.ndarray:
    numbers = np.abs(array.astype("float64"))
    usual = float(np.sqrt(np.mean(np.square(numbers))))
    return np.asarray(np.maximum(numbers, usual if usual > 0 else 1.0))


def _epsilon(tensor: Any) -> float:
    dtype = tensor.dtype
    return MACHINE_EPSILON.get(getattr(dtype, "name", str(dtype)), 0.0)


def _rounding(backward: Backward, cells: Mapping[str, np.ndarray]) -> float:
    """One machine epsilon of every number on the way, each as far as it moves the chosen cell."""
    total, seen = _epsilon(backward.target) * abs(float(backward.value)), set()
    for name, gradient in cells.items():
        tensor = backward.tensors[name]
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        reached = np.flatnonzero(gradient)
        numbers = backward.weights.get(name, to_array(tensor)).ravel()[reached].astype("float64")
        with np.errstate(all="ignore"):
            total += _epsilon(tensor) * float(np.abs(numbers * gradient.ravel()[reached]).sum())
    return float(total) if np.isfinite(total) else float("inf")
