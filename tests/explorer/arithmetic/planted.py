"""A trace in which one cell holds another number: what it was given is no longer what gave the result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.arithmetic.case import atlas, identity
from explorer.model.explanation import Number
from explorer.model.trace import Frame, Tensor, Trace


def with_another_number(trace: Trace, number: Number) -> Trace:
    """The trace with `number`'s cell larger by 1 and by its own size, under every name that its array has."""
    old = atlas(trace).places[number.tensor].tensor.value
    new = np.array(old)
    new[number.index] = np.float32(float(number.value) + 1 + abs(float(number.value)))  # type: ignore[arg-type]

    def tensors(given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        same = identity(old)
        return tuple(replace(t, value=new) if identity(t.value) == same else t for t in given)

    def frames(given: tuple[Frame, ...]) -> tuple[Frame, ...]:
        return tuple(
            replace(
                frame,
                steps=tuple(replace(step, values=tensors(step.values)) for step in frame.steps),
                children=frames(frame.children),
            )
            for frame in given
        )

    return replace(
        trace,
        inputs=tensors(trace.inputs),
        weights=tensors(trace.weights),
        mask=tensors(trace.mask),
        others=tensors(trace.others),
        outputs=tensors(trace.outputs),
        frames=frames(trace.frames),
    )
