"""The size rule of a trace: which recorded values travel.

Inputs, masks, weights and outputs always do. Values of steps do while they fit, the reader's first choice first: named
locals of the top level, then its other steps, then deeper frames level by level, at last operands that no step gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from explorer.engine.transport.wire import identity
from explorer.model.problem import Problem
from explorer.model.trace import MAX_SHOWN, TOO_LARGE_TO_SHOW, Frame, Message, Tensor, Trace

MAX_ARRAY_BYTES = 16 << 20
"""The largest value of a step that travels."""
MAX_TRACE_BYTES = 32 << 20
"""The most bytes that the values of all steps may take together."""
MAX_STEP_ARRAYS = 20_000
"""The most values of steps that travel."""
_NAMED = 8

Key = tuple[object, ...]


@dataclass(frozen=True)
class Budget:
    """What travels.

    Attributes:
        arrays: `id` of every array that travels.
        note: names what was left out; `None` if nothing was.
    """

    arrays: frozenset[int]
    note: Message | None


def budget(trace: Trace) -> Budget:
    """Decide what of a trace travels.

    Raises:
        Problem: if inputs, masks, weights and outputs alone are too large.
    """
    essential = [tensor.value for tensor in (*trace.inputs, *trace.mask, *trace.weights, *trace.outputs)]
    sizes = {identity(array): _bytes(array) for array in essential}
    size = sum(sizes.values())
    if size > MAX_SHOWN:
        raise Problem(TOO_LARGE_TO_SHOW, f"<= {MAX_SHOWN / 2**20:.0f} MiB", f"{size / 2**20:.1f} MiB", "inputs")
    sent, travelling, left_out = set(sizes), set(map(id, essential)), dict[Key, str]()
    left, count = MAX_TRACE_BYTES, MAX_STEP_ARRAYS
    for name, tensor in (*_by_importance(trace.frames), *((other.name, other) for other in trace.others)):
        if id(tensor.value) in travelling:
            continue
        key = identity(tensor.value)
        if key not in sent and key not in left_out:
            size = _bytes(tensor.value)
            if size > min(MAX_ARRAY_BYTES, left) or count == 0:
                left_out[key] = f"{name} {tensor.value.shape}"
            else:
                sent.add(key)
                left, count = left - size, count - 1
        if key in sent:
            travelling.add(id(tensor.value))
    return Budget(frozenset(travelling), _note(list(left_out.values())))


def _note(names: list[str]) -> Message | None:
    if not names:
        return None
    shown = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return Message(
        "Left out because they are too large to show ({count}): {names}", {"count": len(names), "names": shown}
    )


def _by_importance(frames: Iterable[Frame]) -> Iterator[tuple[str, Tensor]]:
    level, deep = list(frames), False
    while level:
        steps = [step for frame in level for step in frame.steps]
        if not deep:
            steps.sort(key=lambda step: not step.target)  # stable: named ones first, each group in order
        for step in steps:
            yield from ((step.target or step.text[:40], tensor) for tensor in step.values)
        level, deep = [child for frame in level for child in frame.children], True


def _bytes(array: np.ndarray) -> int:
    if array.dtype == object:
        return sum(len(str(value)) + 8 for value in array.flat)
    return array.nbytes
