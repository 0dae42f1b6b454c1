"""A trace as a graph: its tensors, each under all of its names, and the operations between them.

A recording names one tensor often: it is assigned, returned by a call, put into a list, given another shape. Here it is
one value. What remains are the operations that compute or move cells. Read off the trace alone, so that the same trace
gives the same flow.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.analysis.loops import Loops, Site, makes, operands, site
from explorer.model.trace import Frame, Step, Tensor, Trace

RENAMING = frozenset(
    {"list", "tuple", "dict", "[]", "linear", "identity", "stop_gradient", "copy", "ReadVariableOp", "assign", "cast"}
    | {"convert_to_tensor", "reshape", "squeeze", "expand_dims", "map_structure", "flatten", "pack_sequence_as"}
)
"""Operations, without their library's name, whose result is what they were given if it holds the same cells in the same
arrangement: axes of one cell do not count."""

STACK = "stack"
"""The operation of a value that holds others side by side, and of which no operation was recorded."""

Turns = tuple[tuple[int, int], ...]
"""Pairs of a loop's number and a turn of it, the outermost loop first."""


@dataclass(frozen=True, eq=False)
class Value:
    """One tensor.

    Attributes:
        tensors: the recorded tensors that it is, in order; all hold the same cells in the same arrangement.
        names: what the source calls it, in order, each once.
        maker: the number of the operation that made it; None for what was given to the call.
        uses: the numbers of the operations that were given it, in order.
    """

    tensors: tuple[Tensor, ...]
    names: tuple[str, ...]
    maker: int | None
    uses: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation that computed or moved cells.

    Attributes:
        step: as it was recorded.
        at: its place, as in `explorer.experiment.Look.at`; "" in a call of which no step was recorded.
        operands: the numbers of the values that it was given, in order; one may come twice.
        results: the numbers of the values that it made.
        turns: in which turns of which loops it ran.
        needed: whether an output depends on it. Keras runs the step of a recurrent layer once more, to learn its shape.
    """

    step: Step
    at: str
    operands: tuple[int, ...]
    results: tuple[int, ...]
    turns: Turns
    needed: bool


@dataclass(frozen=True, eq=False)
class Flow:
    """A call as a graph. Values and operations are named by their positions.

    Attributes:
        values: what was given first, then in the order in which it was made.
        operations: in the order in which they ended.
        inputs, masks, weights, outputs: numbers of values, in the order of the trace.
        numbers: recorded tensor id -> number of its value.
    """

    values: tuple[Value, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    masks: tuple[int, ...]
    weights: tuple[int, ...]
    outputs: tuple[int, ...]
    numbers: dict[str, int]


def flow_of(trace: Trace) -> Flow:
    """The graph of a trace."""
    return _Builder(trace).flow()


@dataclass(eq=False)
class _Draft:
    """An operation whose need is not known yet."""

    step: Step
    at: str
    operands: tuple[int, ...]
    results: tuple[int, ...]
    turns: Turns


class _Builder:
    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.numbers: dict[str, int] = {}
        self.tensors: list[list[Tensor]] = []
        self.names: list[dict[str, None]] = []
        self.makers: list[int | None] = []
        self.drafts: list[_Draft] = []
        self.loops = 0
        self.families = Loops(trace, {}).families
        self.turns: dict[int, Turns] = {}
        """Of frames that one place opened again and again, by `id`."""

    def flow(self) -> Flow:
        trace = self.trace
        given = {
            part: tuple(self.value(tensor) for tensor in tensors)
            for part, tensors in {"inputs": trace.inputs, "masks": trace.mask, "weights": trace.weights}.items()
        }
        for tensor in trace.others:
            self.value(tensor)
        self.count_turns(trace.frames, ())
        for position, frame in enumerate(trace.frames):
            self.walk(frame, str(position), ())
        outputs = tuple(self.output(tensor) for tensor in trace.outputs)
        if not trace.frames:
            self.call_unseen(trace, outputs)
        needed = self.needed(outputs) if outputs else set(range(len(self.drafts)))  # a call that failed has none
        uses: list[list[int]] = [[] for _ in self.tensors]
        for number, draft in enumerate(self.drafts):
            for operand in dict.fromkeys(draft.operands):
                uses[operand].append(number)
        made = zip(self.tensors, self.names, self.makers, uses, strict=True)
        values = tuple(Value(tuple(all_), tuple(names), maker, tuple(used)) for all_, names, maker, used in made)
        turns = _without_idle([(draft.turns, number in needed) for number, draft in enumerate(self.drafts)])
        operations = tuple(
            Operation(draft.step, draft.at, draft.operands, draft.results, turns[number], number in needed)
            for number, draft in enumerate(self.drafts)
        )
        return Flow(values, operations, **given, outputs=outputs, numbers=self.numbers)

    def value(self, tensor: Tensor, maker: int | None = None) -> int:
        """The number of a value of its own for a tensor."""
        number = self.numbers[tensor.id] = len(self.tensors)
        self.tensors.append([tensor])
        self.names.append({})
        self.makers.append(maker)
        return number

    def count_turns(self, frames: Sequence[Frame], outer: Turns) -> None:
        """Note which frames are turns of a loop, inside turns of others too."""
        for family in self.families(frames):
            loop, self.loops = self.loops, self.loops + 1
            for turn, frame in enumerate(family):
                self.turns[id(frame)] = (*outer, (loop, turn))
                self.count_turns([frame], self.turns[id(frame)])

    def walk(self, frame: Frame, path: str, outer: Turns) -> None:
        """Take over the steps of a frame, those inside each call before the call."""
        turns = self.turns.get(id(frame), outer)
        lines = self.lines(frame, turns)
        waiting = list(enumerate(frame.children))
        for number, step in enumerate(frame.steps):
            opened = []
            while waiting and waiting[0][1].called_from <= number:
                position, child = waiting.pop(0)
                opened.append(child)
                self.walk(child, f"{path}.{position}", lines[number])
            self.take(step, f"{path}:{number}", lines[number], opened)
        for position, child in waiting:
            self.walk(child, f"{path}.{position}", turns)

    def lines(self, frame: Frame, turns: Turns) -> list[Turns]:
        """The turns of each step of a frame: a line that ran again is in a loop with those that ran as often."""
        times = Counter(map(site, frame.steps))
        loops: dict[int, int] = {}
        seen: Counter[Site] = Counter()
        found = []
        for step in frame.steps:
            place = site(step)
            if times[place] == 1:
                found.append(turns)
                continue
            if times[place] not in loops:
                loops[times[place]], self.loops = self.loops, self.loops + 1
            found.append((*turns, (loops[times[place]], seen[place])))
            seen[place] += 1
        return found

    def take(self, step: Step, at: str, turns: Turns, opened: Sequence[Frame]) -> None:
        """Add the operation of a step, or the other names of values that it only renamed."""
        given = tuple(self.numbers[one] for one in operands(step) if one in self.numbers)
        sources: Sequence[int] = ()
        if opened:
            sources = (*reversed([self.numbers[one] for one in makes(opened)]), *given)
        elif not step.operation:  # a name was set: of what, is not always recorded
            sources = given or range(len(self.tensors) - 1, -1, -1)
        elif step.operation.rsplit(".", 1)[-1] in RENAMING:
            sources = given
        results = []
        for tensor in step.values:
            if tensor.id not in self.numbers:
                source = self.source(tensor, sources)
                if source is None and not given and not step.operation:
                    given = self.stacked(tensor)
                    step = dataclasses.replace(step, operation=STACK if given else "")
                if source is None:
                    results.append(self.value(tensor, len(self.drafts)))
                else:
                    self.join(tensor, source)
            if step.target:
                self.names[self.numbers[tensor.id]][step.target] = None
        if results:
            self.drafts.append(_Draft(step, at, given, tuple(results), turns))

    def source(self, tensor: Tensor, among: Sequence[int]) -> int | None:
        """Which of some values a tensor is: the one in the same memory, else the first with the same cells."""
        for number in among:
            if any(tensor.value is one.value for one in self.tensors[number]):
                return number
        return next((number for number in among if _same_cells(self.tensors[number][-1], tensor)), None)

    def stacked(self, tensor: Tensor) -> tuple[int, ...]:
        """The values that lie in a tensor side by side, along one of its axes; () if it holds others.

        Keras gathers what a recurrent layer gave at each time step in code that is not recorded.
        """
        whole = tensor.value
        for axis, size in enumerate(whole.shape if whole.dtype.kind in "biufc" else ()):
            shape = (*whole.shape[:axis], *whole.shape[axis + 1 :])
            known = {
                tensors[0].value.tobytes(): number
                for number, tensors in enumerate(self.tensors)
                if tensors[0].value.shape == shape
                and tensors[0].value.dtype == whole.dtype
                and self.makers[number] is not None
            }
            parts = [known.get(whole.take(at, axis).tobytes()) for at in range(size)] if len(known) > 1 else []
            if len(parts) > 1 and None not in parts:
                return tuple(number for number in parts if number is not None)
        return ()

    def join(self, tensor: Tensor, number: int) -> None:
        """Note that a recorded tensor is a value."""
        self.numbers[tensor.id] = number
        self.tensors[number].append(tensor)

    def output(self, tensor: Tensor) -> int:
        """The number of an output: of the value made last that it is, else of what was given, else of its own."""
        order = sorted(range(len(self.tensors)), key=lambda number: (self.makers[number] is None, -number))
        source = self.source(tensor, order)
        if source is None:
            return self.value(tensor)
        self.join(tensor, source)
        return source

    def call_unseen(self, trace: Trace, outputs: Sequence[int]) -> None:
        """One operation for a call of which no step was recorded."""
        given = tuple(self.numbers[tensor.id] for tensor in (*trace.inputs, *trace.weights))
        results = tuple(number for number in dict.fromkeys(outputs) if number not in given)
        for number in results:
            self.makers[number] = 0
        if results:
            step = Step(0, 0, 0, 0, trace.layer, "", trace.outputs, trace.layer)
            self.drafts.append(_Draft(step, "", given, results, ()))

    def needed(self, outputs: Iterable[int]) -> set[int]:
        """The operations that an output depends on."""
        waiting, found = list(outputs), set[int]()
        while waiting:
            maker = self.makers[waiting.pop()]
            if maker is not None and maker not in found:
                found.add(maker)
                waiting += self.drafts[maker].operands
        return found


def _same_cells(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors hold the same cells in the same arrangement, in whatever number format."""
    if _arrangement(one) != _arrangement(other):
        return False
    a, b = one.value.reshape(-1), other.value.reshape(-1)
    if a.dtype == b.dtype:
        return a.tobytes() == b.tobytes() if a.dtype.kind in "biufc" else bool((a == b).all())
    numbers = a.dtype.kind in "biuf" and b.dtype.kind in "biuf"
    return numbers and np.array_equal(a.astype("float64"), b.astype("float64"), equal_nan=True)


def _arrangement(tensor: Tensor) -> list[int]:
    return [size for size in tensor.value.shape if size != 1]


def _without_idle(turns: Sequence[tuple[Turns, bool]]) -> list[Turns]:
    """The turns, counted without those in which nothing was needed; a loop of one turn is none."""
    busy: dict[int, dict[int, None]] = {}
    for pairs, needed in turns:
        for loop, turn in pairs if needed else ():
            busy.setdefault(loop, {})[turn] = None
    counts = {loop: {turn: count for count, turn in enumerate(sorted(found))} for loop, found in busy.items()}
    loops = {loop: found for loop, found in counts.items() if len(found) > 1}
    return [tuple((one, loops[one][turn]) for one, turn in pairs if turn in loops.get(one, ())) for pairs, _ in turns]
