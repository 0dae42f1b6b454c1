"""Run a step function over time, in NumPy. The recurrent layers' derivations use it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Step = Callable[[np.ndarray, list[np.ndarray]], tuple[np.ndarray, list[np.ndarray]]]
"""`(features of one moment, states) -> (output, new states)`, each with the batch as its first axis."""


def run_over_time(
    step: Step,
    sequence: np.ndarray,
    state_sizes: tuple[int, ...],
    *,
    mask: np.ndarray | None = None,
    go_backwards: bool = False,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Every output and the last states.

    A masked moment does not happen: the states stay and the previous output is repeated (zeros before the first).

    Args:
        step: what happens at one moment.
        sequence: `(batch, time, features)`.
        state_sizes: the length of each state; all start at zero. The output is as long as the first.
        mask: `(batch, time)`, False where a moment is skipped.
        go_backwards: read the sequence (and its mask) from the end; outputs come in the order of reading.

    Returns:
        Outputs `(batch, time, state_sizes[0])` and one array `(batch, size)` for each state.
    """
    batch, time = sequence.shape[:2]
    outputs = np.zeros((batch, time, state_sizes[0]))
    states = [np.zeros((batch, size)) for size in state_sizes]
    output = np.zeros((batch, state_sizes[0]))
    for position, moment in enumerate(range(time - 1, -1, -1) if go_backwards else range(time)):
        happened = np.True_ if mask is None else mask[:, moment, None]
        new, following = step(sequence[:, moment].astype("float64"), states)
        output = np.where(happened, new, output)
        states = [np.where(happened, after, before) for after, before in zip(following, states, strict=True)]
        outputs[:, position] = output
    return outputs, states


def chosen_outputs(
    outputs: np.ndarray, states: list[np.ndarray], *, return_sequences: bool, return_state: bool
) -> list[np.ndarray]:
    """What the layer gives back: all outputs or the last one, then the states if they are asked for."""
    return [outputs if return_sequences else outputs[:, -1], *(states if return_state else [])]
