"""Inputs and parameters as they are written on a command line."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.inputs import Recipe, materialise
from explorer.problem import Problem

_HIGHEST_ID = 10


class BadValue(Exception):
    """Something on the command line cannot be read; the text says what."""


def arrays(written: Sequence[str]) -> list[np.ndarray]:
    """The inputs for "2,10,10" or "2,5:int32": random numbers; small ids for integers.

    Raises:
        BadValue: if a shape or a dtype cannot be read, or the array would be too large.
    """
    return [_array(text, position) for position, text in enumerate(written)]


def _array(text: str, position: int) -> np.ndarray:
    shape, _, dtype = text.partition(":")
    try:
        lengths = [int(length) for length in shape.strip("()[] ").rstrip(",").split(",")]
        kind = np.dtype(dtype or "float32").kind
        if kind not in "fiub":
            raise TypeError(dtype)
    except (ValueError, TypeError) as error:
        raise BadValue(f"Expected a shape, and perhaps a dtype: 2,10,10 or 2,5:int32. Received: {text}") from error
    options = {"kind": "normal"} if kind == "f" else {"kind": "tokens", "vocabulary": _HIGHEST_ID if kind != "b" else 2}
    try:
        made = materialise(
            Recipe.from_json({"shape": lengths, **options}), "int32" if kind == "b" else dtype or "float32", 0, position
        )
    except Problem as problem:
        raise BadValue(
            f"--input {text}: {problem} Expected: {problem.expected}. Received: {problem.received}."
        ) from problem
    return made.astype(bool) if kind == "b" else made


def parameters(written: Sequence[str]) -> dict[str, Any]:
    """The constructor arguments for `units=4 activation=relu shape=(2,3)`; what is no Python value is a text.

    Raises:
        BadValue: if one has no name.
    """
    found: dict[str, Any] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise BadValue(f"Expected NAME=VALUE. Received: {text}")
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[name] = value
    return found
