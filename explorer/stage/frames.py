"""A trace -> the one message that the flow reads, in the form of `explorer.stage.pack.assemble`.

It is the trace's columns, with arrays as the browser draws them, and the trace as a graph. The browser makes a tensor,
and its statistics, when it is first drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.analysis.flow import flow_of
from explorer.model.columns import TraceColumns, columns_of
from explorer.model.trace import Frame, Operand, Step, Trace
from explorer.stage.encoding import MAX_MESSAGE, Drawn, fitted, padded
from explorer.stage.flow_header import flow_header
from explorer.stage.pack import assemble, axis_words, scale_of
from explorer.stage.statistics import statistics

MAX_LITERAL = 200
"""Characters of an operand's text."""
_OTHERS = ("trace", "parts", "tensors", "tensor_value")


def pack_frames(
    trace: Trace,
    labels: Mapping[str, str],
    options: Mapping[str, Any],
    axis: Callable[[str], str] = str,
    limit: int = MAX_MESSAGE,
) -> bytes:
    """Encode the frames of a trace, its graph, and every tensor that a step or the graph has.

    Args:
        trace: what to draw.
        labels: the words to show, keyed as in `explorer.stage.flow_labels.LABELS` and `explorer.stage.labels.LABELS`.
        options: JSON: see `explorer.stage.flow.draw`.
        axis: an axis name in the reader's language.
        limit: the most bytes of arrays.
    """
    columns = columns_of(trace if trace.frames else dataclasses.replace(trace, frames=(one_step(trace),)))
    numbers: dict[int, int] = {}
    array = [numbers.setdefault(id(value), len(numbers)) for value in columns.tensor_value]
    first = dict(zip(reversed(array), reversed(range(len(array))), strict=True))  # the first tensor of each array
    drawn: dict[int, Drawn] = {}
    scales: dict[int, str] = {}
    for number in first.values():
        row, value = columns.tensor_row[number], columns.tensor_value[number]
        drawn[array[number]] = value, columns.tensors[row].axes
    for row, value in zip(columns.tensor_row, columns.tensor_value, strict=True):
        if row not in scales:
            scales[row] = scale_of(columns.tensors[row].scale, value)
    known = dict(zip(reversed(columns.tensor_ids()), reversed(range(len(array))), strict=True))
    flow = flow_of(trace)
    used = _used(columns, array, known) | {array[known[tensor.id]] for value in flow.values for tensor in value.tensors}
    entries, arrays = _packed({number: one for number, one in drawn.items() if number in used}, limit)
    names = {name for row in columns.tensors for name in row.axes}
    header: dict[str, Any] = {
        "version": 2,
        **{name: column for name, column in vars(columns).items() if name not in _OTHERS},
        "tensors": [{**vars(row), "value": None, "scale": scales[at]} for at, row in enumerate(columns.tensors)],
        "operands": [{**vars(row), "text": shortened(row.text)} for row in columns.operands],
        "tensor_array": array,
        "arrays": [entries.get(number, {}) for number in range(len(numbers))],
        "axes": axis_words(names, axis),
        "labels": dict(labels),
        "options": dict(options),
        "flow": flow_header(flow, known),
    }
    return assemble(header, arrays)


def shortened(text: str) -> str:
    """As much of a literal as is shown: a list of a thousand numbers is explained from the trace, not from here."""
    return text if len(text) <= MAX_LITERAL else f"{text[: MAX_LITERAL - 1]}…"


def one_step(trace: Trace) -> Frame:
    """The frame of a layer without Python source: what went in, what came out."""
    operands = tuple(Operand("", (tensor.id,)) for tensor in (*trace.inputs, *trace.weights))
    return Frame(trace.layer, "", 0, (Step(0, 0, 0, 0, trace.layer, "", trace.outputs, trace.layer, operands),))


def _used(columns: TraceColumns, array: Sequence[int], known: Mapping[str, int]) -> set[int]:
    """The arrays that a step made or was given; what no step uses is not sent."""
    given = {array[known[name]] for names in columns.ids for name in names if name in known}
    return given | {array[number] for number in columns.values}


def _packed(drawn: Mapping[int, Drawn], limit: int) -> tuple[dict[int, dict[str, Any]], list[np.ndarray]]:
    """An entry for each array, and what the entries point to."""
    entries: dict[int, dict[str, Any]] = {}
    arrays: list[np.ndarray] = []
    offset = 0
    encoded = fitted(list(drawn.values()), limit, leave_out=True)
    for (number, (value, _)), (entry, planes) in zip(drawn.items(), encoded, strict=True):
        entry = {"shape": list(value.shape), **entry, "offsets": []}
        for plane in planes:
            entry["offsets"].append(offset)
            arrays.append(plane)
            offset += padded(plane.nbytes)
        if "reduced" in entry or entry["encoding"] == "none":  # of what is here whole, the browser counts itself
            entry["statistics"] = statistics(value).to_json()
        entries[number] = entry
    return entries, arrays
