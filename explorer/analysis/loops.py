"""Which frames and lines of a call ran in turns, and the names that each turn set. Read off the trace alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.model.trace import Frame, Step, Trace

Site = tuple[int, int, str]
"""A place in the source: a line, a column, and the text there."""


@dataclass(frozen=True, eq=False)
class Row:
    """A named value as it was set in each turn.

    Attributes:
        function: the frame that sets it.
        name: what the source calls it.
        steps: the step that set it, one for each turn; each has one value.
    """

    function: str
    name: str
    steps: tuple[Step, ...]

    @property
    def arrays(self) -> list[np.ndarray]:
        """The values, in order."""
        return [step.values[0].value for step in self.steps]


def repeats(trace: Trace) -> bool:
    """Whether something in a call may have run in turns. Quick; a closer look may find that it did not."""
    waiting = list(trace.frames)
    while waiting:
        frame = waiting.pop()
        lines = Counter(site(step) for step in frame.steps if step.target)
        opened = Counter((child.function, _opened_at(frame, child)) for child in frame.children if _names(child))
        if max([*lines.values(), *opened.values()], default=0) > 1:
            return True
        waiting += frame.children
    return False


class Loops:
    """The loops of a call.

    Args:
        trace: the call.
        gates: expressions without a name of their own that are called something all the same.
    """

    def __init__(self, trace: Trace, gates: dict[Site, str]) -> None:
        self._gates = gates
        self._weights = {weight.id for weight in trace.weights}
        self._read: dict[int, frozenset[str]] = {}

    def families(self, frames: Sequence[Frame]) -> Iterator[list[Frame]]:
        """Frames that one place opened again and again, with the same weights. A loop inside a turn is not followed."""
        for frame in frames:
            groups: dict[object, list[Frame]] = {}
            for child in frame.children:
                groups.setdefault((self._key(child), _opened_at(frame, child)), []).append(child)
            for group in groups.values():
                if len(group) > 1:
                    yield group
                else:
                    yield from self.families(group)

    def rows(self, frames: Sequence[Frame]) -> list[Row]:
        """Every name that each turn sets, as it stands at the end of the turn; deeper frames first."""
        found = []
        for position in self._positions(frames):
            named = [self._named(frame) for frame in position]
            names = [name for name in named[0] if all(name in one for one in named)]
            found += [Row(position[0].function, name, tuple(one[name] for one in named)) for name in names]
        return found

    def lines(self, frames: Sequence[Frame]) -> Iterator[list[Row]]:
        """Names that one frame sets again and again at the same place; those that it sets equally often together."""
        for frame in frames:
            visits: dict[Site, list[Step]] = {}
            for step in frame.steps:
                if step.target and len(step.values) == 1:
                    visits.setdefault(site(step), []).append(step)
            loops: dict[int, list[Row]] = {}
            for steps in visits.values():
                if len(steps) > 1:
                    loops.setdefault(len(steps), []).append(Row(frame.function, steps[0].target, tuple(steps)))
            yield from loops.values()
            yield from self.lines(frame.children)

    def _positions(self, frames: Sequence[Frame]) -> Iterator[Sequence[Frame]]:
        """The frames of all turns that stand at the same place."""
        counts = [Counter(self._key(child) for child in frame.children) for frame in frames]
        for child in frames[0].children:
            key = self._key(child)
            if all(one[key] == 1 for one in counts):
                yield from self._positions([c for frame in frames for c in frame.children if self._key(c) == key])
        yield frames

    def _named(self, frame: Frame) -> dict[str, Step]:
        names: dict[str, Step] = {}
        for step in frame.steps:
            name = self._gates.get(site(step)) or step.target
            if name and len(step.values) == 1:
                names.pop(name, None)
                names[name] = step
        return names

    def _key(self, frame: Frame) -> tuple[object, ...]:
        return frame.function, frame.source, frame.first_line, self._weights_of(frame)

    def _weights_of(self, frame: Frame) -> frozenset[str]:
        """What two sub-layers of one class do not share."""
        if id(frame) not in self._read:
            own = {one for step in frame.steps for one in operands(step) if one in self._weights}
            self._read[id(frame)] = frozenset(own).union(*map(self._weights_of, frame.children))
        return self._read[id(frame)]


def operands(step: Step) -> Iterator[str]:
    """The ids of the tensors that a step was given."""
    for operand in step.operands:
        yield from operand.tensors


def site(step: Step) -> Site:
    """Where a step stands."""
    return step.line, step.column, step.text


def reads(frames: Iterable[Frame]) -> Iterator[str]:
    """The ids of the tensors that frames were given."""
    for frame in frames:
        for step in frame.steps:
            yield from operands(step)
        yield from reads(frame.children)


def makes(frames: Iterable[Frame]) -> Iterator[str]:
    """The ids of the tensors that frames gave, in the order in which they were given: inside a call before the call."""
    for frame in frames:
        waiting = list(frame.children)
        for number, step in enumerate(frame.steps):
            while waiting and waiting[0].called_from <= number:
                yield from makes((waiting.pop(0),))
            yield from (tensor.id for tensor in step.values)
        yield from makes(waiting)


def _opened_at(parent: Frame, child: Frame) -> Site | None:
    return site(parent.steps[child.called_from]) if child.called_from < len(parent.steps) else None


def _names(frame: Frame) -> bool:
    return any(step.target and len(step.values) == 1 for step in frame.steps) or any(map(_names, frame.children))
