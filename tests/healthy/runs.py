"""Calls of a case's layer: plain, traced, and its weights and numbers in float64."""

from __future__ import annotations

import inspect
import zlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core import trace_layer
from explorer.model.trace import Trace
from tests.healthy.case import Healthy

SEED = 7


def tensors(case: Healthy) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the call as new tensors, the mask attached to the first."""

    def live(value: Any) -> Any:
        return tf.constant(value) if isinstance(value, np.ndarray) else value

    arguments = [keras.tree.map_structure(live, value) for value in case.inputs]
    if case.mask is not None:
        keras.src.backend.set_keras_mask(keras.tree.flatten(arguments)[0], tf.constant(case.mask))
    return arguments, {name: live(value) for name, value in case.keywords.items()}


def takes_training(layer: Any) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def plain(layer: Any, case: Healthy, training: bool | None = None) -> Any:
    """The layer's answer, as Keras alone gives it."""
    arguments, keywords = tensors(case)
    if takes_training(layer):
        keywords["training"] = case.training if training is None else training
    return layer(*arguments, **keywords)


def traced(layer: Any, case: Healthy, training: bool | None = None) -> Trace:
    """The same call, recorded."""
    arguments, keywords = tensors(case)
    if takes_training(layer):
        keywords["training"] = case.training if training is None else training
    return trace_layer(layer, arguments, **keywords)


def fresh(case: Healthy) -> Any:
    """A new layer, not built, always with the same random numbers ahead of it."""
    keras.utils.set_random_seed(SEED)
    return case.make()


def grown(case: Healthy) -> Any:
    """A layer that was called once, and whose trainable weights then moved: no bias is 0, no scale is 1."""
    layer = fresh(case)
    plain(layer, case, False)
    for name, variable in weights_of(layer).items():
        if variable.trainable:
            random = np.random.default_rng(zlib.crc32(name.encode()))
            variable.assign(variable.numpy() + 0.3 * random.normal(size=variable.shape).astype("float32"))
    keras.utils.set_random_seed(SEED)
    return layer


def weights_of(layer: Any) -> dict[str, Any]:
    """The layer's variables by their paths inside it."""
    found = {f"/{v.path}".partition(f"/{layer.name}/")[2] or v.path: v for v in layer.weights}
    assert len(found) == len(layer.weights), [v.path for v in layer.weights]
    return found


def numbers(layer: Any) -> dict[str, np.ndarray]:
    """The weights in float64, as a reference takes them."""
    return {name: np.asarray(variable.numpy(), "float64") for name, variable in weights_of(layer).items()}


def arrays(outputs: Any) -> list[np.ndarray]:
    """A call's outputs as a flat list of arrays, in Keras's order."""
    return [np.asarray(y) for y in keras.tree.flatten(outputs) if y is not None]


def apart(outputs: Any, expected: Any) -> float:
    """The largest difference of any cell, relative to the largest magnitude (at least 1); infinity if shapes differ."""
    pairs = zip(arrays(outputs), arrays(expected), strict=True)
    found = 0.0
    for one, other in pairs:
        if one.shape != other.shape or not np.isfinite(one).all():
            return float("inf")
        scale = max(1.0, float(np.abs(other).max(initial=0.0)))
        found = max(found, float(np.abs(one.astype("float64") - other).max(initial=0.0)) / scale)
    return found
