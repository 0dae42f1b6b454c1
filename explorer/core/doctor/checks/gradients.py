"""Training: gradients reach every weight, and an optimizer's step moves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_variables, to_array
from explorer.core.doctor.blame import assignment_place, is_keras, method_place
from explorer.core.doctor.findings import suspected
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.keras_private import own_trainable_variables, parts_of
from explorer.model.trace import Message

ROWS = 3
RATE = 0.1
"""Of the step of SGD that is taken."""


def _gradients(patient: Patient, layer: Any, inputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    variables = list(layer.trainable_variables)
    if not variables:
        raise NotApplicable(Message("It has no trainable weights."))
    with tf.GradientTape() as tape:
        outputs = patient.outputs(layer, inputs, training=True)
        floats = [y for y in outputs if y.dtype.is_floating]
        if not floats and not layer.losses:
            raise NotApplicable(Message("Its output is not made of floating-point numbers, and it adds no loss."))
        numbers = np.random.default_rng(3)
        sums = [
            tf.reduce_sum(tf.cast(y, "float32") * numbers.standard_normal(y.shape).astype("float32")) for y in floats
        ]
        loss = tf.add_n([tf.constant(0.0), *sums, *(tf.cast(tf.reduce_sum(own), "float32") for own in layer.losses)])
    return variables, tape.gradient(loss, [variable.value for variable in variables])


@check(
    Message("Gradients reach every trainable weight"),
    Message("The output was added up with random factors, and differentiated with respect to each weight."),
    Message("A gradient for every trainable weight."),
    Message("A weight without a gradient stays what it was at the start, however long you train."),
    after=("call", "returns_tensors", "tracked_state", "attributes_stay"),
)
def gradients(patient: Patient) -> Verdict:
    """Weights that no gradient reaches."""
    layer = patient.copy()
    variables, found = _gradients(patient, layer, patient.batch(ROWS) if patient.batching.known else patient.tensors)
    names = named_variables(layer, variables)
    cut = [name for name, gradient in zip(names, found, strict=True) if gradient is None]
    if not cut:
        zero = [name for name, gradient in zip(names, found, strict=True) if not np.any(to_array(gradient))]
        dead = _dead(patient, zero) if zero else []
        if dead:
            seen = Message(
                "The gradient of {names} is zero for all inputs and weights tried.", {"names": ", ".join(dead)}
            )
            place = assignment_place(patient.known, dead[0].rpartition("/")[2]) or method_place(patient.known, "call")
            return advice(seen, "dead_weight", place=place)
        return passed(Message("{count} weights, all reached.", {"count": len(variables)}))
    facts = suspected(patient.known, "no_gradient_path") or {
        "place": assignment_place(patient.known, cut[0].rpartition("/")[2]) or method_place(patient.known, "call")
    }
    seen = Message(
        "{seen} {reason}",
        {"seen": Message("No gradient for {names}.", {"names": ", ".join(cut)}), "reason": _reason(patient, cut)},
    )
    if len(cut) < len(variables):
        return advice(seen, "unused_weight", **facts)
    return failed(seen, "no_gradient_path", **facts)


def _dead(patient: Patient, names: Sequence[str]) -> list[str]:
    """Of these weights those of a person's classes whose gradient stays zero, whatever the inputs and the weights."""
    layer = patient.copy()
    owned = {id(v) for part in parts_of(layer) if not is_keras(type(part)) for v in own_trainable_variables(part)}
    weights = named_variables(layer, layer.trainable_variables)
    waiting = {name for name, v in weights.items() if id(v) in owned} & set(names)
    numbers = np.random.default_rng(5)
    for seed in (1, 2, 3) if waiting else ():
        for variable in layer.trainable_variables:
            variable.assign(numbers.standard_normal(variable.shape))
        inputs = patient.batch(ROWS, seed) if patient.batching.known else patient.tensors
        _, found = _gradients(patient, layer, inputs)
        waiting -= {n for n, g in zip(weights, found, strict=True) if g is not None and np.any(to_array(g))}
    return sorted(waiting)


