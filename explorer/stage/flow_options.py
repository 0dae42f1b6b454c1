"""Options of the flow that follow from its trace alone: see `explorer.stage.flow.draw`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.model.trace import Frame, Tensor, Trace


def visible(trace: Trace) -> list[Tensor]:
    """The tensors of a trace, each once: a local that is an input or an output under another name is left out."""
    outside = {id(tensor.value) for tensor in (*trace.inputs, *trace.outputs)}
    inner = [tensor for tensor in trace.intermediates if id(tensor.value) not in outside]
    return [*trace.inputs, *trace.mask, *trace.weights, *inner, *trace.outputs]


def failure(frames: Sequence[Frame], path: tuple[int, ...] = ()) -> str:
    """Where a call failed, as `Look.at`; "" if it did not."""
    for position, frame in enumerate(frames):
        here = (*path, position)
        for number, step in enumerate(frame.steps):
            if step.error:
                return f"{'.'.join(map(str, here))}:{number}"
        deeper = failure(frame.children, here)
        if deeper:
            return deeper
    return ""


def editable(tensors: Sequence[Tensor]) -> list[str]:
    """The ids of those whose cells can be set by hand."""
    return [x.id for x in tensors if x.role in ("input", "weight") and x.value.dtype.kind in "fiu"]


def masked(trace: Trace) -> dict[str, list[list[int]]]:
    """The steps of the first input that its mask leaves out, as the beginnings of their cells' indices."""
    mask = next((tensor.value for tensor in trace.mask if tensor.id.startswith("mask:in")), None)
    if mask is None or not trace.inputs:
        return {}
    return {trace.inputs[0].id: np.argwhere(~mask.astype(bool)).tolist()}
