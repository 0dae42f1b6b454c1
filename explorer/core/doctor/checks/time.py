"""Time and memory do not grow from call to call."""

from __future__ import annotations

import inspect
import statistics
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.doctor.blame import method_place
from explorer.core.doctor.patient import Patient, own_attributes
from explorer.core.doctor.registry import Verdict, check, failed, passed, undecided
from explorer.model.trace import Message

CALLS = 24
BUDGET = 0.04
"""Seconds for all calls; a slow layer is called less often."""
FEWEST = 6
ROUNDS = 3
GROWTH = 2.0
_CONTAINERS = (list, dict, set, bytearray)


@check(
    Message("Memory does not grow from call to call"),
    Message("It was called several times; containers within its reach were measured before and after."),
    Message("As much as before."),
    Message("What grows with every call fills the memory after hours of training."),
)
def memory_stays(patient: Patient) -> Verdict:
    """Lists, dictionaries and tensors that every call makes larger."""
    layer = patient.copy()
    sizes: list[dict[str, int]] = []
    for _ in range(3):
        patient.outputs(layer)
        sizes.append(dict(_sizes(layer)))
    growing = [n for n in sizes[2] if n in sizes[0] and sizes[0][n] < sizes[1].get(n, 0) < sizes[2][n]]
    if not growing:
        return passed(Message("It stays."))
    seen = Message("{name} grows with every call.", {"name": growing[0]})
    return failed(seen, "grows_with_calls", place=method_place(patient.known, "call"))


def _sizes(layer: Any) -> Iterator[tuple[str, int]]:
    for name, value in own_attributes(layer).items():
        yield from _size(f"self.{name}", value)
    try:
        outside = inspect.getclosurevars(inspect.unwrap(type(layer).call))
    except (TypeError, ValueError):
        return
    for name, value in {**outside.globals, **outside.nonlocals}.items():
        yield from _size(name, value)
    for name, value in vars(type(layer)).items():
        yield from _size(f"{type(layer).__name__}.{name}", value)


def _size(name: str, value: Any) -> Iterator[tuple[str, int]]:
    if isinstance(value, _CONTAINERS) or type(value).__name__ == "deque":
        yield name, len(value)
    elif isinstance(value, (np.ndarray, tf.Tensor)) and not isinstance(value, keras.KerasTensor):
        yield name, int(np.prod(tuple(value.shape)))


@check(
    Message("A call takes as long as the one before"),
    Message("It was called up to {count} times; the first calls were compared with the last.", {"count": CALLS}),
    Message("No growth."),
    Message("A call that takes a little longer each time makes the thousandth step unbearable."),
    after=("call", "memory_stays", "no_new_variables"),
)
def time_stays(patient: Patient) -> Verdict:
    """The median of the first third against that of the last; growth is only what grows in three rounds on end."""
    layer = patient.copy()
    patient.outputs(layer)
    medians: list[float] = []
    for _ in range(ROUNDS):
        medians += _thirds(patient, layer)
        seen = Message(
            "{first} ms at first, {last} ms at last.",
            {"first": f"{medians[0] * 1000:.2g}", "last": f"{medians[-1] * 1000:.2g}"},
        )
        if medians[-1] <= GROWTH * medians[0] or medians[-1] - medians[0] < 2e-4:
            return passed(seen)
    if medians != sorted(medians):
        return undecided(Message("The machine was too busy to tell."))
    return failed(seen, "grows_with_calls", place=method_place(patient.known, "call"))


def _thirds(patient: Patient, layer: Any) -> tuple[float, float]:
    arguments, keywords = patient.arranged()
    times: list[float] = []
    while len(times) < CALLS and (sum(times) < BUDGET or len(times) < FEWEST):
        began = time.thread_time()
        layer(*arguments, **keywords)
        times.append(time.thread_time() - began)
    third = len(times) // 3
    return statistics.median(times[:third]), statistics.median(times[-third:])
