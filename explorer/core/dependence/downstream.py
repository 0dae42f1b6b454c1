"""Where a number goes: touch one cell, run again, and see what moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.core.arrays import to_array
from explorer.core.dependence.cells import differs, like, plain_value, with_cell
from explorer.core.dependence.request import asked
from explorer.core.dependence.rerun import Rerun, chosen
from explorer.core.tracing.live_frames import step_ids
from explorer.model.dependence import DEPENDS_NOW, DOWNSTREAM, Trail
from explorer.model.problem import Problem
from explorer.model.trace import Message

NUDGE = 2.0**-6
"""A floating-point cell is moved by about this part of itself, or of 1 where it is smaller."""


@asked
def downstream(rerun: Rerun, tensor_id: str, cell: tuple[int, ...]) -> Trail:
    """Move one cell of an input, a weight or a step a little, and tell which cells move with it.

    `downstream(experiment, tensor_id, index)` asks it of an experiment,
    `downstream(layer, inputs, tensor_id, index, training=..., mask=..., **keywords)` of a layer that you hold.

    Args:
        experiment: what to run, twice, both times from the same start.
        tensor_id: the touched tensor.
        index: the touched cell.
        attachments: arrays of uploaded files by content hash.
    Returns:
        For every step and output how far each cell moved for each 1 that the touched cell moved. Cells that are not
        floating-point numbers count 1 where they changed; so does every cell where the touched one was NaN or infinite.
    Raises:
        Problem: if the layer cannot be run, there is no such cell, or it can be neither raised nor lowered.
    """
    before = _Run(rerun, tensor_id, cell)
    chosen(before.live.tensors(), tensor_id, cell)
    if tensor_id.startswith("other:"):
        raise Problem("No recorded step gave this tensor, so it cannot be replaced to see what moves.")
    value = before.values[tensor_id][cell]
    refusal: Problem | None = None
    for moved in _moves(value):
        try:
            after = _Run(rerun, tensor_id, cell, moved)
        except Problem as problem:  # an id beyond the table, say: the other direction may do
            refusal = problem
            continue
        return _told(tensor_id, cell, before, after)
    raise refusal or Problem(
        "This cell can be neither raised nor lowered.", expected="float, int, bool", received=str(value)
    )


def _moves(value: Any) -> list[Any]:
    """What to put into the cell instead; the first that the layer takes is used."""
    if isinstance(value, np.bool_):
        return [not value]
    if isinstance(value, np.integer):
        limits = np.iinfo(value.dtype)
        return [n for n in (int(value) + 1, int(value) - 1) if limits.min <= n <= limits.max]
    if not isinstance(value, np.floating):
        return []
    if not np.isfinite(value):
        return [1.0]
    return [float(value) + 2.0 ** np.round(np.log2(max(abs(float(value)), 1.0))) * NUDGE]


class _Run:
    """One call, with another number in one cell where `moved` is one.

    Attributes:
        live: the call.
        values: the arrays of its tensors; of weights, from before it.
    """

    def __init__(self, rerun: Rerun, tensor_id: str, cell: tuple[int, ...], moved: Any = None) -> None:
        rerun.live()
        weights = rerun.weights()
        own = tensor_id in weights
        if moved is None:
            self.live = rerun.call()
        else:
            self.live = rerun.call({tensor_id: lambda array: with_cell(array, cell, moved)})
        tensors = self.live.tensors()
        self.values = {name: to_array(tensor) for name, tensor in tensors.items()}
        for _, step in self.live.steps():
            self.values |= zip(step_ids(step.number, len(step.values)), map(to_array, step.values), strict=True)
        if moved is not None and own:
            weights[tensor_id] = to_array(like(with_cell(weights[tensor_id], cell, moved), tensors[tensor_id]))
        self.values |= weights


def _told(tensor_id: str, cell: tuple[int, ...], before: _Run, after: _Run) -> Trail:
    value, moved = (run.values[tensor_id][cell] for run in (before, after))
    by = float(moved) - float(value) if value.dtype.kind != "f" or np.isfinite(value) else None
    cells, elsewhere = {}, 0
    for name, old in before.values.items():
        new = after.values.get(name)
        if name == tensor_id or name.startswith(("input:", "weight:")):
            continue
        if new is None or new.shape != old.shape or new.dtype != old.dtype:
            elsewhere += 1
            continue
        cells[name] = _change(old, new, by)
    notes = []
    if by is not None:
        notes.append(
            Message(
                "Two runs were compared: this cell held {before} in the one and {after} in the other.",
                {"before": str(value), "after": str(moved)},
            )
        )
    else:
        notes.append(
            Message(
                "This cell is {before}. Two runs were compared, one with 1 in its place: what changed is marked.",
                {"before": str(value)},
            )
        )
    if elsewhere:
        notes.append(
            Message(
                "With the other number the call took another way; tensors that cannot be compared: {count}.",
                {"count": elsewhere},
            )
        )
    return Trail(tensor_id, cell, plain_value(value), DEPENDS_NOW, DOWNSTREAM, cells, tuple(notes))


def _change(old: np.ndarray, new: np.ndarray, by: float | None) -> np.ndarray:
    """How far each cell moved for each 1 of the touched cell; 1 for a change that cannot be measured so."""
    changed = differs(old, new)
    if old.dtype.kind != "f" or by is None:
        return changed.astype("float32")
    with np.errstate(all="ignore"):
        slope = ((new.astype("float64") - old.astype("float64")) / by).astype("float32")
    return np.where(changed, np.where(np.isfinite(slope), slope, np.float32(1)), np.float32(0))
