"""Models as visitors upload them: saved by Keras, with weights that no initializer gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from explorer.experiment import Experiment
from explorer.experiment.model_file import ModelFile
from explorer.experiment.uploads import content_hash

Attachments = dict[str, np.ndarray]


def learned(model: Any, seed: int = 1) -> Any:
    """The model with other weights, the moving statistics among them."""
    generator = np.random.default_rng(seed)
    for variable in model.weights:
        value = generator.normal(size=variable.shape)
        variable.assign(np.abs(value) + 0.1 if "variance" in variable.path else value)
    return model


def saved(model: Any, folder: Path) -> bytes:
    """The bytes of its .keras file."""
    path = folder / "saved.keras"
    model.save(path)
    return path.read_bytes()


def uploaded(data: bytes, layer: str = "model", **parts: Any) -> tuple[Experiment, Attachments]:
    """An experiment about a layer of a model file, and what was uploaded for it."""
    array = np.frombuffer(data, "uint8")
    sha256 = content_hash(array)
    return Experiment(layer, model=ModelFile(sha256, "saved.keras"), **parts), {sha256: array}


def two_towers() -> Any:
    """Two inputs that go through one shared model, and a head."""
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    encoder = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, activation="relu"), keras.layers.BatchNormalization()], name="encoder"
    )
    both = keras.layers.Concatenate(name="both")([encoder(left), encoder(right)])
    return learned(keras.Model([left, right], keras.layers.Dense(3, name="head")(both), name="towers"))


def reader() -> Any:
    """Ids, of which 0 is masked, through an embedding, attention and a recurrent layer with a given state."""
    ids = keras.Input((5,), dtype="int32", name="ids")
    words = keras.layers.Embedding(9, 4, mask_zero=True, name="words")(ids)
    seen = keras.layers.MultiHeadAttention(2, 3, name="looks")(words, words, use_causal_mask=True)
    sequence, hidden, cell = keras.layers.LSTM(3, return_sequences=True, return_state=True, name="reads")(seen)
    again = keras.layers.LSTM(3, name="again")(sequence, initial_state=[hidden, cell])
    return learned(keras.Model(ids, keras.layers.Dense(2, name="says")(again), name="reader"))


def pictures() -> Any:
    """A small network on pictures."""
    parts = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(2, 3, name="edges"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.MaxPooling2D(name="pool"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dropout(0.5, name="drop"),
        keras.layers.Dense(3, activation="softmax", name="kind"),
    ]
    return learned(keras.Sequential(parts, name="pictures"))
