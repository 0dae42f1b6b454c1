"""Inputs and parameters as they are written on a command line."""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

HIGHEST_ID = 10
"""Integer inputs are ids below this."""
MAX_CELLS = 1 << 26


class BadValue(Exception):
    """Something on the command line cannot be read; the text says what."""


# ---------------------------------------------------------------------------------------------------- inputs
def arrays(written: Sequence[str], seed: int = 0) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """The inputs for `2,10,10`, `2,5:int32` or `query=2,5,8`: random numbers; small ids for integers.

    Args:
        written: the shapes.
        seed: of the numbers.
    Returns:
        The arrays without a name, and those with one.
    Raises:
        BadValue: if a shape or a dtype cannot be read, a name comes twice, or an array would be too large.
    """
    unnamed: list[np.ndarray] = []
    named: dict[str, np.ndarray] = {}
    for position, text in enumerate(written):
        name, equals, shape = text.rpartition("=")
        if name in named or bool(equals) != name.isidentifier():
            raise BadValue(f"Expected a name once, before the shape: query=2,5,8. Received: {text}")
        array = _array(shape, (seed, position))
        if name:
            named[name] = array
        else:
            unnamed.append(array)
    return unnamed, named


def _array(text: str, seed: Sequence[int]) -> np.ndarray:
    shape, _, dtype = text.partition(":")
    try:
        lengths = [int(length) for length in shape.strip("()[] ").rstrip(",").split(",")]
        kind = np.dtype(dtype or "float32").kind
        if kind not in "fiub" or min(lengths) < 0:
            raise TypeError(dtype)
    except (ValueError, TypeError) as error:
        raise BadValue(f"Expected a shape, and perhaps a dtype: 2,10,10 or 2,5:int32. Received: {text}") from error
    if math.prod(lengths) > MAX_CELLS:
        raise BadValue(
            f"--input {text} is too large. Expected: <= {MAX_CELLS:,} cells. Received: {math.prod(lengths):,}."
        )
    generator = np.random.default_rng(seed)
    if kind == "f":
        return generator.standard_normal(lengths).astype(dtype or "float32")
    return generator.integers(0, 2 if kind == "b" else HIGHEST_ID, lengths).astype(dtype)


# ------------------------------------------------------------------------------------------------ parameters
class Construction(functools.partial):  # type: ignore[type-arg]
    """A class with its arguments: each call makes the arguments anew, so that no two layers share an inner one."""

    def __call__(self) -> Any:  # noqa: D102 - the class says it
        return self.func(**{name: make() for name, make in self.keywords.items()})


def construction(make: Any, written: Sequence[str], module: Any) -> Construction:
    """What makes the layer with `units=4 activation=relu shape=(2,3) layer=keras.layers.Dense(4)`.

    A value is a Python literal; or the call of a class of Keras, or of the layer's own module, with such values as
    arguments; or else a text.

    Args:
        make: the layer's class.
        written: `NAME=VALUE` texts.
        module: where names in calls are looked up, beside `keras`.
    Raises:
        BadValue: if one has no name, or a call cannot be made.
    """
    found = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise BadValue(f"Expected NAME=VALUE. Received: {text}")
        found[name] = functools.partial(_evaluated, _parsed(value), module)
        try:
            found[name]()
        except (Exception, SystemExit) as error:
            raise BadValue(f"--params {text}: {type(error).__name__}: {error}") from error
    return Construction(make, **found)


def as_code(layer: str, params: Sequence[str]) -> tuple[str, str]:
    """The same in a file of Python: the line that imports what is needed, and the expression that makes the layer.

    Args:
        layer: "path/to/file.py:Class" or "package.module:Class"; of a file the import names the file alone.
        params: `NAME=VALUE` texts that `construction` takes.
    """
    where, _, name = layer.rpartition(":")
    values = {text.partition("=")[0]: _parsed(text.partition("=")[2]) for text in params}
    others = {node.id for value in values.values() for node in ast.walk(value) if isinstance(node, ast.Name)}
    module = Path(where).stem if where.endswith(".py") else where
    imported = ", ".join([name, *sorted(others - {"keras", name})])
    arguments = ", ".join(f"{argument}={ast.unparse(value)}" for argument, value in values.items())
    return f"from {module} import {imported}", f"{name}({arguments})"


def _parsed(value: str) -> ast.expr:
    """The value's expression; of what is neither a literal nor holds a call, the text itself."""
    try:
        tree = ast.parse(value, mode="eval").body
        if any(isinstance(node, ast.Call) for node in ast.walk(tree)):
            return tree
        ast.literal_eval(tree)
        return tree
    except (ValueError, SyntaxError):
        return ast.Constant(value)


def _evaluated(node: ast.expr, module: Any) -> Any:
    """The value of an expression of literals, calls and dotted names. Nothing else is evaluated."""
    again = functools.partial(_evaluated, module=module)
    if isinstance(node, ast.Call):
        arguments = {word.arg: again(word.value) for word in node.keywords if word.arg is not None}
        if len(arguments) != len(node.keywords):
            raise ValueError("expected arguments by name or by place, received **")
        return again(node.func)(*map(again, node.args), **arguments)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [again(item) for item in node.elts] if isinstance(node, ast.List) else tuple(map(again, node.elts))
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {again(key): again(item) for key, item in zip(node.keys, node.values, strict=True) if key is not None}
    if isinstance(node, ast.Attribute) and not node.attr.startswith("_"):
        return getattr(again(node.value), node.attr)
    if isinstance(node, ast.Name):
        return _named(node.id, module)
    return ast.literal_eval(node)


def _named(name: str, module: Any) -> Any:
    import keras

    if name != "keras" and (name.startswith("_") or not hasattr(module, name)):
        raise NameError(f"expected keras, or a name of {module.__name__}; received {name}")
    return keras if name == "keras" else getattr(module, name)
