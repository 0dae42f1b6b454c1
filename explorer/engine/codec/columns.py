"""A trace as columns: few long lists instead of many small mappings.

A source text is sent once, a site (a place in a source) once, an array once; a step is the number of its site and the
numbers of its tensors, a tensor the number of its kind (everything but its id and its value). An LSTM over 50 steps
makes 1,416 steps out of a few dozen sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.engine.codec.reading import boolean, column, items, optional, readable, text, texts, whole
from explorer.engine.codec.simple import check_from_json, check_to_json, message_from_json, message_to_json
from explorer.engine.codec.sizes import Key, budget
from explorer.engine.transport.wire import BadMessage, identity
from explorer.model.trace import ROLES, Frame, Operand, Step, Tensor, Trace

_ID = re.compile(r"(.*?)(0|[1-9][0-9]{0,14})?", re.DOTALL)
_PARTS = ("inputs", "weights", "outputs", "mask")


class _Table:
    """Distinct rows, numbered in order of arrival."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def number(self, row: Any) -> int:
        return self.numbers.setdefault(row, len(self.numbers))

    def rows(self) -> list[Any]:
        return list(self.numbers)


class _Writer:
    def __init__(self, carried: frozenset[Key]) -> None:
        self.carried = carried
        self.kinds, self.sources, self.places, self.sites = _Table(), _Table(), _Table(), _Table()
        self.arrays: dict[Key, tuple[int, np.ndarray]] = {}
        self.known: dict[int, int] = {}
        self.tensors: dict[str, list[int]] = {"kind": [], "number": [], "array": []}
        self.operations, self.words = _Table(), _Table()
        self.failed: list[tuple[int, str]] = []
        self.frames: dict[str, list[int]] = {"place": [], "parent": [], "steps": [], "from": []}
        self.steps: dict[str, list[int]] = {"site": [], "values": [], "operation": [], "operands": []}
        self.values: list[int] = []
        self.operands: list[int] = []

    def tensor(self, tensor: Tensor) -> int:
        if id(tensor) in self.known:
            return self.known[id(tensor)]
        match = _ID.fullmatch(tensor.id)
        prefix, digits = match.groups() if match else (tensor.id, None)
        kind = (prefix, tensor.name, tensor.role, tensor.dtype, tuple(tensor.axes), tensor.scale)
        array, _ = self.arrays.setdefault(identity(tensor.value), (len(self.arrays), tensor.value))
        self.tensors["kind"].append(self.kinds.number((*kind, tensor.trainable, tensor.initializer, tensor.help)))
        self.tensors["number"].append(-1 if digits is None else int(digits))
        self.tensors["array"].append(array)
        return self.known.setdefault(id(tensor), len(self.known))

    def frame(self, frame: Frame, parent: int) -> None:
        number = len(self.frames["place"])
        source = self.sources.number(frame.source)
        self.frames["place"].append(self.places.number((frame.function, source, frame.first_line)))
        self.frames["parent"].append(parent)
        self.frames["steps"].append(len(frame.steps))
        self.frames["from"].append(frame.called_from)
        for step in frame.steps:
            span = (step.line, step.column, step.end_line, step.end_column)
            self.steps["site"].append(self.sites.number((source, *span, step.text, step.target)))
            values = [self.tensor(value) for value in step.values if identity(value.value) in self.carried]
            self.steps["values"].append(len(values))
            self.values += values
            self.steps["operation"].append(self.operations.number((step.operation, step.ops, step.signature)))
            self.steps["operands"].append(len(step.operands))
            if step.error:
                self.failed.append((len(self.steps["site"]) - 1, step.error))
            for operand in step.operands:
                self.operands += [self.words.number(w) for w in (operand.name, operand.tensor, operand.text)]
        for child in frame.children:
            self.frame(child, number)


