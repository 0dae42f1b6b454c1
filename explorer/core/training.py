"""One training step: losses, gradients, and every weight before, after, and after its constraint.

The layer does not update its weights. An optimizer does, from gradients of a loss; constraints come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_weights, to_array
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import STEP_FIELDS, Experiment
from explorer.model.problem import Problem
from explorer.model.training_step import TrainingStep, WeightStep

_OPTIMIZERS = {
    "sgd": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "adam": lambda rate: keras.optimizers.Adam(rate),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate),
}


def training_step(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> TrainingStep:
    """Take one optimizer step towards the target and record what moved.

    The loss is the mean of (output - target)^2 over all outputs' cells, plus the layer's own losses.

    Raises:
        Problem: if the layer cannot be built or called, or its output is not made of floating-point numbers.
    """
    options = {spec.name: spec.default for spec in STEP_FIELDS} | dict(experiment.step)
    test = LayerUnderTest(experiment, attachments)
    if test.card.symbolic:
        raise Problem("A symbolic tensor has no weights to train.", where="layer")
    layer = test.built()
    with test.explaining():
        return _step(layer, lambda: test.call(layer), options)


def _step(layer: Any, call: Callable[[], Any], options: Mapping[str, Any]) -> TrainingStep:
    before = {id(v): to_array(v) for v in layer.weights}
    with tf.GradientTape() as tape:
        outputs = [y for y in keras.tree.flatten(call()) if y is not None]
        if not all(y.dtype.is_floating for y in outputs):
            raise Problem(
                "This output cannot be differentiated: it is not made of floating-point numbers.",
                expected="float",
                received=", ".join(y.dtype.name for y in outputs),
                where="layer",
            )
        cells = max(1, sum(int(tf.size(y)) for y in outputs))
        target = options["target"]
        wide = "float64" if any(y.dtype == tf.float64 for y in outputs) else "float32"
        squares = [tf.reduce_sum(tf.square(tf.cast(y, wide) - target)) for y in outputs]
        data_loss = tf.add_n(squares) / cells
        own = [tf.cast(loss, wide) for loss in layer.losses]
        loss = tf.add_n([data_loss, *own])
    variables = list(layer.trainable_variables)
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    reached = [(v, g) for v, g in zip(variables, gradients, strict=True) if g is not None]
    constraints = {id(v): v.constraint for v, _ in reached}  # an optimizer constrains only what it moves
    _apply(reached, options)
    steps = []
    by_variable = {id(v): g for v, g in reached}
    for name, variable in named_weights(layer).items():
        after = to_array(variable)
        constraint = constraints.get(id(variable))
        constrained = after
        if constraint is not None:
            variable.assign(constraint(variable.value))
            constrained = to_array(variable)
        gradient = by_variable.get(id(variable))
        steps.append(
            WeightStep(
                name,
                bool(variable.trainable),
                before.get(id(variable), after),
                None if gradient is None else to_array(gradient),
                after,
                constrained,
                type(constraint).__name__ if constraint is not None else "",
            )
        )
    return TrainingStep(float(data_loss), tuple(float(value) for value in own), float(loss), tuple(steps))


def _apply(pairs: list[tuple[Any, Any]], options: Mapping[str, Any]) -> None:
    """Apply the gradients. Constraints are held back, so that the reader sees the weight before and after them."""
    if not pairs:
        return
    held = [(variable, variable.constraint) for variable, _ in pairs]
    for variable, _ in pairs:
        variable.constraint = None
    _OPTIMIZERS[options["optimizer"]](options["learning_rate"]).apply(
        [gradient for _, gradient in pairs], [variable for variable, _ in pairs]
    )
    for variable, constraint in held:
        variable.constraint = constraint
