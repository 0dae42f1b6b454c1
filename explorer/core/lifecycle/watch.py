"""Watch which methods of a layer run, in which order, and how long each takes."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from explorer.core.keras_private import parts_of
from explorer.model.lifecycle import Ran

METHODS = ("build", "add_weight", "call", "compute_output_shape", "compute_output_spec", "compute_mask")
MAX_EVENTS = 200
"""An LSTM's cell runs once a step; more than so many are not told."""


class Birth(NamedTuple):
    """Where `add_weight` was called, and with which initializer.

    Attributes:
        line: of the file.
        initializer: its name, or "".
        code: the function that called it; None if nobody saw.
    """

    line: int
    initializer: str
    code: CodeType | None = None


class Watch:
    """Notes the methods of a layer, and of the layers inside it, that run within a with-block.

    The methods are replaced on the instances, never on their classes, and put back afterwards.

    Args:
        layer: the watched one.
        on_call: is called when the layer's own `call` begins with numbers.

    Attributes:
        ran: what ran, in the order in which it began.
        missed: how many more ran.
        born: where each variable was made and what drew its first numbers, by the variable's identity.
    """

    def __init__(self, layer: Any, on_call: Callable[[], None] | None = None) -> None:
        self._layer, self._on_call = layer, on_call
        self._depth = 0
        self._before: list[tuple[Any, dict[str, Any]]] = []
        self._events: list[dict[str, Any]] = []
        self.missed = 0
        self.born: dict[int, Birth] = {}

    @property
    def ran(self) -> tuple[Ran, ...]:
        """What ran, in the order in which it began."""
        return tuple(Ran(**event) for event in self._events)

    def __enter__(self) -> Watch:
        for layer in parts_of(self._layer):
            self._before.append((layer, {name: layer.__dict__[name] for name in METHODS if name in layer.__dict__}))
            for name in METHODS:
                if hasattr(layer, name):
                    layer.__dict__[name] = self._noting(layer, name, getattr(layer, name))
        return self

    def __exit__(self, *_: object) -> None:
        for layer, own in self._before:
            for name in METHODS:
                layer.__dict__.pop(name, None)
            layer.__dict__.update(own)

    def _noting(self, layer: Any, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def noting(*args: Any, **kwargs: Any) -> Any:
            symbolic = name == "call" and not _has_numbers((args, kwargs))
            if name == "call" and layer is self._layer and not symbolic and self._on_call is not None:
                self._on_call()
            event = self._begin(layer, name, args, kwargs, symbolic)
            caller = _caller(sys._getframe(1)) if name == "add_weight" else None
            self._depth += 1
            start = time.perf_counter()
            try:
                result = method(*args, **kwargs)
            finally:
                event["milliseconds"] = (time.perf_counter() - start) * 1000
                self._depth -= 1
            if caller is not None:
                initializer = initializer_text(kwargs.get("initializer", args[1] if len(args) > 1 else None))
                self.born[id(result)] = Birth(caller.f_lineno, initializer, caller.f_code)
                event["given"] = ", ".join(filter(None, (f"{result.name} {tuple(result.shape)}", initializer)))
            return result

        return noting

    def _begin(self, layer: Any, name: str, args: Any, kwargs: Any, symbolic: bool) -> dict[str, Any]:
        own = "" if layer is self._layer else f"{layer.name}: "
        event = {
            "function": f"{own}{type(layer).__name__}.{name}",
            "given": told(args, kwargs),
            "depth": self._depth,
            "milliseconds": 0.0,
            "symbolic": symbolic,
        }
        if len(self._events) < MAX_EVENTS:
            self._events.append(event)
        else:
            self.missed += 1
        return event


def _caller(frame: FrameType) -> FrameType:
    """The first frame that is no Keras machinery around `add_weight`."""
    while frame.f_back is not None and frame.f_code.co_filename.endswith("traceback_utils.py"):
        frame = frame.f_back
    return frame


def initializer_text(initializer: Any) -> str:
    """An initializer's name, however it was given."""
    if initializer is None or isinstance(initializer, str):
        return initializer or ""
    return str(getattr(initializer, "__name__", type(initializer).__name__))


def told(args: Any, kwargs: Any) -> str:
    """Arguments in short: "(2, 5, 4)" for a tensor as for a shape."""
    parts = [_short(value) for value in args]
    parts += [f"{name}={_short(value)}" for name, value in kwargs.items() if value is not None]
    return ", ".join(parts)


def _short(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{keras.backend.standardize_dtype(value.dtype)} {tuple(value.shape)}"
    if isinstance(value, (list, tuple)) and any(hasattr(item, "shape") for item in value):
        return f"[{', '.join(_short(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_short(item)}' for name, item in value.items())}}}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _has_numbers(values: Any) -> bool:
    tensors = [value for value in keras.tree.flatten(values) if hasattr(value, "shape")]
    return not tensors or any(hasattr(value, "numpy") or not _symbolic(value) for value in tensors)


def _symbolic(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor) or (tf.is_tensor(value) and not hasattr(value, "numpy"))
