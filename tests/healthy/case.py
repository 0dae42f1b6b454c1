"""One healthy layer: how to make it, what to call it on, and what must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Healthy:
    """A layer and its call.

    Attributes:
        make: gives a new instance, always of the same arguments.
        inputs: the positional arguments of the call; arrays, or lists and dictionaries of them.
        reference: `reference(weights, *inputs, **keywords)` is the output in float64, computed by NumPy alone. The
            weights come by their paths inside the layer, in float64, as they were before the call.
        keywords: keyword arguments of the call.
        mask: what Keras attaches to the first input, or None.
        training: the flag of the call.
        tolerance: the largest allowed |difference| from the reference, relative to its largest magnitude (at least 1).
            The default is 64 units of float32's last place: these layers add up a few dozen numbers of magnitude 1.
        because: why this layer needs another tolerance.
        unknown: the axes of each input, besides the batch, whose length may be unknown.
        output_mask: the mask that must leave with the first output, or None.
        losses: `losses(weights, *inputs)` is what the call adds to the loss.
        no_half: why it has no float16 form; "" if it has.
        advice: true advice of the doctor, by the check's id, each with its reason.
        flaws: what the doctor rightly holds against it, by the check's id, each with its reason: code that works, and
            is seen everywhere, but breaks a rule of Keras. `test_layers.py` proves each with Keras alone.
        compiled: the operations that TensorFlow has compiled and runs as one: their lines leave no numbers, so no cell
            of theirs is explained, and the reader is told so.
        name: to tell two cases of one file apart.
    """

    make: Callable[[], Any]
    inputs: Sequence[Any]
    reference: Callable[..., Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    mask: np.ndarray | None = None
    training: bool = False
    tolerance: float = 64 * 2.0**-23
    because: str = ""
    unknown: tuple[int, ...] = ()
    output_mask: np.ndarray | None = None
    losses: Callable[..., Sequence[float]] | None = None
    no_half: str = ""
    advice: Mapping[str, str] = field(default_factory=dict)
    flaws: Mapping[str, str] = field(default_factory=dict)
    compiled: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        if bool(self.because) != (self.tolerance != Healthy.tolerance):
            raise ValueError("Expected a reason beside every tolerance of its own.")
        if not all((*self.advice.values(), *self.flaws.values())):
            raise ValueError("Expected a reason beside every advice and every flaw.")
