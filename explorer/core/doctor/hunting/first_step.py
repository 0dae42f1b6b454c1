"""The first step of a call that made NaN or infinity: forwards in the values, backwards in the gradients."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import is_keras
from explorer.core.doctor.compare import is_floating
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.trials import Trials, weighted_sum
from explorer.core.doctor.isolation import reseed
from explorer.core.tracing.live_frames import OpenFrame, OpenStep
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.model.fix import SourceLine


@dataclass(frozen=True)
class Blamed:
    """A step to blame.

    Attributes:
        text: its source.
        place: its line, or of a step inside one of Keras's layers the line that called that layer; None if unknown.
    """

    text: str
    place: SourceLine | None


def first_bad_value(trials: Trials, case: Case) -> Blamed | None:
    """The first step whose value holds a NaN that its operands do not; if no NaN came up, the first infinity."""
    live, _ = happened(trials, case)
    if live is None:
        return None
    for is_bad in (np.isnan, np.isinf):
        for frame, step in live.steps():
            made = any(is_bad(array).any() for array in _arrays(step.values))
            if made and not any(is_bad(array).any() for array in _arrays(operands(step))):
                return blamed(live, frame, step)
    return None


def first_bad_gradient(trials: Trials, case: Case) -> Blamed | None:
    """The step to which a finite gradient comes, and from which one goes that is not."""
    live, tape = happened(trials, case, differentiate=True)
    if live is None or tape is None:
        return None
    with tape:
        total = weighted_sum(live.outputs)
    steps = [(f, s) for f, s in live.steps() if len(s.values) == 1 and isinstance(s.values[0], tf.Tensor)]
    steps = [(f, s) for f, s in steps if is_floating(s.values[0])]
    coming = tape.gradient(total, [step.values[0] for _, step in steps])
    for (frame, step), gradient in zip(steps, coming, strict=True):
        if gradient is None or not np.isfinite(to_array(gradient)).all():
            continue
        sources = [x for x in operands(step) if isinstance(x, tf.Tensor) and is_floating(x)]
        sources = [x for x in sources if x is not step.values[0]]
        going = tape.gradient(step.values[0], sources, output_gradients=gradient) if sources else []
        if any(g is not None and not np.isfinite(to_array(g)).all() for g in going):
            return blamed(live, frame, step)
    return None


def happened(trials: Trials, case: Case, differentiate: bool = False) -> tuple[LiveCall | None, Any]:
    """A recorded call, under a tape where gradients are wanted; None if it cannot be recorded."""
    try:
        live = prepared(trials, case)
        reseed()
        if not differentiate:
            live.happen(Recorder(MAX_STEPS))
            return live, None
        with tf.GradientTape(persistent=True) as tape:
            live.happen(Recorder(MAX_STEPS, lambda x: tape.watch(x) if tf.is_tensor(x) and is_floating(x) else None))
        return live, tape
    except Exception:
        return None, None


def prepared(trials: Trials, case: Case) -> LiveCall:
    """A call that is ready to happen.

    Raises:
        Exception: whatever making the layer raises.
    """
    layer = trials.layer(case)
    arguments, keywords = trials.patient.arranged(trials.tensors(case), layer, case.training)
    return LiveCall(layer, arguments, keywords=keywords)


def operands(step: OpenStep) -> list[Any]:
    """All that an operation was given, flat; of a variable its value."""
    flat = keras.tree.flatten([list(step.arguments), dict(step.keywords)])
    return [x.value if isinstance(x, keras.Variable) else x for x in flat]


def _arrays(values: Sequence[Any]) -> Iterator[np.ndarray]:
    for value in values:
        if isinstance(value, tf.Tensor) and is_floating(value):
            yield to_array(value)
        elif isinstance(value, (float, np.floating)):
            yield np.asarray(value)


def blamed(live: LiveCall, frame: OpenFrame, step: OpenStep) -> Blamed:
    """A step with its line, or where Keras took it, with the line of a person's code that led there."""
    site = frame.code.sites[step.site]
    parents = dict(_parents(live.recorder.frames))
    text = " ".join(site.text.split())
    while frame.owner is None or is_keras(type(frame.owner)):
        parent = parents.get(id(frame))
        if parent is None:
            return Blamed(text, None)
        calling = parent.steps[frame.called_from] if frame.called_from < len(parent.steps) else None
        if calling is not None:
            site = parent.code.sites[calling.site]
        frame = parent
    method = getattr(type(frame.owner), frame.name.rpartition(".")[2], None)
    file = inspect.getsourcefile(inspect.unwrap(method)) if method is not None else None
    lines = frame.code.source.split("\n")
    if file is None or not 0 < site.line <= len(lines):
        return Blamed(text, None)
    return Blamed(text, SourceLine(file, frame.code.first_line + site.line - 1, lines[site.line - 1].strip()))


def _parents(frames: Sequence[OpenFrame]) -> Iterator[tuple[int, OpenFrame]]:
    for frame in frames:
        for child in frame.children:
            yield id(child), frame
        yield from _parents(frame.children)
