"""How a layer is called: the mask, the training flag, and how it is built without a call."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.keras_private import set_mask


def takes(function: Callable[..., Any], argument: str) -> bool:
    """Whether a function takes a keyword argument of that name."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return argument in parameters or any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())


def training_flag(layer: keras.layers.Layer, training: bool) -> dict[str, bool]:
    """The flag as a keyword. Keras gives it to the layers inside, also where the layer's own `call` does not name it.

    It is empty for a layer with a `__call__` of its own that takes no such flag.
    """
    return {"training": training} if takes(layer.__call__, "training") else {}


def attach_mask(arguments: Sequence[Any], mask: Any) -> None:
    """Let the first tensor of a call carry a mask, as if the layer before had attached it; None attaches none."""
    if mask is not None:
        set_mask(keras.tree.flatten(arguments)[0], tf.constant(np.asarray(mask, bool)))


class _Built(BaseException):
    """Raised in place of the call: by then Keras has built the layer. Not an Exception, so nobody wraps it."""


def ensure_built(layer: keras.layers.Layer, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """Let Keras build the layer as its first call would, and stop before the call itself.

    A layer without a `build` of its own is built by Keras from a symbolic call, which is let through. Where Keras
    cannot do that, its real first call builds it.
    """
    if getattr(layer, "built", False):  # a constructor that calls no parent's leaves it out
        return
    original = layer.call

    def stop(*call_arguments: Any, **call_keywords: Any) -> Any:
        if keras.tree.flatten([call_arguments, call_keywords]) and not tf.executing_eagerly():
            return original(*call_arguments, **call_keywords)
        raise _Built

    with instead_of_call(layer, stop), contextlib.suppress(_Built):
        layer(*arguments, **keywords)


class instead_of_call:
    """Put a function in the place of one instance's `call` for the length of a with-block.

    A `call` that the instance held itself is put back.
    """

    def __init__(self, layer: keras.layers.Layer, function: Callable[..., Any]) -> None:
        self._layer, self._function = layer, function

    def __enter__(self) -> None:
        self._own = {name: value for name, value in self._layer.__dict__.items() if name == "call"}
        self._layer.__dict__["call"] = self._function

    def __exit__(self, *_: object) -> None:
        del self._layer.__dict__["call"]
        self._layer.__dict__.update(self._own)
