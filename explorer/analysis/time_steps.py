"""What a call computes again and again: each named value stacked over the turns of its loop.

Turns are frames that the same place opened again and again with the same weights (a cell that a recurrent layer runs
over time), or lines of one frame that ran again and again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.analysis.flow import flow_of
from explorer.analysis.gates import Gates
from explorer.analysis.loops import Loops, Row, Site, makes, reads, site
from explorer.model.trace import Frame, Tensor, Trace

_FIXED = ("sigmoid", "hard_sigmoid", "softmax")
"""Functions whose results lie between 0 and 1."""
_GENERIC = re.compile(r"axis \d+")


@dataclass(frozen=True, eq=False)
class Stacked:
    """One named value over all turns.

    Attributes:
        function: the frame that sets it, "LSTMCell.call".
        text: the source of the expression.
        kind: "gate" (an activation's result that a part of a cut leads to), "state" (it enters the next turn), "value".
        tensor: the values, stacked: the turns are its second axis where the values have a batch, else its first.
    """

    function: str
    text: str
    kind: str
    tensor: Tensor


@dataclass(frozen=True, eq=False)
class Turns:
    """A loop.

    Attributes:
        function: what was visited repeatedly.
        count: how many turns are stacked.
        axis: the name of their axis: that of the sequence that the loop reads ("time"), else "turn".
        backwards: whether the sequence was read from its end. The stacked arrays are in the sequence's own order.
        rehearsed: whether one more visit came before and is left out, since no turn took anything from it: Keras calls
            a cell once to learn what it returns.
        values: in order of evaluation.
    """

    function: str
    count: int
    axis: str
    backwards: bool
    rehearsed: bool
    values: tuple[Stacked, ...]


def turns(trace: Trace) -> tuple[Turns, ...]:
    """The loops of a call, in order of evaluation; () where nothing that has a name runs twice."""
    reader = _Reader(trace)
    found = [reader.loop(family) for family in reader.loops.families(trace.frames)]
    found += [reader.stacked(rows[0].function, rows, ()) for rows in reader.loops.lines(trace.frames)]
    return tuple(loop for loop in found if loop is not None and loop.values)


class _Reader:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        flow = flow_of(trace)
        self.gates = Gates(flow).names()
        self.loops = Loops(trace, self.gates)
        self.values = {tensor.id: tensor.value for value in flow.values for tensor in value.tensors}
        given = [
            *trace.inputs,
            *(tensor for value in flow.values if value.maker is not None for tensor in value.tensors),
        ]
        self.recorded = list(dict.fromkeys(given))
        self.batch = trace.inputs[0].value.shape[:1] if trace.inputs else ()
        self.made = 0

    def loop(self, frames: list[Frame]) -> Turns | None:
        rows = self.loops.rows(frames)
        if len(frames) > 2 and len(rows) < len(self.loops.rows(frames[:-1])):
            frames = frames[:-1]  # the recording ended in the middle of the last turn
            rows = self.loops.rows(frames)
        return self.stacked(frames[0].function, rows, frames) if rows else None

    def stacked(self, function: str, rows: list[Row], frames: Sequence[Frame]) -> Turns:
        count = len(rows[0].steps)
        axis, backwards, rehearsed = self.order(count, frames)
        if rehearsed:
            rows = [Row(row.function, row.name, row.steps[1:]) for row in rows]
        rows = [row for row in _once(rows) if self.moves(row)]
        kinds = [_kind(row, rows, self.gates) for row in rows]
        last = self.last_axis(rows)
        values = tuple(
            self.stack(row, kind, axis, backwards, last if kind != "value" else "")
            for row, kind in zip(rows, kinds, strict=True)
        )
        return Turns(function, count - rehearsed, axis, backwards, rehearsed, values)

    def moves(self, row: Row) -> bool:
        """Whether a value belongs to the turns: numbers of one shape, and not the same weights seen again."""
        arrays = row.arrays
        if len({(array.shape, array.dtype.str) for array in arrays}) > 1 or arrays[0].dtype.kind not in "biuf":
            return False
        return arrays[0].shape[:1] == self.batch or any(not _same(arrays[0], array) for array in arrays[1:])

    def last_axis(self, rows: list[Row]) -> str:
        """What the last axis of gates and states is called: as that of the output, if a turn's value came out."""
        arrays = [array for row in rows for array in row.arrays]
        for output in self.trace.outputs:
            if output.axes and not _GENERIC.fullmatch(output.axes[-1]):
                steps = list(np.moveaxis(output.value, 1, 0)) if output.value.ndim > 2 else []
                if any(_same(array, one) for array in arrays for one in (output.value, *steps)):
                    return output.axes[-1]
        return ""

    def stack(self, row: Row, kind: str, axis: str, backwards: bool, last: str) -> Stacked:
        first = row.steps[0].values[0]
        place = 1 if first.value.ndim and first.value.shape[:1] == self.batch else 0
        arrays = row.arrays[::-1] if backwards else row.arrays
        old = first.axes if len(first.axes) == first.value.ndim else tuple(f"axis {n}" for n in range(first.value.ndim))
        if last and place and len(old) > 1 and _GENERIC.fullmatch(old[-1]):
            old = (*old[:-1], last)
        if place and _GENERIC.fullmatch(old[0]):
            old = ("batch", *old[1:])
        axes = (*old[:place], axis, *old[place:])
        self.made += 1
        fixed = row.steps[0].operation.rsplit(".", 1)[-1] in _FIXED
        tensor = Tensor(
            f"turns:{self.made}",
            row.name,
            "intermediate",
            np.stack(arrays, axis=place),
            first.dtype,
            tuple(f"axis {n}" if _GENERIC.fullmatch(name) else name for n, name in enumerate(axes)),
            "probability" if fixed else first.scale,
        )
        return Stacked(row.function, row.steps[0].text, kind, tensor)

    def order(self, count: int, frames: Sequence[Frame]) -> tuple[str, bool, bool]:
        """The name of the turns' axis, whether they go backwards, and whether the first one was a rehearsal."""
        rehearsed = len(frames) > 2 and not set(reads(frames[1:2])) & set(makes(frames[:1]))
        for skip in (False, True) if rehearsed else (False,):
            for forward, backward, axis in self.sequences(frames[skip:]):
                if forward != backward:
                    return axis, backward, skip
        known = self.trace.inputs[:1]
        if frames and known and known[0].axes[1:2] == ("time",) and not _goes_backwards(self.trace.config):
            size = known[0].value.shape[1]
            if count == size or (rehearsed and count == size + 1):
                return "time", False, count > size
        return "turn", False, False

    def sequences(self, frames: Sequence[Frame]) -> Iterator[tuple[bool, bool, str]]:
        """The recorded sequences of which each turn reads one step: whether in order, and whether from the end."""
        count = len(frames)
        if count < 2:
            return
        read = [[self.values[one] for one in set(reads([frame])) if one in self.values] for frame in frames]
        for tensor in self.recorded:
            if tensor.value.ndim < 2 or tensor.value.shape[1] != count:
                continue
            ways = (range(count), range(count - 1, -1, -1))
            forward, backward = (
                all(any(_same(array, tensor.value[:, at]) for array in one) for one, at in zip(read, way, strict=True))
                for way in ways
            )
            if forward or backward:
                named = len(tensor.axes) > 1 and not _GENERIC.fullmatch(tensor.axes[1])
                yield forward, backward, tensor.axes[1] if named else "time"


def _once(rows: list[Row]) -> list[Row]:
    """Each value once: where it was computed, not where it was only given another name."""
    best: dict[tuple[int, ...], Row] = {}
    for row in rows:
        key = tuple(map(id, row.arrays))
        if key not in best or (not best[key].steps[0].operation and row.steps[0].operation):
            best[key] = row
    return [row for row in rows if row in best.values()]


def _kind(row: Row, rows: list[Row], gates: dict[Site, str]) -> str:
    if site(row.steps[0]) in gates:
        return "gate"
    arrays = row.arrays
    for other in rows:
        if other is row or other.arrays[0].shape != arrays[0].shape:
            continue
        carried = [_same(now, later) for now, later in zip(arrays[:-1], other.arrays[1:], strict=True)]
        if 2 * sum(carried) >= len(carried) and not all(_same(*pair) for pair in itertools.pairwise(arrays)):
            return "state"
    return "value"


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one is other or (
        one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f" == other.dtype.kind)
    )


def _goes_backwards(config: Any) -> bool:
    if isinstance(config, dict):
        return config.get("go_backwards") is True or any(map(_goes_backwards, config.values()))
    return isinstance(config, list) and any(map(_goes_backwards, config))