def trace_to_meta(trace: Trace) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A trace as JSON and arrays; values of steps beyond the budget are left out and named in its notes.

    Raises:
        Problem: if inputs, weights and outputs alone are too large to show.
    """
    allowed = budget(trace)
    writer = _Writer(allowed.arrays)
    parts = {part: [writer.tensor(tensor) for tensor in getattr(trace, part)] for part in _PARTS}
    parts["others"] = [writer.tensor(tensor) for tensor in trace.others if identity(tensor.value) in allowed.arrays]
    for frame in trace.frames:
        writer.frame(frame, -1)
    notes = [*trace.notes, *([allowed.note] if allowed.note else [])]
    meta = {
        "layer": trace.layer,
        "losses": [[name, float(value)] for name, value in trace.losses],
        "facts": trace.facts,
        "config": trace.config,
        "check": check_to_json(trace.check),
        "notes": [message_to_json(note) for note in notes],
        "kinds": writer.kinds.rows(),
        "tensors": writer.tensors,
        "parts": parts,
        "sources": writer.sources.rows(),
        "places": writer.places.rows(),
        "sites": writer.sites.rows(),
        "frames": writer.frames,
        "steps": writer.steps,
        "values": writer.values,
        "operations": writer.operations.rows(),
        "words": writer.words.rows(),
        "operands": writer.operands,
        "failed": writer.failed,
    }
    return meta, {str(number): array for number, array in writer.arrays.values()}


@readable
def trace_from_meta(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Trace:
    """The trace that `trace_to_meta` was given, less what was left out. Shared tensors and arrays are shared again.

    Raises:
        BadMessage: if it is not such a trace.
    """
    tensors = _tensors(meta, arrays)
    parts = {part: _chosen(tensors, meta["parts"][part]) for part in (*_PARTS, "others")}
    losses = []
    for name, value in items(meta["losses"]):
        if type(value) not in (int, float):
            raise BadMessage("A loss is a number.")
        losses.append((text(name), float(value)))
    if not isinstance(meta["config"], dict):
        raise BadMessage("A config is a mapping.")
    return Trace(
        layer=text(meta["layer"]),
        **parts,
        frames=_frames(meta, _steps(meta, tensors)),
        losses=tuple(losses),
        facts=tuple((text(label), text(fact)) for label, fact in items(meta["facts"])),
        config=meta["config"],
        check=check_from_json(meta["check"]),
        notes=tuple(message_from_json(note) for note in items(meta["notes"])),
    )


def _chosen(rows: Sequence[Any], numbers: Any) -> tuple[Any, ...]:
    return tuple(rows[whole(number, 0, len(rows))] for number in items(numbers))


def _tensors(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> list[Tensor]:
    kinds = [_kind(row) for row in items(meta["kinds"])]
    columns = meta["tensors"]
    tensors = []
    for kind, number, array in column(columns["kind"], columns["number"], columns["array"]):
        prefix, facts = kinds[whole(kind, 0, len(kinds))]
        number = whole(number, -1)
        tensor_id = prefix if number < 0 else f"{prefix}{number}"
        tensors.append(Tensor(id=tensor_id, value=arrays[str(whole(array))], **facts))
    return tensors


def _kind(row: Any) -> tuple[str, dict[str, Any]]:
    prefix, name, role, dtype, axes, scale, trainable, initializer, help_text = row
    if role not in ROLES:
        raise BadMessage("A tensor has an unknown role.")
    facts = {"name": text(name), "role": role, "dtype": text(dtype), "axes": texts(axes), "scale": text(scale)}
    more = {"trainable": optional(boolean, trainable), "initializer": text(initializer), "help": text(help_text)}
    return text(prefix), {**facts, **more}


def _steps(meta: Mapping[str, Any], tensors: Sequence[Tensor]) -> list[Step]:
    sources = texts(meta["sources"])
    sites = []
    for source, line, first, end_line, last, words, target in items(meta["sites"]):
        whole(source, 0, len(sources))
        sites.append((whole(line), whole(first), whole(end_line), whole(last), text(words), text(target)))
    values = _chosen(tensors, meta["values"])
    operations = [(text(name), texts(ops), text(given)) for name, ops, given in items(meta["operations"])]
    failed = {whole(number): text(error) for number, error in items(meta["failed"])}
    operands = _operands(meta)
    columns = meta["steps"]
    steps: list[Step] = []
    start = first = 0
    for site, count, operation, given in column(
        columns["site"], columns["values"], columns["operation"], columns["operands"]
    ):
        end, last = start + whole(count), first + whole(given)
        place = sites[whole(site, 0, len(sites))]
        name, ops, signature = operations[whole(operation, 0, len(operations))]
        error = failed.pop(len(steps), "")
        steps.append(Step(*place, values[start:end], name, operands[first:last], ops, error, signature))
        start, first = end, last
    if failed or start != len(values) or first != len(operands):
        raise BadMessage("The steps have another number of values than the trace.")
    return steps


def _operands(meta: Mapping[str, Any]) -> tuple[Operand, ...]:
    words = _chosen(texts(meta["words"]), meta["operands"])
    if len(words) % 3:
        raise BadMessage("An operand is a name, a tensor and a text.")
    return tuple(Operand(*words[start : start + 3]) for start in range(0, len(words), 3))


def _frames(meta: Mapping[str, Any], steps: Sequence[Step]) -> tuple[Frame, ...]:
    sources = texts(meta["sources"])
    places = []
    for function, source, first_line in items(meta["places"]):
        places.append((text(function), sources[whole(source, 0, len(sources))], whole(first_line)))
    columns = meta["frames"]
    rows = list(column(columns["place"], columns["parent"], columns["steps"], columns["from"]))
    children: list[list[Frame]] = [[] for _ in range(len(rows) + 1)]  # the last list is the top level's
    end = len(steps)
    for number in reversed(range(len(rows))):  # a child comes after its parent, so children are made first
        place, parent, count, called_from = rows[number]
        start = end - whole(count, 0, end + 1)
        inside = (tuple(steps[start:end]), _in_order(children[number]), whole(called_from))
        frame = Frame(*places[whole(place, 0, len(places))], *inside)
        children[whole(parent, -1, number)].append(frame)
        end = start
    if end:
        raise BadMessage("The frames have another number of steps than the trace.")
    return _in_order(children[-1])


def _in_order(reverse: Iterable[Frame]) -> tuple[Frame, ...]:
    return tuple(reversed(list(reverse)))
