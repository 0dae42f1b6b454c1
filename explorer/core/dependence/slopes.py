"""A cell as a function of the inputs and weights: move some of them a little both ways, and see how far it goes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import to_array
from explorer.core.dependence.cells import all_finite, is_floating, like
from explorer.core.dependence.gradient import Backward
from explorer.core.dependence.rerun import instead, tensor_of
from explorer.core.rounding import MACHINE_EPSILON
from explorer.core.tracing.record import LiveCall
from explorer.model.problem import Problem

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


@dataclass(frozen=True)
class Slope:
    """How far the chosen cell goes for each 1 that a move goes on.

    Attributes:
        up, down: as the move forth and the move back tell; at a kink they differ.
        gradient: as the backward pass says.
    """

    up: float
    down: float
    gradient: float

    @property
    def both(self) -> float:
        """As the two moves tell together."""
        return (self.up + self.down) / 2


@dataclass(frozen=True)
class Verdict:
    """Whether moving agrees with the gradients; None if it cannot be told. Of a disagreement, the slope."""

    agrees: bool | None
    slope: Slope | None = None


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

    def judged(self, move: Move) -> Verdict:
        """Whether the chosen cell goes as the gradients say.

        The bound is what rounding adds, and what the step's length adds, as two steps tell: a disagreement is believed
        where both give the same slopes. A kink, where up and down differ for good, is one for a single cell;
        among many cells there is always one.
        """
        before: Slope | None = None
        many = move.size > 1
        for number in range(STEPS):
            step = self.first / FINER**number
            now = self.slope(move, step)
            noise = self.rounding / step
            size = max(abs(now.up), abs(now.down), abs(now.gradient), self._largest if now.gradient == 0 else 0.0)
            if not np.isfinite(now.both) or noise > COARSE * size:
                return Verdict(None)
            bent = abs(now.up - now.down)
            if abs(now.both - now.gradient) <= noise + CLOSE * size and (many or bent <= 2 * noise + COARSE * size):
                return Verdict(True)
            apart = np.inf if before is None else max(abs(now.up - before.up), abs(now.down - before.down))
            if apart <= 2 * noise + CLOSE * size:
                sure = abs(now.both - now.gradient) + (0 if many else bent) > 4 * (noise + apart)
                return (
                    Verdict(False, now)
                    if sure and not (many and bent > apart + noise) and self._repeats
                    else Verdict(None)
                )
            before = now
        return Verdict(None)

    def counts(self, move: Move) -> bool:
        """Whether any of its cells has a gradient."""
        return any(bool(((by != 0) & (self.gradients[name] != 0)).any()) for name, by in move.by.items())

    def one_of(self, move: Move) -> Move:
        """One cell of a move that disagrees: of two halves, the one that is farther from its gradients, and so on."""
        step = self.first / FINER
        off = self._off(move, step)
        while move.size > 1:
            half, other = move.halves()
            one = self._off(half, step)
            move, off = (half, one) if abs(one) >= abs(off - one) else (other, off - one)
        return move

    def slope(self, move: Move, step: float) -> Slope:
        """How far the chosen cell goes for a step of 1, as this step both ways tells, and as the gradients say."""
        wanted = self.backward.tensor_id
        (highs, up), (lows, down) = (self.moved(move, by, wanted) for by in (step, -step))
        middle, expected = float(self.backward.value), 0.0
        for name, by in move.by.items():
            width = highs[name].astype("float64") - lows[name]
            if (np.abs(width - 2 * step * by) > np.abs(step * by)).any():  # so small a step is lost in the cell
                return Slope(*3 * (float("nan"),))
            expected += float(np.sum(self.gradients[name] * width))
        return Slope((self._value(up) - middle) / step, (middle - self._value(down)) / step, expected / (2 * step))

    def moved(self, move: Move, step: float, wanted: str = "") -> tuple[dict[str, np.ndarray], LiveCall | None]:
        """The moved tensors, as their types hold them, and the call on them; None if the layer refuses it.

        Args:
            move, step: which cells move, and how far.
            wanted: as of `Rerun.call`.
        """
        tensors = self.backward.tensors
        arrays = {
            name: to_array(like(self.leaves[name].astype("float64") + step * by, tensors[name]))
            for name, by in move.by.items()
        }
        try:
            changes = {name: instead(array) for name, array in arrays.items()}
            return arrays, self.backward.rerun.call(changes, wanted=wanted)
        except Problem:
            return arrays, None

    def _off(self, move: Move, step: float) -> float:
        found = self.slope(move, step)
        return found.both - found.gradient

    def _value(self, live: LiveCall | None) -> float:
        """The chosen cell; NaN where a call was refused or took another way."""
        tensor = tensor_of(live, self.backward.tensor_id) if live is not None else None
        if tensor is None or tuple(tensor.shape) != tuple(self.backward.target.shape):
            return float("nan")
        return float(to_array(tensor)[self.backward.index])

    @functools.cached_property
    def _repeats(self) -> bool:
        """Whether a call from the same start gives the same number: else what was seen says nothing."""
        return self._value(self.backward.rerun.call(wanted=self.backward.tensor_id)) == self.backward.value


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
