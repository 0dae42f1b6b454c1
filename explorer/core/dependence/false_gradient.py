"""Which step of a call has a gradient that is not its derivative."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import to_array
from explorer.core.dependence.cells import is_floating
from explorer.core.dependence.gradient import Backward, gradients, recorded
from explorer.core.rounding import MACHINE_EPSILON
from explorer.core.tracing.live_frames import step_ids
from explorer.core.tracing.record import LiveCall

MOST_STEPS = 300
LONGEST = 60
APART = 0.02


def false_step(backward: Backward, leaf: str, by: np.ndarray, runs: Sequence[tuple[float, LiveCall, LiveCall]]) -> str:
    """The first step that does not move as its gradient with respect to the leaf says; all before it do.

    Args:
        backward: the call and the chosen cell.
        leaf: the tensor that was moved.
        by: how far each of its cells goes for a step of 1.
        runs: two, each with the length of its step and the calls with the leaf moved up and down by it.
    Returns:
        The step's source; "" if there is none, or the call is too long to look.
    """
    rerun = backward.rerun
    live = rerun.live()
    if len(backward.live.steps()) > MOST_STEPS:
        return ""
    tape = recorded(rerun, live, persistent=True)
    source, seen = live.tensors()[leaf], {id(tensor) for tensor in live.inputs}
    moved = [(2 * step, up.tensors(), down.tensors()) for step, up, down in runs]
    for frame, step in live.steps():
        for name, tensor in zip(step_ids(step.number, len(step.given)), step.given, strict=True):
            if id(tensor) in seen or not is_floating(tensor) or isinstance(tensor, keras.Variable):
                continue
            seen.add(id(tensor))
            if any(name not in up or name not in down for _, up, down in moved):
                return ""
            rises = [(to_array(up[name]).astype("float64") - to_array(down[name])) / by2 for by2, up, down in moved]
            if not _agrees(tensor, rises, moved[-1][0], lambda w, t=tensor: _along(tape, t, source, w, by)):
                text = " ".join(frame.code.sites[step.site].text.split())
                return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return ""


def _along(tape: Any, tensor: Any, source: Any, weights: np.ndarray, by: np.ndarray) -> float:
    (gradient,) = gradients(tape, tensor, [source], weights)
    return 0.0 if gradient is None else float(np.sum(gradient.astype("float64") * by))


def _agrees(tensor: Any, rises: Sequence[np.ndarray], width: float, gradient: Any) -> bool:
    """Whether a tensor rises as its gradient says; the finer run is the last."""
    weights = np.where(rises[-1] < 0, -1.0, 1.0)
    coarse, fine = (float(np.sum(weights * rise)) for rise in rises)
    expected = gradient(weights)
    touched = np.abs(to_array(tensor).astype("float64"))[rises[-1] != 0]
    epsilon = MACHINE_EPSILON.get(tensor.dtype.name, 0.0)
    noise = 8 * epsilon * float(touched.sum()) / width
    bound = 4 * (noise + abs(fine - coarse)) + APART * max(abs(fine), abs(expected))
    return not np.isfinite(fine) or not np.isfinite(expected) or abs(fine - expected) <= bound
