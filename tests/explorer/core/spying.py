"""Records what Keras is asked to make from a description, and which files are asked for."""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras.src.saving import serialization_lib

RESOLVERS = ("get", "deserialize")
"""By these names Keras's modules make an object of a text or of a description."""
MODULES = (
    "activations",
    "initializers",
    "regularizers",
    "constraints",
    "layers",
    "losses",
    "metrics",
    "optimizers",
    "quantizers",
    "dtype_policies",
)


class Spy:
    """What was asked while it watched.

    Attributes:
        described: what Keras was to make an object of.
        files: the paths that were to be opened, listed or looked up.
    """

    def __init__(self) -> None:
        self.described: list[Any] = []
        self.files: list[str] = []

    def made_of(self, marks: tuple[str, ...]) -> list[Any]:
        """What Keras was to make that says one of these words."""
        return [one for one in self.described if any(mark in repr(one) for mark in marks)]

    def classes(self) -> set[str]:
        """The names of the classes in all descriptions, at any depth."""
        return {name for described in self.described for name in _classes(described)}


def _classes(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "class_name" in value:
            yield str(value["class_name"])
        for item in value.values():
            yield from _classes(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _classes(item)


def watch(patch: pytest.MonkeyPatch) -> Spy:
    """Watch until the patch is undone."""
    spy = Spy()
    _everywhere(patch, serialization_lib.deserialize_keras_object, spy.described)
    for module in MODULES:
        for name in RESOLVERS:
            if hasattr(getattr(keras, module), name):
                _everywhere(patch, getattr(getattr(keras, module), name), spy.described)
    for owner, name in (
        (builtins, "open"),
        (io, "open"),
        (os, "open"),
        (os, "stat"),
        (os, "listdir"),
        (os, "scandir"),
        (tf.io, "read_file"),
        (tf.io.gfile, "exists"),
        (tf.io.gfile, "GFile"),
        (tf.io.gfile, "isdir"),
        (tf.io.gfile, "glob"),
        (keras.models, "load_model"),
        (keras.utils, "get_file"),
    ):
        patch.setattr(owner, name, _noted(getattr(owner, name), spy.files, str))
    return spy


def _everywhere(patch: pytest.MonkeyPatch, function: Any, notes: list[Any]) -> None:
    """Replace a function in every module that has imported it by its name."""
    noted = _noted(function, notes)
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is function:
                patch.setattr(module, name, noted)


def _noted(function: Any, notes: list[Any], told: Any = lambda value: value) -> Any:
    def asked(*arguments: Any, **keywords: Any) -> Any:
        notes.append(told(next(iter((*arguments, *keywords.values())), None)))
        return function(*arguments, **keywords)

    return asked
