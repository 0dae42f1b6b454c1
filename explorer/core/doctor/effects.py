"""All that a layer does which an argument of its constructor can change: at birth, at inference, in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.compare import difference, tensors_of
from explorer.core.doctor.isolation import reseed
from explorer.core.doctor.patient import Patient
from explorer.core.keras_private import mask_of
from explorer.core.names import reset_names
from explorer.model.trace import Message

ROWS = 16
"""How many samples a training call gets, so that random numbers have an occasion to show."""

MOST_CELLS = 2**18
"""Large inputs get fewer samples, so that there are not many more cells than these."""

NAMES: Mapping[str, Message] = {
    "refusal": Message("whether it can be called"),
    "kinds": Message("the shapes of its weights"),
    "weights": Message("its weights when they are new"),
    "output": Message("its output"),
    "mask": Message("the mask of its output"),
    "training": Message("its output in training"),
    "losses": Message("the losses that it adds"),
    "gradients": Message("its gradients"),
    "updates": Message("its weights after a call in training"),
    "constraints": Message("what its constraints make of its weights"),
}
"""The effects in the order in which they are compared, as a reader calls them."""

Effects = dict[str, list[Any]]


def effects(patient: Patient, make: Any, values: list[np.ndarray] | None = None) -> tuple[Effects, list[np.ndarray]]:
    """What a new layer does on the patient's inputs.

    Args:
        patient: whose inputs to take.
        make: makes the layer.
        values: what to give its variables after they were looked at, where they fit.
    Returns:
        The effects by name, and the first values of its variables.
    """
    reset_names()
    reseed()
    layer = make()
    try:
        patient.call(layer)
    except Exception as error:
        return {"refusal": [type(error).__name__]}, []
    born = [to_array(v) for v in layer.variables]
    found: Effects = {"kinds": [_described(v) for v in layer.variables], "weights": born}
    if values is not None and [v.shape for v in values] == [v.shape for v in born]:
        patient.restored(layer, values)
    found["output"] = patient.outputs(layer)
    found["mask"] = [m for m in map(mask_of, found["output"]) if m is not None]
    found.update(_trained(patient, layer))
    found["constraints"] = [v.constraint(v.value * 50) for v in layer.trainable_variables if v.constraint is not None]
    return found, born


def _described(variable: Any) -> str:
    return f"{tuple(variable.shape)} {variable.dtype} {variable.trainable}"


def _trained(patient: Patient, layer: Any) -> Effects:
    """One call in training, with the gradients that it gives to inputs and weights."""
    cells = sum(int(np.prod(x.shape)) for x in patient.tensors)
    rows = max(2, min(ROWS, MOST_CELLS // max(1, cells)))
    inputs = patient.batch(rows) if patient.batching.known else patient.tensors
    floats = [x for x in inputs if x.dtype.is_floating]
    weights = [v.value for v in layer.trainable_variables]
    try:
        with tf.GradientTape() as tape:
            tape.watch(floats)
            outputs = patient.outputs(layer, inputs, training=True)
            losses = [tf.convert_to_tensor(loss) for loss in layer.losses]
            sums = [
                tf.reduce_sum(tf.cast(y, "float32") ** 2)
                for y in outputs
                if tf.is_tensor(y) and _kind(y) == "Tensor" and y.dtype.is_floating
            ]
            total = tf.add_n([*sums, *(tf.cast(tf.reduce_sum(x), "float32") for x in losses), tf.constant(0.0)])
        gradients = [g for g in tape.gradient(total, [*floats, *weights]) if g is not None]
    except Exception as error:
        return {"training": [type(error).__name__]}
    updated = [v.value for v in layer.non_trainable_variables]
    return {
        "training": outputs,
        "losses": losses,
        "gradients": [tf.convert_to_tensor(g) for g in gradients],
        "updates": [to_array(v) for v in updated],
    }


def apart(one: Effects, other: Effects, name: str) -> str:
    """How two layers differ in one effect: "" if they do not."""
    a, b = one.get(name, []), other.get(name, [])
    if any(isinstance(x, str) for x in (*a, *b)):
        one_text, other_text = (", ".join(_text(x) for x in found) or "-" for found in (a, b))
        return "" if one_text == other_text else f"{one_text} ≠ {other_text}"
    kinds = [", ".join(_kind(x) for x in found) for found in (a, b)]
    return difference(tensors_of(a), tensors_of(b)) or (f"{kinds[0]} ≠ {kinds[1]}" if kinds[0] != kinds[1] else "")


def _kind(found: Any) -> str:
    composite = isinstance(found, (tf.SparseTensor, tf.RaggedTensor))
    return type(found).__name__ if composite else "Tensor"


def _text(found: Any) -> str:
    return found if isinstance(found, str) else str(tuple(found.shape))
