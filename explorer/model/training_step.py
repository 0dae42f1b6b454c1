"""What one training step gives back: values only, like a trace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class WeightStep:
    """One weight's way through a step.

    Attributes:
        name: its path inside the layer.
        trainable: whether an optimizer may move it.
        before: its value before the step.
        gradient: of the loss with respect to it; None if the loss does not depend on it or it is not trainable.
        after: its value after the optimizer's step, before its constraint.
        constrained: its value after its constraint; equal to `after` without one.
        constraint: the constraint's class name, or "".
    """

    name: str
    trainable: bool
    before: np.ndarray
    gradient: np.ndarray | None
    after: np.ndarray
    constrained: np.ndarray
    constraint: str = ""


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """The losses and the weights of one step.

    Attributes:
        data_loss: the mean squared error against the target.
        layer_losses: what the layer adds itself (regularizers, activity, `add_loss`).
        loss: their sum, which is what the gradients are of.
        weights: every weight, trainable or not.
    """

    data_loss: float
    layer_losses: tuple[float, ...]
    loss: float
    weights: tuple[WeightStep, ...]
