"""Other values for an argument of a constructor: ones that truly differ, and that its class is likely to take."""

from __future__ import annotations

import ast
import inspect
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from explorer.core.doctor.blame import codes
from explorer.core.doctor.compare import identical

_KINDS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (keras.activations, ("tanh", "relu", "sigmoid")),
    (keras.initializers, ("ones", "random_normal")),
    (keras.regularizers, ("l2", "l1")),
    (keras.constraints, ("non_neg", "unit_norm")),
)
"""What Keras itself resolves by name, and some names of each."""

_BY_NAME: Mapping[str, tuple[Any, ...]] = {
    "activation": ("tanh", "relu"),
    "initializer": ("ones", "random_normal"),
    "regularizer": ("l2",),
    "constraint": ("non_neg",),
    "padding": ("same", "valid"),
    "data_format": ("channels_first", "channels_last"),
    "dtype": ("float64", "float16"),
    "seed": (7, 11),
}
"""What an argument of such a name takes; the longest last part of the name counts."""


def others(layer_class: type, name: str, value: Any) -> list[Any]:
    """Values that are not the given one, the likeliest first. Empty if none is known.

    Args:
        layer_class: whose constructor takes the argument.
        name: of the argument.
        value: what it is now, or by default.
    """
    found = [*_choices(layer_class, name), *_changed(value)]
    found += named(name) if value is None or isinstance(value, str) else ()
    if value is None:
        found += [*_of_annotation(layer_class, name), 0.5, 2, True, False, (1,)]
    distinct: list[Any] = []
    for one in found:
        if not identical(one, value) and not any(
            identical(one, known) and type(one) is type(known) for known in distinct
        ):
            distinct.append(one)
    return distinct


def _changed(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, np.integer)):
        yield from (type(value)(value + step) for step in (1, -1, 2))
        yield value * 2
    elif isinstance(value, (float, np.floating)):
        yield from _floats(float(value))
    elif isinstance(value, (list, tuple)):
        yield from _sequences(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from ({**value, key: other} for other in _changed(item))
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        yield value + value.dtype.type(1)
    elif isinstance(value, str) or callable(value):
        yield from _resolved(value)


def _floats(value: float) -> Iterator[float]:
    """Halfway to 0 and to 1 for what may be a share; else half, double, and the opposite."""
    if 0 <= value <= 1:
        yield from (value / 2, (1 + value) / 2, 1 - value, 0.25, 2.0)
    else:
        yield from (value / 2, value * 2, -value, value + 1)


def _sequences(value: Sequence[Any]) -> Iterator[Any]:
    """The same length with other entries: all changed, then one, then turned around."""
    entries = [list(_changed(item))[:1] for item in value]
    make: Any = tuple if isinstance(value, tuple) else list
    if entries and all(entries):
        yield make(new for (new,) in entries)
        yield make([entries[0][0], *list(value)[1:]])
    yield make(reversed(list(value)))


def _resolved(value: Any) -> Iterator[Any]:
    """Where Keras knows a thing by name, or made it: other things of its kind."""
    if isinstance(value, keras.layers.Layer):
        return
    if isinstance(value, keras.initializers.Initializer):
        yield keras.initializers.Constant(0.3)
    elif isinstance(value, keras.regularizers.Regularizer):
        yield keras.regularizers.L2(0.3)
    elif isinstance(value, keras.constraints.Constraint):
        yield keras.constraints.MaxNorm(0.1)
    elif not isinstance(value, str):
        yield from (keras.activations.tanh, keras.activations.relu)
    else:
        for module, names in _KINDS:
            if value in dir(module):  # looked up, never resolved: the text may be anybody's
                yield from names


def named(name: str) -> tuple[Any, ...]:
    """What an argument of such a name usually takes; nothing if that is not known."""
    fits = [part for part in _BY_NAME if name == part or name.endswith(f"_{part}")]
    return _BY_NAME[max(fits, key=len)] if fits else ()


def _of_annotation(layer_class: type, name: str) -> Iterator[Any]:
    """Values of the types that the signature names beside None."""
    likely: Mapping[Any, tuple[Any, ...]] = {float: (0.5, 2.0), int: (2, 1), bool: (True,), str: ()}
    annotation = _annotation(layer_class, name)
    for part in (annotation, *typing.get_args(annotation)):
        yield from likely.get(part, ()) if isinstance(part, type) else ()


def _annotation(layer_class: type, name: str) -> Any:
    try:
        return typing.get_type_hints(layer_class.__init__).get(name)  # type: ignore[misc]
    except Exception:
        return None


def _choices(layer_class: type, name: str) -> Iterator[Any]:
    """What the signature lists (`Literal`), what the source compares the argument with, and what a refusal names."""
    annotation = _annotation(layer_class, name)
    for part in (annotation, *typing.get_args(annotation)):
        if typing.get_origin(part) is typing.Literal:
            yield from typing.get_args(part)
    for code in codes(layer_class):
        for node in ast.walk(code.tree):
            if isinstance(node, ast.Compare) and _is_argument(node.left, name):
                yield from (n.value for c in node.comparators for n in ast.walk(c) if isinstance(n, ast.Constant))
            elif (
                isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict) and _is_argument(node.slice, name)
            ):
                yield from (key.value for key in node.value.keys if isinstance(key, ast.Constant))


def _is_argument(node: Any, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in (name, f"_{name}")
    return isinstance(node, ast.Name) and node.id == name


def named_in(error: Exception) -> list[str]:
    """The words that a constructor's refusal quotes: often all that it takes."""
    return re.findall(r"['\"](\w+)['\"]", str(error))[:12]


def parameters(layer_class: type) -> dict[str, inspect.Parameter]:
    """What a constructor takes by name."""
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    listed = list(inspect.signature(layer_class.__init__).parameters.values())[1:]  # type: ignore[misc]
    return {p.name: p for p in listed if p.kind not in kinds}
