"""The parameters of what was called, by the signature of the function that really ran, and its arguments as values."""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.keras_private import op_def_registry

TENSORS = (tf.Tensor, tf.Variable, tf.SparseTensor, tf.RaggedTensor, tf.IndexedSlices)
"""What TensorFlow computes with. `tf.is_tensor` asks a class for its annotations, and that alone gives it some."""
_RAW = "tf.raw_ops."
_LONGEST = 40
"""A list of more numbers than these is kept as an array, not as words."""


def signature_of(operation: Any) -> str:
    """The parameters as Python writes them: "x, axis=None, keepdims=False"; "" where they cannot be known.

    Only functions have one: a layer is opened, and an operator's operands go by their order.
    """
    if isinstance(operation, str):
        return _of_raw(operation.removeprefix(_RAW)) if operation.startswith(_RAW) else ""
    if not inspect.isroutine(operation):
        return ""
    plain = getattr(operation, "__func__", operation)
    if plain not in _KNOWN:
        _KNOWN[plain] = _parameters(plain)
    return _KNOWN[plain]


_KNOWN: weakref.WeakKeyDictionary[Callable[..., Any], str] = weakref.WeakKeyDictionary()


def _parameters(function: Callable[..., Any]) -> str:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some of Python's own have none
        return ""
    written, starred = [], False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not starred:
            written.append("*")
        starred = starred or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        stars = "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
        written.append(f"{stars}{one.name}{_default(one.default)}")
    return ", ".join(written)


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return ""
    plain = value is None or isinstance(value, (bool, int, float, str, tuple))
    return f"={value!r}" if plain else "=..."


@functools.cache
def _of_raw(kind: str) -> str:
    """Of one of TensorFlow's own operations: its inputs, then its attributes."""
    definition = op_def_registry.get(kind)
    if definition is None:
        return ""
    lists = [one.name for one in definition.input_arg if one.number_attr or one.type_list_attr]
    if len(lists) > 1:
        return ""
    inputs = [f"*{one.name}" if one.name in lists else one.name for one in definition.input_arg]
    attributes = [f"{one.name}={_attribute(one)!r}" for one in definition.attr if "type" not in one.type]
    return ", ".join([*inputs, *attributes])


def _attribute(attribute: Any) -> Any:
    default = attribute.default_value
    kind = default.WhichOneof("value")
    value = getattr(default, kind) if kind in ("s", "i", "f", "b") else None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def called(operation: Any) -> Any:
    """The function behind one that was given some of its arguments before."""
    return called(operation.func) if isinstance(operation, functools.partial) else operation


def operands_of(
    operation: Any, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> Iterator[tuple[str, Any, int | None]]:
    """What the function got in the end, in order: keyword or "", value, place among the arguments of the source.

    A tensor whose method is called is its first operand, under the name "self".
    """
    before: dict[str, Any] = {}
    while isinstance(operation, functools.partial):
        yield from (("", value, None) for value in operation.args)
        operation, before = operation.func, {**operation.keywords, **before}
    owner = operation.__self__ if isinstance(operation, types.MethodType) else None
    if isinstance(owner, (keras.Variable, *TENSORS)):
        yield "self", owner, None
    yield from (("", value, place) for place, value in enumerate(arguments))
    yield from ((name, value, None) for name, value in {**before, **keywords}.items())


def settled(value: Any) -> Any:
    """An argument as it was at the time: an array of NumPy's may be written again, a long list becomes an array."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        long = _as_array(value)
        if long is not None:
            return long
        if any(isinstance(item, np.ndarray) for item in value) and not hasattr(value, "_fields"):
            return type(value)(map(settled, value))
    return value


def _as_array(value: list[Any] | tuple[Any, ...]) -> np.ndarray | None:
    """Numbers in equal rows, if they are many."""
    numbers, waiting = 0, [value]
    for one in waiting:
        for item in one:
            if isinstance(item, (list, tuple)):
                waiting.append(item)
            elif isinstance(item, (bool, int, float, np.generic)):
                numbers += 1
            else:
                return None
    if numbers <= _LONGEST:
        return None
    try:
        return np.asarray(value)
    except ValueError:  # rows of several lengths
        return None
