"""Whether the gradients of a trail are slopes.

A backward pass need not be the derivative: it may be reversed, passed straight through a rounding, stopped, clipped, or
an approximation, as TensorFlow's is for image transforms. So a few moves are made, each both ways: the input's cell of
the largest gradient, all cells without a gradient together, the weights' cell of the largest gradient, and all cells
with one together, up or down at random. Of a large call all cells are moved together, and one alone only if that tells
nothing. A move of many cells that disagrees is halved until one cell is found.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from explorer.core.dependence.cells import is_floating
from explorer.core.dependence.false_gradient import false_step
from explorer.core.dependence.gradient import Backward, is_finite
from explorer.core.dependence.slopes import FINER, Move, Slope, Slopes
from explorer.model.dependence import Checked, Disagreement
from explorer.model.trace import Message

LARGE = 100
"""A call of more work is large: its steps, and 1 for every 2,000 cells of the tensors on the way."""


def check(backward: Backward, cells: Mapping[str, np.ndarray]) -> Checked | None:
    """Compare a trail's gradients with what moving cells gives.

    Args:
        backward: the call and the chosen cell.
        cells: its gradients.
    Returns:
        What came of it; None if the chosen cell has no gradient or is where trails begin.
    """
    given = backward.tensor_id.partition(":")[0] in ("input", "weight")
    if given or not is_floating(backward.target) or not is_finite(backward.value):
        return None
    slopes = Slopes(backward, cells)
    work = len(backward.live.steps()) + sum(array.size for array in cells.values()) / 2000
    moved, agreeing = ({name: np.zeros(array.shape, bool) for name, array in slopes.leaves.items()} for _ in range(2))
    found: dict[tuple[str, tuple[int, ...]], Disagreement] = {}
    for move in _few(slopes) if work > LARGE else _moves(slopes):
        if found and move.size > 1 and slopes.counts(move):  # it would find that one again
            continue
        verdict = slopes.judged(move)
        if verdict.slope is not None and move.size > 1:
            move = slopes.one_of(move)
            verdict = slopes.judged(move)
        for name, by in move.by.items():
            moved[name] |= by != 0
            agreeing[name] |= (by != 0) & bool(verdict.agrees)
        if verdict.slope is not None:
            wrong = _disagreement(slopes, move, verdict.slope)
            found.setdefault((wrong.tensor_id, wrong.index), wrong)
        if work > LARGE and (verdict.agrees or found):
            break
    return Checked(_count(moved), _count(agreeing), tuple(found.values()))


def _count(cells: Mapping[str, np.ndarray]) -> int:
    return sum(int(np.count_nonzero(array)) for array in cells.values())


def told(backward: Backward, checked: Checked | None) -> Iterator[Message]:
    """The check in words, where there is something to say."""
    if checked is None:
        return
    for wrong in checked.disagreeing:
        cell = f"{_name(backward, wrong.tensor_id)}{list(wrong.index)}"
        numbers = {name: f"{getattr(wrong, name):.3g}" for name in ("gradient", "moved", "up", "down")}
        if wrong.kink:
            yield Message(
                "{cell} is at a kink: moving it up gives {up}, moving it down {down}; its gradient is {gradient}.",
                {"cell": cell, "up": numbers["up"], "down": numbers["down"], "gradient": numbers["gradient"]},
            )
        else:
            yield Message(
                "{cell}: the gradient is {gradient}, but moving that cell gives {moved}.",
                {"cell": cell, "gradient": numbers["gradient"], "moved": numbers["moved"]},
            )
    steps = " · ".join(dict.fromkeys(wrong.step for wrong in checked.disagreeing if wrong.step))
    if steps:
        yield Message(
            "The gradient of this step is not its derivative: {steps}. What lies before it may count more or less than "
            "its rims say.",
            {"steps": steps},
        )
    elif not all(wrong.kink for wrong in checked.disagreeing):
        yield Message("A gradient on the way is not a derivative. Cells may count more or less than their rims say.")
    elif checked.moved and not checked.agreeing and not checked.disagreeing:
        yield Message(
            "These gradients could not be checked by moving cells: a kink or a jump is near, or numbers of {dtype} are "
            "too coarse.",
            {"dtype": backward.target.dtype if isinstance(backward.target.dtype, str) else backward.target.dtype.name},
        )


def _moves(slopes: Slopes) -> Iterator[Move]:
    weights = [name for name in slopes.leaves if name.startswith("weight:")]
    yield from _largest(slopes, [name for name in slopes.leaves if name not in weights])
    yield from _together(slopes, {name: gradient == 0 for name, gradient in slopes.gradients.items()}, 1)
    yield from _largest(slopes, weights)
    yield from _together(slopes, {name: gradient != 0 for name, gradient in slopes.gradients.items()}, 2)


def _few(slopes: Slopes) -> Iterator[Move]:
    yield from _together(slopes, {name: np.ones(scale.shape, bool) for name, scale in slopes.scales.items()}, 1)
    yield from _largest(slopes, slopes.leaves)


def _largest(slopes: Slopes, names: Iterable[str]) -> Iterator[Move]:
    """The cell of these tensors that counts most."""
    found, most = None, 0.0
    for name in names:
        counts = np.abs(slopes.gradients[name] * slopes.scales[name])
        place = np.unravel_index(int(counts.argmax()), counts.shape)
        if counts[place] > most:
            found, most = (name, place), counts[place]
    if found is not None:
        name, place = found
        by = np.zeros(slopes.scales[name].shape)
        by[place] = slopes.scales[name][place]
        yield Move({name: by})


def _together(slopes: Slopes, chosen: Mapping[str, np.ndarray], least: int) -> Iterator[Move]:
    """These cells, each up or down at random, if there are enough of them."""
    generator = np.random.default_rng(slopes.backward.rerun.seed)
    move = Move(
        {
            name: np.where(cells, slopes.scales[name] * (1 - 2 * generator.integers(0, 2, cells.shape)), 0)
            for name, cells in chosen.items()
            if cells.any()
        }
    )
    if move.size >= least:
        yield move


def _disagreement(slopes: Slopes, move: Move, slope: Slope) -> Disagreement:
    """What is to be told of a move of one cell that disagrees."""
    ((name, by),) = ((name, by) for name, by in move.by.items() if by.any())
    cell = tuple(int(place) for place in np.argwhere(by)[0])
    forth, back = slope.up / float(by[cell]), slope.down / float(by[cell])
    up, down = (forth, back) if by[cell] > 0 else (back, forth)
    found = Disagreement(name, cell, float(slopes.gradients[name][cell]), up, down)
    return found if found.kink else dataclasses.replace(found, step=_step(slopes, name, by))


def _step(slopes: Slopes, name: str, by: np.ndarray) -> str:
    """The step to blame."""
    move = Move({name: by})
    runs = []
    for step in (slopes.first, slopes.first / FINER):
        (_, up), (_, down) = (slopes.moved(move, way * step) for way in (1, -1))
        if up is not None and down is not None:
            runs.append((step, up, down))
    return false_step(slopes.backward, name, by, runs) if len(runs) == 2 else ""


def _name(backward: Backward, tensor_id: str) -> str:
    kind, _, rest = tensor_id.partition(":")
    return backward.rerun.input_name(int(rest)) if kind == "input" else rest if kind == "weight" else tensor_id
