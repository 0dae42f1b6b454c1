"""Whatever a call gave, as text."""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.keras_private import Node
from explorer.core.lifecycle.state import MAX_CELLS
from explorer.core.plain import plain

MAX_TEXT = 6000
"""A longer text is cut, and says so."""
ERROR_LINES = 8


def value_text(value: Any) -> str:
    """A value as a reader sees it: arrays with shape, dtype and a few numbers, mappings as JSON, layers in a word."""
    text = _text(value, 0)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}\n… ({len(text) - MAX_TEXT:,} more characters)"


def brief_text(value: Any) -> str:
    """The same in one line."""
    text = " ".join(_text(value, 0).split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def error_text(error: BaseException) -> str:
    """An error's type and its own words."""
    lines = [line.rstrip() for line in plain(str(error)).splitlines() if line.strip()]
    return f"{type(error).__name__}: " + "\n".join(lines[:ERROR_LINES]) if lines else type(error).__name__


def _text(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return value if depth == 0 else repr(value)
    if isinstance(value, keras.layers.Layer):
        built = "built" if value.built else "not built"
        return f"<{type(value).__name__} {value.name!r}, {built}, {len(value.weights)} weights>"
    if isinstance(value, keras.KerasTensor):
        return plain(repr(value))
    if isinstance(value, keras.Variable):
        return f"<Variable {value.path}, {value.dtype} {tuple(value.shape)}, trainable={value.trainable}>"
    if isinstance(value, Node):
        return f"<Node of {value.operation.name}>"
    if isinstance(value, tf.TensorShape):
        return str(tuple(value))
    if isinstance(value, np.ndarray) or tf.is_tensor(value):
        return _array(np.asarray(value))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        told = ", ".join(f"{name}={_text(item, 1)}" for name, item in zip(value._fields, value, strict=True))
        return f"{type(value).__name__}({told})"
    if isinstance(value, Mapping):
        return _mapping(value, depth)
    if isinstance(value, (list, tuple)):
        return _sequence(value, depth)
    if isinstance(value, float):
        return f"{value:.6g}"
    return plain(repr(value))


def _array(array: np.ndarray) -> str:
    head = f"{array.dtype.name} {array.shape}"
    if array.size == 0:
        return head
    shown = np.array2string(array, precision=4, threshold=4 * MAX_CELLS, edgeitems=2, separator=", ", max_line_width=88)
    return f"{head}\n{shown}" if "\n" in shown else f"{head} {shown}"


def _mapping(value: Mapping[Any, Any], depth: int) -> str:
    if _is_plain(value):
        return pprint.pformat(value, width=100, sort_dicts=False)
    pad = "  " * (depth + 1)
    lines = [f"{pad}{name!r}: {_text(item, depth + 1)}," for name, item in value.items()]
    return "{\n" + "\n".join(lines) + "\n" + "  " * depth + "}"


def _is_plain(value: Any) -> bool:
    """Whether Python prints it well by itself."""
    if isinstance(value, Mapping):
        return type(value) is dict and all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _sequence(value: Any, depth: int) -> str:
    opening, closing = ("[", "]") if isinstance(value, list) else ("(", ")")
    if _is_plain(value):
        return pprint.pformat(value, width=100)
    pad = "  " * (depth + 1)
    lines = [pad + _text(item, depth + 1).replace("\n", f"\n{pad}") for item in value]
    return f"{opening}\n" + ",\n".join(lines) + f",\n{'  ' * depth}{closing}"
