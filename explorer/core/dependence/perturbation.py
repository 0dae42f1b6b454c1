"""Which cells could matter to one cell: put other numbers into them, one at a time, and see whether it changes.

A gradient says what matters at this point; this finds what matters at some point. It draws inputs and trainable
weights at random, sixteen times, and needs no gradients, so token ids and argmax are no obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from explorer.core.dependence.cells import with_cell
from explorer.core.dependence.probe import Probe, Start
from explorer.core.dependence.request import asked
from explorer.core.dependence.rerun import Rerun
from explorer.model.dependence import COULD_DEPEND, UPSTREAM, Trail
from explorer.model.problem import Problem
from explorer.model.trace import Message

DRAWS = 16
"""So often other inputs and weights are drawn; the first time they are the experiment's own."""
MAX_WORK = 40_000
"""How much may be computed in all: each pass costs its steps, and 1 for every 2,000 cells that it makes."""
MAX_CHOICES = 4096
"""Ids are drawn from at most so many."""
MAX_PASS_CELLS = 1_000_000
"""A batch of rows, one for each replaced cell, is cut into passes that make about so many cells."""


@asked
def could_depend(rerun: Rerun, tensor_id: str, index: tuple[int, ...]) -> Trail:
    """Tell which cells of every recorded tensor can change the chosen cell, for some inputs and trainable weights.

    `could_depend(experiment, tensor_id, index)` asks it of an experiment,
    `could_depend(layer, inputs, tensor_id, index, training=..., mask=..., **keywords)` of a layer that you hold.

    Where one row of the batch has nothing to do with another, which is tried first, one pass answers for all cells of
    a tensor: each row of a batch has another cell replaced. Elsewhere every cell takes a pass.

    Args:
        experiment: what to run.
        tensor_id: the chosen tensor.
        index: the chosen cell.
        attachments: arrays of uploaded files by content hash.
    Returns:
        For every tensor that came before, which cells were seen to change the chosen one by more than rounding could.
    Raises:
        Problem: if the layer cannot be run, or there is no such cell.
    """
    probe = Probe(rerun, tensor_id, index)
    search = _Search(probe, rerun.seed)
    search.run()
    return Trail(tensor_id, probe.index, probe.value, COULD_DEPEND, UPSTREAM, search.cells(), tuple(search.notes()))


@dataclass(eq=False)
class _Source:
    """A tensor whose cells are tried.

    Attributes:
        name: its id.
        found: which cells matter, as far as is known.
        choices: the values to draw from, where it does not hold floating-point numbers.
        draws: how many draws have been tried to the end.
    """

    name: str
    found: np.ndarray
    choices: np.ndarray | None = None
    draws: int = 0
    refused: set[int] = field(default_factory=set)


