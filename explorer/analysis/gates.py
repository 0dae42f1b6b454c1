"""How a call cuts its weights into parts, and which gate each part serves: read off a trace, whatever the class.

A recurrent layer multiplies once for all of its gates and cuts the product afterwards (or cuts the kernel before). The
trace tells both: the step that cuts, and, by following each part to the first activation function, the name that the
source gives to what comes out. So an LSTM's kernel is cut into i, f, c~ and o because its code does so, not because of
its class. An activation's result without a name of its own is called after the next name, with "~": the `tanh(z2)` in
`c = f * c_tm1 + i * tanh(z2)` is "c~".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer.analysis.flow import Flow, Operation, flow_of
from explorer.analysis.loops import Site, operands, site
from explorer.model.trace import Step, Tensor, Trace

_SLICE = re.compile(r"slice\((None|\d+), (None|\d+), None\)\)?$")
_ACTIVATIONS = ("sigmoid", "hard_sigmoid", "tanh", "relu", "softmax")
_PRODUCTS = ("matmul", "dot", "@")


@dataclass(frozen=True, eq=False)
class Cut:
    """A weight, and its parts along the last axis.

    Attributes:
        weight: the whole.
        parts: in order; each is named after the weight and the gate that it serves.
    """

    weight: Tensor
    parts: tuple[Tensor, ...]


@dataclass(frozen=True)
class _Part:
    start: int
    stop: int
    value: int


def cuts(trace: Trace) -> tuple[Cut, ...]:
    """The weights that the call cuts into parts, in the order of the trace; () where it cuts none."""
    gates = Gates(flow_of(trace))
    found: dict[int, Cut] = {}
    for whole, parts in gates.wholes():
        for weight in gates.weights_before(whole, parts[-1].stop):
            if weight not in found:
                found[weight] = gates.cut(weight, parts)
    return tuple(found[weight] for weight in gates.flow.weights if weight in found)


class Gates:
    """The parts that a call cuts a tensor into, and what each of them leads to."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._tensors = {tensor.id: tensor for value in flow.values for tensor in value.tensors}

    def names(self) -> dict[Site, str]:
        """The places of all activations that a part of a cut leads to, with their names."""
        sites: dict[Site, str] = {}
        for _, parts in self.wholes():
            for part in parts:
                for operation in self._activations(part.value):
                    sites.setdefault(site(operation.step), self._name(operation))
        return sites

    def wholes(self) -> Iterator[tuple[int, list[_Part]]]:
        """Every value that is cut along its last axis, completely, with its parts in order."""
        for number, value in enumerate(self.flow.values):
            if value.maker is None and number not in self.flow.weights:
                continue
            steps = [self.flow.operations[use].step for use in value.uses]
            slices = {(p.start, p.stop): p for step in reversed(steps) if (p := self._slice(step)) is not None}
            for parts in (*map(self._split, steps), list(slices.values())):  # of each slice the first turn's
                ordered = sorted((part for part in parts if part.stop > part.start), key=lambda part: part.start)
                edges = [0, *(part.stop for part in ordered)]
                size = value.tensors[0].value.shape[-1:]
                if len(ordered) > 1 and edges[:-1] == [p.start for p in ordered] and (edges[-1],) == size:
                    yield number, ordered
                    break

    def weights_before(self, number: int, size: int) -> Iterator[int]:
        """The weights whose last axis became the last axis of a value, by products and element-wise operations."""
        waiting, seen = [number], {number}
        while waiting:
            current = waiting.pop(0)
            if current in self.flow.weights:
                yield current
                continue
            maker = self.flow.values[current].maker
            if maker is None:
                continue
            step = self.flow.operations[maker].step
            before = list(operands(step))
            if step.operation.rsplit(".", 1)[-1] in _PRODUCTS:
                before = before[-1:]  # the last axis of a product is that of its second factor
            for name in before:
                one = self.flow.numbers.get(name)
                if one is not None and one not in seen and self._tensors[name].value.shape[-1:] == (size,):
                    seen.add(one)
                    waiting.append(one)

    def cut(self, weight: int, parts: list[_Part]) -> Cut:
        """A weight, cut into parts."""
        whole = self.flow.values[weight].tensors[0]
        names = [self._gates(part.value) or str(number) for number, part in enumerate(parts)]
        tensors = tuple(
            replace(
                whole,
                id=f"part:{whole.id}:{number}",
                name=f"{whole.name.rsplit('/', 1)[-1]} · {name}",
                value=whole.value[..., part.start : part.stop],
            )
            for number, (name, part) in enumerate(zip(names, parts, strict=True))
        )
        return Cut(whole, tensors)

    def _gates(self, part: int) -> str:
        """The names of what the first activations after a part give."""
        return ", ".join(dict.fromkeys(self._name(operation) for operation in self._activations(part)))

    def _activations(self, number: int) -> list[Operation]:
        waiting, seen, found = [number], {number}, []
        while waiting:
            for use in self.flow.values[waiting.pop(0)].uses:
                operation = self.flow.operations[use]
                if _is_activation(operation.step):
                    found.append(operation)
                    continue
                new = [one for one in operation.results if one not in seen]
                seen.update(new)
                waiting += new
        return found

    def _name(self, operation: Operation) -> str:
        """What an activation's result is called, or what is made of it."""
        first, mark = operation, ""
        while True:
            value = self.flow.values[operation.results[0]]
            if value.names:
                return value.names[0] + mark
            if not value.uses:
                return first.step.text
            operation, mark = self.flow.operations[value.uses[0]], "~"

    def _split(self, step: Step) -> list[_Part]:
        whole = self._whole(step)
        values = [value.value for value in step.values]
        if whole is None or len(values) < 2 or any(value.ndim != whole.ndim for value in values):
            return []
        if any(value.shape[:-1] != whole.shape[:-1] for value in values):
            return []
        if not np.array_equal(np.concatenate(values, axis=-1), whole, equal_nan=whole.dtype.kind == "f"):
            return []
        ends = np.cumsum([value.shape[-1] for value in values]).tolist()
        numbers = [self.flow.numbers[value.id] for value in step.values]
        return [_Part(s, e, number) for s, e, number in zip([0, *ends[:-1]], ends, numbers, strict=True)]

    def _slice(self, step: Step) -> _Part | None:
        match = _SLICE.search(step.operands[-1].text) if step.operation == "[]" and step.operands else None
        whole = self._whole(step)
        if match is None or whole is None or len(step.values) != 1:
            return None
        start, stop = (None if end == "None" else int(end) for end in match.groups())
        start, stop, _ = slice(start, stop).indices(whole.shape[-1])
        part = step.values[0]
        alike = np.array_equal(whole[..., start:stop], part.value, equal_nan=whole.dtype.kind == "f")
        return _Part(start, stop, self.flow.numbers[part.id]) if alike else None

    def _whole(self, step: Step) -> np.ndarray | None:
        """What a step was given first, if it has an axis that can be cut."""
        tensor = self._tensors.get(next(operands(step), ""))
        return tensor.value if tensor is not None and tensor.value.ndim else None


def _is_activation(step: Step) -> bool:
    return step.operation.startswith("keras.activations.") or step.operation.rsplit(".", 1)[-1] in _ACTIVATIONS