def _reason(patient: Patient, cut: Sequence[str]) -> Message:
    """Whether it is so by construction, or for these inputs only: weights that are read, and inputs of other seeds."""
    layer = patient.copy()
    weights = named_variables(layer, layer.trainable_variables)
    reached: set[str] = set()
    read: set[str] = set()
    for seed in (1, 2):
        inputs = patient.batch(ROWS, seed) if patient.batching.known else patient.tensors
        inputs = [-x if x.dtype.is_floating and seed == 2 else x for x in inputs]
        with tf.GradientTape() as tape:
            patient.outputs(layer, inputs, training=True)
        watched = {id(variable) for variable in tape.watched_variables()}
        read |= {name for name, v in weights.items() if id(v.value) in watched}
        _, found = _gradients(patient, layer, inputs)
        reached |= {name for name, g in zip(weights, found, strict=True) if g is not None}
    if set(cut) <= reached:
        return Message("That is so on these inputs only: others give it one.")
    if not set(cut) & read:
        return Message("The call never reads it.")
    return Message("The call reads it, and no way leads back to it from the output.")


@check(
    Message("A training step moves its weights"),
    Message("One step of SGD was taken on a copy of the layer."),
    Message("Every weight has moved whose numbers such a step changes in their dtype."),
    Message("The optimizer changes weights through the layer's variables; if they do not move, nothing is learned."),
    after=("gradients",),
)
def training_step(patient: Patient) -> Verdict:
    """Weights that an optimizer moved, or not."""
    layer = patient.copy()
    variables, found = _gradients(patient, layer, patient.batch(ROWS) if patient.batching.known else patient.tensors)
    pairs = [(v, g) for v, g in zip(variables, found, strict=True) if g is not None]
    names = [name for name, g in zip(named_variables(layer, variables), found, strict=True) if g is not None]
    before = [to_array(variable) for variable, _ in pairs]
    moving = [_moves(variable.value, gradient) for variable, gradient in pairs]
    keras.optimizers.SGD(RATE).apply([g for _, g in pairs], [v for v, _ in pairs])
    still = [
        name
        for name, (variable, _), old, moves in zip(names, pairs, before, moving, strict=True)
        if moves and np.array_equal(old, to_array(variable)) and variable.constraint is None
    ]
    if still:
        return failed(Message("Did not move: {names}.", {"names": ", ".join(still)}))
    if not any(moving) and any(np.any(to_array(gradient)) for _, gradient in pairs):
        return by_design(Message("On this input the gradients are too small for a step that the dtype can hold."))
    if not any(moving):
        return by_design(Message("All gradients are zero on this input."))
    return passed(Message("{count} weights moved.", {"count": sum(moving)}))


def _moves(value: Any, gradient: Any) -> bool:
    """Whether a step changes a cell in its dtype: to 1.0 in bfloat16 nothing below 0.004 can be added."""
    gradient = tf.convert_to_tensor(gradient)
    return bool(tf.reduce_any(value - tf.cast(RATE, gradient.dtype) * gradient != value))


@check(
    Message("What it adds to the loss is a loss"),
    Message("The losses after one and after two calls with training=True were looked at."),
    Message("Finite numbers, one each, and as many after the second call as after the first."),
    Message("Keras adds them to the loss that the model is trained for."),
    after=("call", "attributes_stay"),
)
def losses(patient: Patient) -> Verdict:
    """What `add_loss` and regularizers give."""
    layer = patient.copy()
    counts, found = [], []
    for _ in range(2):
        patient.outputs(layer, None, training=True)
        found = list(layer.losses)
        counts.append(len(found))
    if not found and not counts[0]:
        raise NotApplicable(Message("It adds no loss."))
    if counts[1] > counts[0]:
        seen = {"first": counts[0], "second": counts[1]}
        return failed(Message("{first} losses after one call, {second} after two.", seen))
    facts = suspected(patient.known, "loss_not_a_tensor")
    if any(not tf.is_tensor(loss) or not np.isfinite(to_array(loss)).all() for loss in found):
        return failed(Message("A loss is no finite number."), **facts)
    wide = [str(tuple(loss.shape)) for loss in found if loss.shape.rank]
    if wide:
        what = Message(
            "A loss has shape {shape}: Keras adds its cells up, so it may grow with the batch.", {"shape": wide[0]}
        )
        return advice(what, **facts)
    return passed(Message("{count} losses.", {"count": len(found)}))
