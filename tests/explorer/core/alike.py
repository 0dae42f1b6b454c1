"""Whether a layer's traced call is its plain call: the same bits, the same variables afterwards, no mark left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from explorer.core.arrays import as_tensor, to_array
from explorer.core.tracing.record import trace_layer
from explorer.model.trace import Frame, Operand, Step, Trace

X = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


def traced_as_plain(make: Callable[[], keras.layers.Layer], *inputs: Any, calls: int = 2, **keywords: Any) -> Trace:
    """The last trace of several traced calls, of which each gave what a plain call gives.

    Args:
        make: makes the layer; it is called twice from one seed.
        inputs: the positional arguments of the call.
        calls: how often the layer is called.
        keywords: of the call.
    """
    arguments = inputs or (X,)
    plain, traced = _made(make), _made(make)
    given = keras.tree.map_structure(as_tensor, (list(arguments), keywords))
    for _ in range(calls):
        keras.utils.set_random_seed(7)
        expected = [y for y in keras.tree.flatten(plain(*given[0], **given[1])) if y is not None]
        keras.utils.set_random_seed(7)
        trace = trace_layer(traced, list(arguments), **keywords)
        assert bits(t.value for t in trace.outputs) == bits(map(to_array, expected))
        assert bits(map(to_array, traced.variables)) == bits(map(to_array, plain.variables))
        for one, other in zip(everyone(traced), everyone(plain), strict=True):
            assert vars(one).keys() == vars(other).keys()
    return trace


def _made(make: Callable[[], keras.layers.Layer]) -> keras.layers.Layer:
    keras.utils.set_random_seed(3)
    return make()


def everyone(layer: keras.layers.Layer) -> list[Any]:
    return list(layer._flatten_layers(include_self=True, recursive=True))


def bits(arrays: Any) -> list[tuple[str, tuple[int, ...], bytes]]:
    return [(str(a.dtype), a.shape, repr(a.tolist()).encode() if a.dtype == object else a.tobytes()) for a in arrays]


def all_frames(frames: tuple[Frame, ...]) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        yield from all_frames(frame.children)


def all_steps(trace: Trace) -> list[Step]:
    return [step for frame in all_frames(trace.frames) for step in frame.steps]


def the_step(trace: Trace, text: str) -> Step:
    """The only step of this source."""
    (step,) = (step for step in all_steps(trace) if step.text == text)
    return step


def number(trace: Trace, operand: Operand) -> np.ndarray:
    """The array of an operand."""
    tensors = {tensor.id: tensor for step in all_steps(trace) for tensor in step.values}
    tensors |= {tensor.id: tensor for tensor in (*trace.tensors(), *trace.others)}
    return tensors[operand.tensors[0]].value
