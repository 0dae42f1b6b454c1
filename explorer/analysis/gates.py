"""How a call cuts its weights into parts, and which gate each part serves: read off a trace, whatever the class.

A recurrent layer multiplies once for all of its gates and cuts the product afterwards (or cuts the kernel before). The
trace tells both: the step that cuts, and, by following each part to the first activation function, the name that the
source gives to what comes out. So an LSTM's kernel is cut into i, f, c~ and o because its code does so, not because of
its class. An activation's result without a name of its own is called after the next name, with "~": the `tanh(z2)` in
`c = f * c_tm1 + i * tanh(z2)` is "c~".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer.model.trace import Frame, Step, Tensor, Trace

Site = tuple[int, int, str]
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
    tensor: str


def cuts(trace: Trace) -> tuple[Cut, ...]:
    """The weights that the call cuts into parts, in the order of the trace; () where it cuts none."""
    flow = Flow(trace)
    found: dict[str, Cut] = {}
    for whole, parts in flow.wholes():
        for weight in flow.weights_before(whole, parts[-1].stop):
            found.setdefault(weight.id, _cut(weight, parts, flow))
    return tuple(found[weight.id] for weight in trace.weights if weight.id in found)


def _cut(weight: Tensor, parts: list[_Part], flow: Flow) -> Cut:
    names = [", ".join(flow.gates(part.tensor)) or str(number) for number, part in enumerate(parts)]
    tensors = tuple(
        replace(
            weight,
            id=f"part:{weight.id}:{number}",
            name=f"{weight.name.rsplit('/', 1)[-1]} · {name}",
            value=weight.value[..., part.start : part.stop],
        )
        for number, (name, part) in enumerate(zip(names, parts, strict=True))
    )
    return Cut(weight, tensors)


class Flow:
    """Who made and who takes each tensor of a trace."""

    def __init__(self, trace: Trace) -> None:
        self.weights = {weight.id: weight for weight in trace.weights}
        self.values = {tensor.id: tensor.value for tensor in (*trace.inputs, *trace.weights)}
        self.makers: dict[str, Step] = {}
        self.takers: dict[str, list[Step]] = {}
        self.steps = list(_steps(trace.frames))
        for step in self.steps:
            for tensor in step.values:
                self.values[tensor.id] = tensor.value
                self.makers.setdefault(tensor.id, step)
            for tensor_id in operands(step):
                self.takers.setdefault(tensor_id, []).append(step)

    def gate_names(self) -> dict[Site, str]:
        """The places of all activations that a part of a cut leads to, with their names."""
        sites: dict[Site, str] = {}
        for _, parts in self.wholes():
            for part in parts:
                for step in self._activations(part.tensor):
                    sites.setdefault(site(step), self._name(step))
        return sites

    def wholes(self) -> Iterator[tuple[str, list[_Part]]]:
        """Every tensor that is cut along its last axis, completely, with its parts in order."""
        for tensor_id in [*self.weights, *self.makers]:
            whole = self.values.get(tensor_id)
            takers = self.takers.get(tensor_id, [])
            if whole is None or not whole.ndim or not takers:
                continue
            slices = {(p.start, p.stop): p for step in reversed(takers) if (p := self._slice(step)) is not None}
            for parts in (*map(self._split, takers), list(slices.values())):  # of each slice the first turn's
                ordered = sorted((part for part in parts if part.stop > part.start), key=lambda part: part.start)
                edges = [0, *(part.stop for part in ordered)]
                if len(ordered) > 1 and edges[:-1] == [p.start for p in ordered] and edges[-1] == whole.shape[-1]:
                    yield tensor_id, ordered
                    break

    def weights_before(self, tensor_id: str, size: int) -> Iterator[Tensor]:
        """The weights whose last axis became the last axis of a tensor, by products and element-wise steps."""
        waiting, seen = [tensor_id], {tensor_id}
        while waiting:
            current = waiting.pop(0)
            if current in self.weights:
                yield self.weights[current]
                continue
            maker = self.makers.get(current)
            if maker is None:
                continue
            before = list(operands(maker))
            if maker.operation.rsplit(".", 1)[-1] in _PRODUCTS:
                before = before[-1:]  # the last axis of a product is that of its second factor
            for one in before:
                value = self.values.get(one)
                if one not in seen and value is not None and value.ndim and value.shape[-1] == size:
                    seen.add(one)
                    waiting.append(one)

    def gates(self, part: str) -> list[str]:
        """The names of what the first activations after a part give."""
        return list(dict.fromkeys(self._name(step) for step in self._activations(part)))

    def _activations(self, tensor_id: str) -> list[Step]:
        waiting, seen, found = [tensor_id], {tensor_id}, []
        while waiting:
            for step in self.takers.get(waiting.pop(0), []):
                if _is_activation(step):
                    found.append(step)
                    continue
                new = [value.id for value in step.values if value.id not in seen]
                seen.update(new)
                waiting += new
        return found

    def _name(self, step: Step) -> str:
        if step.target:
            return step.target
        while step.values and not step.target:
            takers = self.takers.get(step.values[0].id, [])
            if not takers:
                return step.text
            step = takers[0]
        return f"{step.target}~" if step.target else step.text

    def _split(self, step: Step) -> list[_Part]:
        whole = self.values.get(next(operands(step), ""))
        values = [value.value for value in step.values]
        if whole is None or len(values) < 2 or any(value.ndim != whole.ndim for value in values):
            return []
        if any(value.shape[:-1] != whole.shape[:-1] for value in values):
            return []
        if not np.array_equal(np.concatenate(values, axis=-1), whole, equal_nan=whole.dtype.kind == "f"):
            return []
        ends = np.cumsum([value.shape[-1] for value in values]).tolist()
        return [_Part(s, e, value.id) for s, e, value in zip([0, *ends[:-1]], ends, step.values, strict=True)]

    def _slice(self, step: Step) -> _Part | None:
        match = _SLICE.search(step.operands[-1].text) if step.operation == "[]" and step.operands else None
        whole = self.values.get(next(operands(step), ""))
        if match is None or whole is None or len(step.values) != 1:
            return None
        start, stop = (None if end == "None" else int(end) for end in match.groups())
        start, stop, _ = slice(start, stop).indices(whole.shape[-1])
        part = step.values[0].value
        alike = np.array_equal(whole[..., start:stop], part, equal_nan=whole.dtype.kind == "f")
        return _Part(start, stop, step.values[0].id) if alike else None


def operands(step: Step) -> Iterator[str]:
    """The ids of the tensors that a step was given."""
    for operand in step.operands:
        yield from operand.tensors


def site(step: Step) -> Site:
    """Where a step stands."""
    return step.line, step.column, step.text


def _is_activation(step: Step) -> bool:
    return step.operation.startswith("keras.activations.") or step.operation.rsplit(".", 1)[-1] in _ACTIVATIONS


def _steps(frames: Iterable[Frame]) -> Iterator[Step]:
    for frame in frames:
        yield from frame.steps
        yield from _steps(frame.children)
