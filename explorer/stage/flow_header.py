"""A call's flow as the browser reads it: values and operations that name each other and the columns by number.

What a value holds, its name and its axes are those of its tensors, in the trace's columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from explorer.analysis.flow import Flow, Operation, Value
from explorer.arithmetic.binding import bind
from explorer.model.trace import Operand

MAX_ATTRIBUTE = 60
"""Characters of what an operation was given besides tensors. What is longer is no setting of it."""


def flow_header(flow: Flow, columns: Mapping[str, int]) -> dict[str, Any]:
    """The flow, without cells.

    Args:
        flow: the flow of a call.
        columns: recorded tensor id -> its number in the trace's columns.
    """
    slices = dict(_slices(flow))
    return {
        "values": [
            {
                "tensors": [columns[tensor.id] for tensor in value.tensors],
                "names": list(value.names),
                "maker": -1 if value.maker is None else value.maker,
                "slice": slices.get(number),
            }
            for number, value in enumerate(flow.values)
        ],
        "operations": [_operation(flow, operation) for operation in flow.operations],
        "inputs": flow.inputs,
        "masks": flow.masks,
        "weights": flow.weights,
        "outputs": flow.outputs,
    }


def _operation(flow: Flow, operation: Operation) -> dict[str, Any]:
    bound = bind(operation.step)
    given: dict[str, list[int]] = {}
    attributes = {name: text for name, text in bound.signature.defaults.items() if text not in ("None", "...")}
    named: list[tuple[str, Operand]] = [*bound.named.items(), *((str(n), one) for n, one in enumerate(bound.placed))]
    for name, operand in named:
        if operand.tensors:
            given[name] = [flow.numbers[one] for one in operand.tensors if one in flow.numbers]
            attributes.pop(name, None)
        elif len(operand.text) <= MAX_ATTRIBUTE:
            attributes[name] = operand.text
    return {
        "at": operation.at,
        "kind": operation.step.operation.rsplit(".", 1)[-1],
        "text": operation.step.text,
        "operands": operation.operands,
        "results": operation.results,
        "given": given,
        "attributes": attributes,
        "turns": operation.turns,
        "needed": operation.needed,
    }


def _slices(flow: Flow) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Values that a library took out of an input before any line ran: the input, the axis and the place.

    A recurrent layer's loop takes out one time step after the other: of steps that hold the same, the next one.
    """
    taken: dict[tuple[int, int], int] = {}
    for number, value in enumerate(flow.values):
        if value.maker is not None or not value.tensors[0].id.startswith("other:"):
            continue
        for source in flow.inputs:
            axis = 1
            places = _places(value, flow.values[source], axis)
            if places:
                after = taken.get((source, axis), -1)
                place = next((one for one in places if one > after), places[0])
                taken[source, axis] = place
                yield number, (source, axis, place)
                break


def _places(part: Value, whole: Value, axis: int) -> list[int]:
    """Where along an axis of a tensor another one lies."""
    cells, among = part.tensors[0].value, whole.tensors[0].value
    if (
        among.ndim != cells.ndim + 1
        or among.ndim <= axis
        or among.shape[:axis] + among.shape[axis + 1 :] != cells.shape
    ):
        return []
    if among.dtype.kind not in "biuf" or not cells.size:
        return []
    equal = (among == np.expand_dims(cells, axis)) | ((among != among) & np.expand_dims(cells != cells, axis))
    return [int(place) for place in np.flatnonzero(equal.all(axis=tuple(a for a in range(among.ndim) if a != axis)))]
