"""Call a layer once and record its inputs, weights, steps and outputs, with the numbers it would have made anyway."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.tap import Tapped, Untappable, tap
from explorer.trace import Frame, Message, Step, Tensor, Trace

MAX_STEPS = 5000
"""A call that takes more steps is recorded up to here, and the trace says so."""


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
    arguments = [keras.tree.map_structure(_as_tensor, value) for value in inputs]
    keywords = {name: keras.tree.map_structure(_as_tensor, value) for name, value in (call_keywords or {}).items()}
    if mask is not None:
        keras.src.backend.set_keras_mask(keras.tree.flatten(arguments)[0], tf.constant(np.asarray(mask, bool)))
    if _takes(layer, "training"):
        keywords["training"] = training
    ensure_built(layer, arguments, keywords)
    weights = tuple(weight_tensors(layer))
    recorder = _Recorder()
    outputs = recorder.call(layer, arguments, keywords)
    recorded_inputs = [*keras.tree.flatten(arguments), *_call_tensors(keywords)]
    return Trace(
        layer=type(layer).__name__,
        inputs=tuple(to_tensor(x, f"input:{i}", f"input {i}", "input") for i, x in enumerate(recorded_inputs)),
        weights=weights,
        outputs=tuple(
            _tensor(recorder.array(y), y, f"output:{i}", "output" if i == 0 else f"output {i}", "output")
            for i, y in enumerate(y for y in keras.tree.flatten(outputs) if y is not None)
        ),
        mask=tuple(_masks(recorded_inputs[:1], "in")) + tuple(_masks(keras.tree.flatten(outputs), "out")),
        frames=recorder.frames(),
        notes=recorder.notes(),
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


class _Recorder:
    """Collects the steps of one call. Values are kept as tensors and become arrays when the call is over."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, list[Any]]] = []
        self._tapped: Tapped | None = None
        self._function = ""
        self._missed = 0
        self._why = ""
        self._arrays: dict[int, tuple[Any, np.ndarray]] = {}

    def call(self, layer: keras.layers.Layer, arguments: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        function = type(layer).call
        self._function = f"{type(layer).__name__}.call"
        try:
            if "call" in layer.__dict__ or not inspect.isfunction(function):
                raise Untappable("`call` is not a plain method")
            self._tapped = tap(function, self._report)
        except Untappable as error:
            self._why = str(error)
            return layer(*arguments, **keywords)
        with _instead_of_call(layer, self._tapped.function.__get__(layer)):
            return layer(*arguments, **keywords)

    def _report(self, site: int, value: Any) -> None:
        values = [_read(v) for v in (value if isinstance(value, (list, tuple)) else [value])]
        if not values or not all(tf.is_tensor(v) and hasattr(v, "numpy") for v in values):
            return
        if len(self._steps) >= MAX_STEPS:
            self._missed += 1
        else:
            self._steps.append((site, values))

    def frames(self) -> tuple[Frame, ...]:
        if self._tapped is None:
            return ()
        steps = []
        for number, (site_number, tensors) in enumerate(self._steps):
            site = self._tapped.sites[site_number]
            values = []
            for position, tensor in enumerate(tensors):
                array = self.array(tensor)
                suffix = f".{position}" if len(tensors) > 1 else ""
                name = site.target or site.text
                values.append(_tensor(array, tensor, f"step:{number}{suffix}", name, "intermediate"))
            steps.append(
                Step(site.line, site.column, site.end_line, site.end_column, site.text, site.target, tuple(values))
            )
        return (Frame(self._function, self._tapped.source, self._tapped.first_line, tuple(steps)),)

    def array(self, tensor: Any) -> np.ndarray:
        """The array of a tensor: one array for one tensor, however often it appears."""
        if id(tensor) not in self._arrays:
            self._arrays[id(tensor)] = (tensor, to_array(tensor))
        return self._arrays[id(tensor)][1]

    def notes(self) -> tuple[Message, ...]:
        if self._why:
            return (Message("The lines of this call could not be recorded: {why}.", {"why": self._why}),)
        if self._missed:
            return (Message("{count} further steps were not recorded.", {"count": self._missed}),)
        return ()


# -------------------------------------------------------------------------------------------------- tensors
def weight_tensors(layer: keras.layers.Layer) -> Iterable[Tensor]:
    """The layer's weights as they are now; ids "weight:<path inside the layer>"."""
    for name, variable in named_weights(layer).items():
        yield to_tensor(variable, f"weight:{name}", name, "weight", trainable=bool(variable.trainable))


def named_weights(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    """The layer's weights by their paths inside the layer; a second one of the same path ends in "_2"."""
    named: dict[str, keras.Variable] = {}
    for variable in layer.weights:
        name = path = relative_path(layer, variable)
        number = 1
        while name in named:
            number += 1
            name = f"{path}_{number}"
        named[name] = variable
    return named


def relative_path(layer: keras.layers.Layer, variable: keras.Variable) -> str:
    """The variable's path without the layer's own name: "kernel", "dense_1/kernel"."""
    _, own, inside = f"/{variable.path}".partition(f"/{layer.name}/")
    return inside if own else str(variable.path)


def to_tensor(value: Any, tensor_id: str, name: str, role: str, trainable: bool | None = None) -> Tensor:
    """A live tensor, variable or array as a recorded one."""
    return _tensor(to_array(value), value, tensor_id, name, role, trainable)


def _tensor(
    array: np.ndarray, value: Any, tensor_id: str, name: str, role: str, trainable: bool | None = None
) -> Tensor:
    dtype = getattr(value.dtype, "name", str(value.dtype)) if hasattr(value, "dtype") else str(array.dtype)
    return Tensor(tensor_id, name, role, array, "string" if dtype == "object" else dtype, trainable=trainable)


def to_array(value: Any) -> np.ndarray:
    """The numbers of a tensor: sparse and ragged ones made dense, bfloat16 as float32, bytes as text."""
    own = isinstance(value, keras.Variable)  # its memory is written again; a tensor's never is
    if own:
        value = value.value
    if isinstance(value, tf.SparseTensor):
        value = tf.sparse.to_dense(value)
    if isinstance(value, tf.RaggedTensor):
        value = value.to_tensor()
    if isinstance(value, tf.IndexedSlices):
        value = tf.convert_to_tensor(value)
    if tf.is_tensor(value) and value.dtype == tf.bfloat16:
        value = tf.cast(value, tf.float32)
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in array.ravel()]
        return np.array(texts, dtype=object).reshape(array.shape)
    return array.copy() if own else array


def _read(value: Any) -> Any:
    """A variable's value at this moment; anything else as it is."""
    if isinstance(value, keras.Variable):
        value = value.value
    return tf.convert_to_tensor(value) if isinstance(value, tf.Variable) else value


def _as_tensor(value: Any) -> Any:
    if value is None or tf.is_tensor(value) or isinstance(value, (bool, int, float, str)):
        return value
    array = np.asarray(value)
    return (
        tf.constant(array.tolist(), shape=array.shape, dtype=tf.string) if array.dtype == object else tf.constant(array)
    )


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
