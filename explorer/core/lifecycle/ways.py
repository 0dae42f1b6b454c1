"""The same call run eagerly, on symbolic tensors, and compiled: shapes, numbers and times side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from explorer.core.keras_private import set_random_seed
from explorer.core.lifecycle.moments import Living
from explorer.core.lifecycle.state import dtype_text, largest_difference, outputs_of
from explorer.core.snapshot import put_back
from explorer.model.lifecycle import Way
from explorer.model.trace import Message

AGAIN = 3
"""Calls after the first, of which the median is told."""


def ways(living: Living) -> tuple[Way, ...]:
    """The three ways, each from the same start: seed, weights and carried states."""
    if living.subject.card.symbolic or living.failed is not None:
        return ()
    layer, subject = living.layer, living.subject
    compiled = tf.function(lambda *arguments: subject.call(layer, arguments))
    eager, expected = _way(
        living, Way("eager", Message("Eager"), "layer({inputs})"), lambda: subject.call(layer, subject.arguments())
    )
    symbolic, _ = _way(
        living, Way("symbolic", Message("Symbolic"), "layer({symbols})"), lambda: subject.call(layer, subject.symbols())
    )
    graph, _ = _way(
        living,
        Way("compiled", Message("Compiled"), "tf.function(layer)({inputs})"),
        lambda: compiled(*subject.arguments()),
        expected,
    )
    return eager, symbolic, graph


def _way(living: Living, way: Way, run: Callable[[], Any], expected: Any = None) -> tuple[Way, Any]:
    times: list[float] = []
    first: Any = None
    try:
        for turn in range(1 + AGAIN):
            with put_back(living.layer):
                set_random_seed(living.subject.experiment.seed)
                start = time.perf_counter()
                result = run()
                times.append((time.perf_counter() - start) * 1000)
            first = result if turn == 0 else first
    except Exception as error:
        return Way(way.id, way.title, way.code, problem=living.subject.problem(error)), None
    if way.id == "eager":
        difference: float | None = 0.0
    else:
        difference = None if expected is None else largest_difference(expected, first)
    shapes = tuple(str(tuple(y.shape)) for y in outputs_of(first))
    dtypes = tuple(dtype_text(y) for y in outputs_of(first))
    found = Way(way.id, way.title, way.code, shapes, dtypes, difference, times[0], statistics.median(times[1:]))
    return found, first
