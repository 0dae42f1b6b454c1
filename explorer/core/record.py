"""Call a layer once and record its inputs, weights, steps and outputs, with the numbers it would have made anyway."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor, named_weights, recorded, to_tensor, weight_tensors
from explorer.core.ledger import Ledger
from explorer.core.recorder import MAX_STEPS, Recorder
from explorer.trace import Message, Tensor, Trace


class _Built(BaseException):
    """Raised in place of the call: by then Keras has built the layer. Not an Exception, so nobody wraps it."""


def trace_layer(
    layer: keras.layers.Layer,
    inputs: Sequence[Any],
    training: bool = False,
    mask: Any = None,
    call_keywords: Mapping[str, Any] | None = None,
) -> Trace:
    """Call a layer and record what happens. The layer's class, module and attributes are left as they were.

    Args:
        layer: any instance; it is built if it was not.
        inputs: the positional arguments of the call, as a list: `[x]`, `[a, b]`, `[[a, b]]` for `Add`.
        training: passed on where `call` takes it.
        mask: booleans of shape (batch, time) for the first input, or None.
        call_keywords: keyword arguments of the call.
    Returns:
        A trace whose weights hold their values from before the call.
    Raises:
        Exception: whatever building or calling the layer raises.
    """
    arguments = [keras.tree.map_structure(as_tensor, value) for value in inputs]
    keywords = {name: keras.tree.map_structure(as_tensor, value) for name, value in (call_keywords or {}).items()}
    if mask is not None:
        keras.src.backend.set_keras_mask(keras.tree.flatten(arguments)[0], tf.constant(np.asarray(mask, bool)))
    if _takes(layer, "training"):
        keywords["training"] = training
    ensure_built(layer, arguments, keywords)
    weights = tuple(weight_tensors(layer))
    recorded_inputs = [*keras.tree.flatten(arguments), *_call_tensors(keywords)]
    recorder = Recorder(MAX_STEPS)
    with recorder.listening(layer):
        outputs = layer(*arguments, **keywords)
    ledger = Ledger(recorded_inputs, named_weights(layer))
    frames = ledger.frames(recorder.frames)
    return Trace(
        layer=type(layer).__name__,
        inputs=tuple(to_tensor(x, f"input:{i}", f"input {i}", "input") for i, x in enumerate(recorded_inputs)),
        weights=weights,
        outputs=tuple(
            recorded(ledger.array(y), y, f"output:{i}", "output" if i == 0 else f"output {i}", "output")
            for i, y in enumerate(y for y in keras.tree.flatten(outputs) if y is not None)
        ),
        mask=tuple(_masks(recorded_inputs[:1], "in")) + tuple(_masks(keras.tree.flatten(outputs), "out")),
        frames=frames,
        notes=tuple(_notes(recorder, layer)),
    )


def ensure_built(layer: keras.layers.Layer, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> None:
    """Let Keras build the layer as its first call would, and stop before the call itself.

    A layer without a `build` of its own is built by Keras from a symbolic call, which is let through. Where Keras
    cannot do that, its real first call builds it.
    """
    if layer.built:
        return
    original = layer.call

    def stop(*call_arguments: Any, **call_keywords: Any) -> Any:
        if keras.tree.flatten([call_arguments, call_keywords]) and not tf.executing_eagerly():
            return original(*call_arguments, **call_keywords)
        raise _Built

    with _instead_of_call(layer, stop), contextlib.suppress(_Built):
        layer(*arguments, **keywords)


class _instead_of_call:
    """Put a function in the place of one instance's `call` for the length of a with-block."""

    def __init__(self, layer: keras.layers.Layer, function: Callable[..., Any]) -> None:
        self._layer, self._function = layer, function

    def __enter__(self) -> None:
        self._own = {name: value for name, value in self._layer.__dict__.items() if name == "call"}
        self._layer.__dict__["call"] = self._function

    def __exit__(self, *_: object) -> None:
        del self._layer.__dict__["call"]
        self._layer.__dict__.update(self._own)


def _call_tensors(keywords: Mapping[str, Any]) -> list[Any]:
    return [t for value in keywords.values() for t in keras.tree.flatten(value) if tf.is_tensor(t)]


def _masks(tensors: Iterable[Any], where: str) -> Iterable[Tensor]:
    for position, tensor in enumerate(tensors):
        mask = keras.src.backend.get_keras_mask(tensor) if tensor is not None else None
        if mask is not None:
            name = "mask" if where == "in" else "output mask"
            yield to_tensor(mask, f"mask:{where}:{position}", name, "mask")


def _takes(layer: keras.layers.Layer, argument: str) -> bool:
    try:
        return argument in inspect.signature(layer.call).parameters
    except (TypeError, ValueError):
        return False


def _notes(recorder: Recorder, layer: keras.layers.Layer) -> Iterable[Message]:
    own = f"{type(layer).__name__}.call"
    for name, why in recorder.unopened.items():
        if name == own:
            yield Message("The lines of this call could not be recorded: {why}.", {"why": why})
        else:
            yield Message("{name} is one step: {why}.", {"name": name, "why": why})
    if recorder.missed:
        yield Message("{count} further steps were not recorded.", {"count": recorder.missed})
