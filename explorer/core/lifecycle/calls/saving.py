"""Calls that save a layer in a file, and load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from explorer.core.lifecycle.calls.registry import Scope, call
from explorer.core.lifecycle.drawing import row
from explorer.core.lifecycle.state import largest_difference as difference
from explorer.model.trace import Message


@call(
    "saving",
    Message("Save it in a .keras file"),
    Message("The file is a zip archive: the config as JSON, and the weights. It is made for you to download."),
    file="layer.keras",
)
def save(layer: Any, symbols: Any) -> Any:
    model = keras.Model([*symbols], layer(*symbols))
    model.save("layer.keras")
    return {"bytes": Path("layer.keras").stat().st_size}


def _loaded_drawing(scope: Scope) -> str:
    steps = [("layer", "")]
    if "model" in scope:
        steps.append(("Model", "keras.Model"))
    if Path("layer.keras").exists():
        steps.append((f"layer.keras: {Path('layer.keras').stat().st_size} bytes", "save"))
    if "again" in scope:
        steps.append(("Model", "load_model"))
    if "_" in scope:
        steps.append((f"|difference| {scope['_']:g}", "layer(x)"))
    return row(steps)


@call(
    "saving",
    Message("Save it, load it, compare"),
    Message("What comes back gives the same numbers: difference 0."),
    draw=_loaded_drawing,
    file="layer.keras",
)
def load_model(layer: Any, symbols: Any, inputs: Any) -> Any:
    model = keras.Model([*symbols], layer(*symbols))
    model.save("layer.keras")
    again = keras.models.load_model("layer.keras")
    twin = again.get_layer(layer.name)
    return difference(layer(*inputs), twin(*inputs))


@call("saving", Message("Save the weights alone"), file="layer.weights.h5")
def save_weights(layer: Any, symbols: Any) -> Any:
    model = keras.Model([*symbols], layer(*symbols))
    model.save_weights("layer.weights.h5")
    return {"bytes": Path("layer.weights.h5").stat().st_size}


@call(
    "saving",
    Message("A Lambda with an anonymous function"),
    Message("Its code is saved as bytecode, which could do anything: loading it is refused."),
    modern="load_class",
)
def load_lambda() -> Any:
    x = keras.Input((3,))
    keras.Model(x, keras.layers.Lambda(lambda t: t * 2)(x)).save("lambda.keras")
    return keras.models.load_model("lambda.keras")


@call(
    "saving", Message("A registered class instead of a Lambda"), Message("A class is saved by its name and its config.")
)
def load_class() -> Any:
    @keras.saving.register_keras_serializable("shown")
    class Double(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    x = keras.Input((3,))
    keras.Model(x, Double()(x)).save("double.keras")
    return keras.models.load_model("double.keras").layers