class _Search:
    def __init__(self, probe: Probe, seed: int) -> None:
        self._probe = probe
        self._random = np.random.default_rng(seed)
        self._left, self._passes = float(MAX_WORK), 0
        self._sources = [_Source(name, np.zeros(value.shape, bool), _choices(value)) for name, value in probe.sources()]
        self._widen_choices()

    def run(self) -> None:
        """Inputs first, through all draws; then weights and steps, draw by draw."""
        inputs = [source for source in self._sources if source.name.startswith("input:")]
        others = [source for source in self._sources if not source.name.startswith("input:")]
        for sources in (inputs, others):
            for draw in range(DRAWS):
                open_sources = [source for source in sources if not source.found.all()]
                if not open_sources:
                    break
                start = self._start(draw)
                if start is None:
                    continue
                for source in open_sources:
                    if not self._try(source, start):
                        return

    def cells(self) -> dict[str, np.ndarray]:
        """The cells that were found; a tensor that is known by two ids has one array."""
        return self._probe.with_aliases({source.name: source.found for source in self._sources})

    def notes(self) -> list[Message]:
        """How it was found, and what was not tried."""
        if not self._sources:
            return [Message("Inputs and weights are where trails begin: nothing in this call made this number.")]
        notes = [
            Message(
                "Found by trying other numbers in one cell at a time, in {passes} runs: these cells at least.",
                {"passes": self._passes},
            )
        ]
        cut = [source.name for source in self._sources if source.draws < DRAWS and not source.found.all()]
        if self._left <= 0 and cut:
            notes.append(
                Message(
                    "Cut at its limit: {count} tensors had fewer draws, so more of their cells may matter.",
                    {"count": len(cut)},
                )
            )
        refused = [source.name for source in self._sources if source.refused]
        if refused:
            notes.append(
                Message(
                    "The layer refused every other value that was tried in some cells of {names}.",
                    {"names": ", ".join(refused[:5])},
                )
            )
        if self._probe.replaced_nan:
            notes.append(Message("NaN and infinity were replaced by ordinary numbers first."))
        return notes

    # -- draws
    def _start(self, draw: int) -> Start | None:
        """Inputs and weights to start from, and what the chosen cell is with them."""
        own = self._probe.own
        arrays, weights = list(own.arrays), dict(own.weights)
        if draw:
            choices = {source.name: source.choices for source in self._sources}
            for place, array in enumerate(arrays):
                arrays[place] = self._drawn(array, choices.get(f"input:{place}"), 3.0)
            for name in self._probe.trainable:
                weights[name] = self._drawn(weights[name], None, 1.0)
        try:
            start = self._probe.start(arrays, weights)
        except Problem:  # an input that the layer refuses: the next draw may do
            return None
        self._pay(0)
        return start

    def _drawn(self, array: np.ndarray, choices: np.ndarray | None, scale: float) -> np.ndarray:
        if choices is not None:
            return self._random.choice(choices, array.shape).astype(array.dtype)
        return (self._random.standard_normal(array.shape) * scale).astype(array.dtype)

    def _others(self, values: np.ndarray, choices: np.ndarray | None) -> np.ndarray:
        """For every value, another one to put in its place."""
        if choices is not None:
            places = np.searchsorted(choices, values) if len(choices) > 1 else np.zeros(values.shape, int)
            shift = self._random.integers(1, max(2, len(choices)), values.shape)
            return choices[(places + shift) % len(choices)].astype(values.dtype)
        with np.errstate(all="ignore"):
            spread = np.nan_to_num(values.astype("float64").std(), nan=1.0, posinf=1.0) if values.size else 1.0
        return (self._random.standard_normal(values.shape) * 3 * max(1.0, float(spread))).astype(values.dtype)

    def _widen_choices(self) -> None:
        """Draw ids from 0 to one beyond the highest that is there, as far as the layer takes them."""
        for source in self._sources:
            if source.choices is None or source.choices.dtype.kind not in "iu" or not source.name.startswith("input:"):
                continue
            lowest, highest = int(source.choices.min()), int(source.choices.max())
            ranges = [range(min(0, lowest), highest + 1), range(highest + 1, highest + 2)]
            for new in ranges:
                wider = np.union1d(source.choices, np.array(new[:MAX_CHOICES])).astype(source.choices.dtype)
                if self._takes(source.name, wider):
                    source.choices = wider

    def _takes(self, name: str, choices: np.ndarray) -> bool:
        """Whether the layer takes the highest and the lowest of these values."""
        arrays, place = list(self._probe.own.arrays), int(name.removeprefix("input:"))
        array = arrays[place]
        arrays[place] = np.resize(choices[[-1, 0]], array.shape).astype(array.dtype)
        try:
            self._probe.start(arrays, self._probe.own.weights)
        except Problem:
            return False
        return True

    # -- one tensor, one draw
    def _try(self, source: _Source, start: Start) -> bool:
        """Try a tensor's cells with one draw. False when the limit is reached."""
        rows = start.rows(source.name)
        done = self._try_rows(source, start, rows) if rows is not None else self._try_cells(source, start)
        source.draws += done
        return done

    def _try_rows(self, source: _Source, start: Start, rows: np.ndarray) -> bool:
        """All cells of the chosen cell's row at once, each in a row of its own; `rows` is that row."""
        place = self._probe.index[0]
        todo = np.flatnonzero(~source.found[place].ravel())
        width = max(1, MAX_PASS_CELLS // max(1, self._probe.row_cells))
        others = self._others(rows.ravel(), source.choices)
        for first in range(0, len(todo), width):
            part = todo[first : first + width]
            if not self._pay(len(part) + 1):
                return False
            try:
                changed = start.changed_rows(source.name, part, others[part])
            except Problem:
                source.refused.update(map(int, part))
                continue
            source.found[place].reshape(-1)[part[changed]] = True  # a view: the array is in C order
        return True

    def _try_cells(self, source: _Source, start: Start) -> bool:
        values = start.values[source.name]
        others = self._others(values, source.choices)
        for number in np.flatnonzero(~source.found.ravel()):
            cell = tuple(int(i) for i in np.unravel_index(number, source.found.shape))
            if not self._pay(0):
                return False
            try:
                if start.changed_by(source.name, with_cell(values, cell, others[cell])):
                    source.found[cell] = True
            except Problem:
                source.refused.add(int(number))
        return True

    def _pay(self, rows: int) -> bool:
        if self._left <= 0:
            return False
        self._left -= self._probe.steps + 1 + (self._probe.row_cells * rows or self._probe.all_cells) / 2000
        self._passes += 1
        return True


def _choices(array: np.ndarray) -> np.ndarray | None:
    """What to draw from: nothing for floating-point numbers, else the values that are there."""
    if array.dtype.kind == "f":
        return None
    if array.dtype.kind == "b":
        return np.array([False, True])
    return np.unique(array)
