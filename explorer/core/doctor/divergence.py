"""The first line of a call at which two calls that should agree do not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.core.doctor.blame import codes
from explorer.core.doctor.isolation import reseed
from explorer.core.tracing.record import trace_layer
from explorer.model.fix import SourceLine
from explorer.model.trace import Frame, Step, Trace

_ROW = 0


def first_row_apart(patient: Any, batch: Sequence[Any]) -> SourceLine | None:
    """Where the first sample of a batch gets other numbers than it gets alone."""
    alone = patient.batching.rows(batch, _ROW, _ROW + 1)

    def agree(whole: np.ndarray, single: np.ndarray) -> bool:
        if whole.shape == single.shape:  # made without the batch, or from all of it
            return np.allclose(whole, single, rtol=1e-4, atol=1e-5, equal_nan=True)
        if whole.ndim != single.ndim or whole.shape[1:] != single.shape[1:]:
            return True
        return np.allclose(whole[: len(single)], single, rtol=1e-4, atol=1e-5, equal_nan=True)

    return _first_apart(patient, batch, alone, agree)


def first_call_apart(patient: Any) -> SourceLine | None:
    """Where two calls on the same inputs begin to differ."""
    return _first_apart(
        patient, patient.tensors, patient.tensors, lambda one, other: np.array_equal(one, other, equal_nan=True), False
    )


def _first_apart(
    patient: Any,
    one: Sequence[Any],
    other: Sequence[Any],
    agree: Callable[[np.ndarray, np.ndarray], bool],
    seeded: bool = True,
) -> SourceLine | None:
    layer = patient.copy()
    traces: list[Trace] = []
    for tensors in (one, other):
        arguments, keywords = patient.arranged(tensors)
        if seeded or not traces:
            reseed()
        try:
            traces.append(trace_layer(layer, arguments, **keywords))
        except Exception:
            return None
    for left, right in zip(traces[0].frames, traces[1].frames, strict=False):
        found = _apart(patient, left, right, agree)
        if found is not None:
            return found
    return None


def _apart(
    patient: Any, left: Frame, right: Frame, agree: Callable[[np.ndarray, np.ndarray], bool]
) -> SourceLine | None:
    for a, b in zip(left.steps, right.steps, strict=False):
        if (a.line, a.column) != (b.line, b.column):
            return None
        for x, y in zip(a.values, b.values, strict=False):
            if x.value.dtype.kind in "fiub" and not agree(x.value, y.value):
                return _place(patient, left, a)
    return None


def _place(patient: Any, frame: Frame, step: Step) -> SourceLine | None:
    function = getattr(patient.known, frame.function.rpartition(".")[2], None)
    try:
        file = inspect.getsourcefile(inspect.unwrap(function)) if function else None
    except TypeError:
        file = None
    if file is None:
        file = next((code.file for code in codes(patient.known)), None)
    lines = frame.source.split("\n")
    if file is None or not 0 < step.line <= len(lines):
        return None
    return SourceLine(file, frame.first_line + step.line - 1, lines[step.line - 1].strip())
