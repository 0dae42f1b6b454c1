"""Put an exception of Keras, TensorFlow or NumPy into words: what was expected, what was received, how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.core.build import plain
from explorer.experiment import Experiment
from explorer.problem import Problem, Repair
from explorer.trace import Message
from layers.card import Card

_Built = tuple[Message, str, str]
"""what, expected, received"""


def explained(error: BaseException, card: Card, experiment: Experiment, arrays: Sequence[np.ndarray]) -> Problem:
    """The problem behind an exception of building or calling a layer.

    Returns:
        A Problem that names the two sides that disagree where the message tells them, keeps the original message as
        its detail, and offers what can be mended by a click.
    """
    detail = f"{type(error).__name__}: {plain(str(error))}"
    shapes = ", ".join(str(tuple(a.shape)) for a in arrays)
    for pattern, describe in _PATTERNS:
        match = re.search(pattern, detail, re.DOTALL)
        if match:
            what, expected, received = describe(match)
            break
    else:
        what, expected, received = Message("The layer refused this input."), "", shapes
    repairs = _vocabulary_repairs(detail, card) + _reset_repairs(card, experiment)
    return Problem(what, expected=expected, received=received, where="inputs.0", detail=detail, repairs=repairs)


def _reset_repairs(card: Card, experiment: Experiment) -> tuple[Repair, ...]:
    repairs = []
    if experiment.edits:
        repairs.append(Repair(Message("Drop the edited cells"), {"edits": []}))
    if experiment.inputs:
        shapes = ", ".join(" × ".join(map(str, spec.shape)) or "()" for spec in card.inputs)
        repairs.append(
            Repair(Message("Use the usual input ({shapes})", {"shapes": shapes}), {"inputs": [], "edits": []})
        )
    if experiment.params:
        repairs.append(Repair(Message("Use the usual parameters"), {"params": {}}))
    return tuple(repairs)


def _vocabulary_repairs(detail: str, card: Card) -> tuple[Repair, ...]:
    match = re.search(r"indices\[[\d,]*\] = (\d+) is not in \[0, \d+\)", detail)
    if not match or not any(field.name == "input_dim" for field in card.fields):
        return ()
    needed = int(match[1]) + 1
    return (Repair(Message("Set input_dim to {size}", {"size": needed}), {"params.input_dim": needed}),)


def _say(text: str, **params: Any) -> Message:
    return Message(text, params)


_PATTERNS: tuple[tuple[str, Callable[[re.Match[str]], _Built]], ...] = (
    (
        r"indices\[([\d,]*)\] = (-?\d+) is not in \[0, (\d+)\)",
        lambda m: (
            _say("A token id lies outside the vocabulary (cell {cell}).", cell=m[1]),
            f"0 ... {int(m[3]) - 1}", m[2],
        ),
    ),
    (
        r"expected axis (-?\d+) of input shape to have value (\d+), but received input with shape (\([^)]*\))",
        lambda m: (_say("Axis {axis} of the input has the wrong size.", axis=m[1]), m[2], m[3]),
    ),
    (
        r"expected (min_ndim|max_ndim|ndim)=(\d+), found ndim=(\d+)\. Full shape received: (\([^)]*\))",
        lambda m: (
            _say("The input has the wrong number of axes."),
            {"min_ndim": ">= ", "max_ndim": "<= ", "ndim": ""}[m[1]] + m[2], f"{m[3]} {m[4]}",
        ),
    ),
    (
        r"Matrix size-incompatible: In\[0\]: (\[[\d,]*\]), In\[1\]: (\[[\d,]*\])",
        lambda m: (
            _say("A matrix product needs the columns of the first to equal the rows of the second."),
            f"{_numbers(m[1])[-1]} (columns of {m[1]})", f"{_numbers(m[2])[-2]} (rows of {m[2]})",
        ),
    ),
    (
        r"Incompatible shapes: (\[[\d,]*\]) vs\. (\[[\d,]*\])",
        lambda m: (_say("Two tensors that meet here do not fit together: {axis}.", axis=_clash(m[1], m[2])), m[1], m[2]),
    ),
    (
        r"Incompatible shapes[^()]*(\([^)]*\)) and (\([^)]*\))|not broadcast[^()]*(\([^)]*\))[^()]*(\([^)]*\))",
        lambda m: (_say("Two tensors that meet here do not fit together."), m[1] or m[3], m[2] or m[4]),
    ),
    (
        r"[Nn]egative dimension size|Computed output size would be negative|output shape .*(?:non-positive|<= 0)",
        lambda m: (_say("The window is larger than the input: nothing would be left of the output."), "", ""),
    ),
    (
        r"number of input channels must be evenly divisible by the number of groups|groups",
        lambda m: (_say("The number of groups must divide the channels and the filters."), "", ""),
    ),
    (r"(?:OOM|ResourceExhausted|MemoryError)", lambda m: (_say("That needs more memory than one run may take."), "", "")),
    (
        r"[Ee]xpected (.{1,80}?)[,.] (?:but )?[Rr]eceived:? (.{1,120}?)(?:\n|$)",
        lambda m: (_say("The layer refused this input."), m[1], m[2]),
    ),
)  # fmt: skip


def _numbers(shape: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", shape)]


def _clash(first: str, second: str) -> str:
    a, b = _numbers(first)[::-1], _numbers(second)[::-1]
    clashes = [f"{x} ≠ {y}" for x, y in zip(a, b, strict=False) if x != y and 1 not in (x, y)]
    return ", ".join(clashes) or f"{first}, {second}"
