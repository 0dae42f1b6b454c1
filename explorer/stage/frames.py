"""A trace's frames -> the one message that the X-ray reads, in the form of `explorer.stage.pack.assemble`.

Columns instead of many small mappings: a source is sent once, an array once (by identity), a step is the number of its
place. The browser makes a tensor, and its statistics, when it is first drawn.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explorer.model.trace import Frame, Operand, Step, Tensor, Trace
from explorer.stage.pack import (
    MAX_BLOCKS,
    MAX_EXACT,
    MAX_MESSAGE,
    Parts,
    assemble,
    axis_words,
    encode,
    padded,
    scale_of,
)
from explorer.stage.statistics import statistics

COARSEST = 16
"""The fewest blocks along an axis of an overview; a tensor that is too large even then is named, not drawn."""


def pack_frames(
    trace: Trace,
    labels: Mapping[str, str],
    options: Mapping[str, Any],
    axis: Callable[[str], str] = str,
    limit: int = MAX_MESSAGE,
) -> bytes:
    """Encode the frames of a trace, and every tensor that a step made or was given.

    Args:
        trace: what to draw.
        labels: the words to show, keyed as in `explorer.stage.xray_labels.LABELS` and `explorer.stage.labels.LABELS`.
        options: JSON: "at" (where to stand first, as `Look.at`), "notes" (texts).
        axis: an axis name in the reader's language.
        limit: the most bytes of arrays.
    """
    writer = _Writer()
    frames = trace.frames or (one_step(trace),)
    for tensor in (*trace.inputs, *trace.mask, *trace.weights, *trace.others, *trace.outputs):
        writer.tensor(tensor)  # operands name them; what no step uses is dropped below
    for frame in frames:
        _meet(writer, frame)
    for frame in frames:
        writer.frame(frame, -1)
    entries, arrays = writer.packed(limit)
    header: dict[str, Any] = {
        "version": 1,
        "tensors": writer.tensors,
        "arrays": entries,
        "sources": list(writer.sources),
        "places": [list(place) for place in writer.places],
        "sites": [list(site) for site in writer.sites],
        "words": list(writer.words),
        "axes": axis_words(writer.axes, axis),
        "frames": writer.frames,
        "steps": writer.steps,
        "labels": dict(labels),
        "options": dict(options),
    }
    return assemble(header, arrays)


def one_step(trace: Trace) -> Frame:
    """The frame of a layer without Python source: what went in, what came out."""
    operands = tuple(Operand("", tensor.id, "") for tensor in (*trace.inputs, *trace.weights))
    return Frame(trace.layer, "", 0, (Step(0, 0, 0, 0, trace.layer, "", trace.outputs, trace.layer, operands),))


def _meet(writer: _Writer, frame: Frame) -> None:
    """Number every tensor of a frame before its steps name operands: an operand may be made by a later sibling."""
    for step in frame.steps:
        for tensor in step.values:
            writer.tensor(tensor)
    for child in frame.children:
        _meet(writer, child)


class _Writer:
    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.arrays: dict[int, tuple[int, Tensor]] = {}
        self.used: set[int] = set()
        self.tensors: dict[str, list[Any]] = {n: [] for n in ("id", "name", "role", "scale", "axes", "array")}
        self.sources: dict[str, int] = {}
        self.places: dict[tuple[str, int, int], int] = {}
        self.sites: dict[tuple[Any, ...], int] = {}
        self.words: dict[str, int] = {}
        self.axes: set[str] = set()
        self.named: dict[int, tuple[str, ...]] = {}
        self.frames: dict[str, list[int]] = {"place": [], "parent": [], "from": [], "steps": []}
        columns = ("site", "operation", "values", "operands", "ops", "error")
        self.steps: dict[str, list[Any]] = {name: [] for name in columns}

    def tensor(self, tensor: Tensor) -> int:
        number = self.numbers.setdefault(tensor.id, len(self.numbers))
        if number == len(self.tensors["id"]):
            array, _ = self.arrays.setdefault(id(tensor.value), (len(self.arrays), tensor))
            self.tensors["id"].append(tensor.id)
            self.tensors["name"].append(self.word(tensor.name))
            self.tensors["role"].append(self.word(tensor.role))
            self.tensors["scale"].append(self.word(scale_of(tensor)))
            axes = self.named.setdefault(id(tensor.value), tensor.axes)  # the output under another name has its axes
            self.axes.update(axes)
            self.tensors["axes"].append([self.word(axis) for axis in axes])
            self.tensors["array"].append(array)
        return number

    def word(self, text: str) -> int:
        return self.words.setdefault(text, len(self.words))

    def use(self, number: int) -> int:
        self.used.add(self.tensors["array"][number])
        return number

    def frame(self, frame: Frame, parent: int) -> None:
        number = len(self.frames["place"])
        source = self.sources.setdefault(frame.source, len(self.sources))
        place = (frame.function, source, frame.first_line)
        self.frames["place"].append(self.places.setdefault(place, len(self.places)))
        self.frames["parent"].append(parent)
        self.frames["from"].append(frame.called_from)
        self.frames["steps"].append(len(frame.steps))
        for step in frame.steps:
            site = (step.line, step.column, step.end_line, step.end_column, step.target)
            self.steps["site"].append(self.sites.setdefault(site, len(self.sites)))
            self.steps["operation"].append(self.word(step.operation))
            self.steps["ops"].append(self.word(" ".join(step.ops)))
            self.steps["error"].append(self.word(step.error))
            self.steps["values"].append([self.use(self.numbers[tensor.id]) for tensor in step.values])
            self.steps["operands"].append([self.operand(operand) for operand in step.operands])
        for child in frame.children:
            self.frame(child, number)

    def operand(self, operand: Operand) -> list[Any]:
        """Its name, its text, and the numbers of its tensors; -1 for one that was not recorded."""
        tensors = [self.numbers.get(name, -1) for name in operand.tensor.split()]
        return [self.word(operand.name), self.word(operand.text), [self.use(n) if n >= 0 else n for n in tensors]]

    def packed(self, limit: int) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
        """An entry for each array, and what the entries point to."""
        chosen = {number: tensor for number, tensor in self.arrays.values() if number in self.used}
        entries: list[dict[str, Any]] = [{} for _ in self.arrays]
        arrays: list[np.ndarray] = []
        offset = 0
        for number, (entry, planes) in _within(chosen, limit).items():
            value = chosen[number].value
            entry = {"dtype": chosen[number].dtype, "shape": list(value.shape), **entry, "offsets": []}
            for plane in planes:
                entry["offsets"].append(offset)
                arrays.append(plane)
                offset += padded(plane.nbytes)
            if "reduced" in entry or entry["encoding"] == "none":  # of what is here whole, the browser counts itself
                entry["statistics"] = statistics(value).to_json()
            entries[number] = entry
        return entries, arrays


def _within(tensors: Mapping[int, Tensor], limit: int) -> dict[int, Parts]:
    """Every tensor encoded; the largest ones more coarsely, and at last not at all, until all fit."""
    blocks = {n: 0 if tensor.value.size <= MAX_EXACT else MAX_BLOCKS for n, tensor in tensors.items()}  # 0: whole
    parts = {number: encode(tensor, blocks[number]) for number, tensor in tensors.items()}
    queue = [(-_bytes(encoded), number) for number, encoded in parts.items()]
    total = -sum(size for size, _ in queue)
    heapq.heapify(queue)
    while total > limit:
        size, number = heapq.heappop(queue)
        blocks[number] = blocks[number] // 2 or MAX_BLOCKS // 2
        coarser = encode(tensors[number], blocks[number]) if blocks[number] >= COARSEST else ({"encoding": "none"}, [])
        if _bytes(coarser) < -size:  # an overview has four planes: it can be larger than the whole
            parts[number] = coarser
        total += _bytes(parts[number]) + size
        if _bytes(parts[number]):
            heapq.heappush(queue, (-_bytes(parts[number]), number))
    return parts


def _bytes(parts: Parts) -> int:
    return sum(padded(array.nbytes) for array in parts[1])
