"""The two sides that met: what an error says of shapes, sizes and dtypes, as a sentence and two texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from explorer.model.trace import Message

Sides = tuple[Message, str, str]
"""what, expected, received"""

_DTYPES: Mapping[str, str] = {"double": "float64", "float": "float32", "half": "float16", "bfloat16": "bfloat16"}
"""TensorFlow's names of the floating-point dtypes, and what Keras calls them."""


def dtype_name(name: str) -> str:
    """A dtype as Keras calls it: "float" is float32."""
    return _DTYPES.get(name.lower(), name.lower())


def _say(text: str, **params: Any) -> Message:
    return Message(text, params)


def clashing(first: str, second: str) -> Sides:
    """Two shapes that cannot be combined cell by cell."""
    what = _say("Two tensors that meet here do not fit together: {axis}.", axis=_axes(first, second))
    return what, first, second


def product(first: str, second: str) -> Sides:
    """Two matrices that cannot be multiplied."""
    what = _say("A matrix product needs the columns of the first to equal the rows of the second.")
    a, b = _sizes(first), _sizes(second)
    return what, f"{a[-1]} ← {first}" if a else first, f"{b[-2] if len(b) > 1 else b[-1]} ← {second}" if b else second


def in_graph(match: re.Match[str]) -> Sides:
    """A node of a graph: its kind, and the shapes that it was given."""
    shapes = re.findall(r"\[[\d,?]*\]", match[4])[:2]
    if len(shapes) == 2 and "MatMul" in match[3]:
        return product(*shapes)
    if len(shapes) == 2:
        return clashing(*shapes)
    return (
        _say("Two tensors that meet here do not fit together: {axis}.", axis=f"{match[1]} ≠ {match[2]}"),
        match[1],
        match[2],
    )


def concatenated(first: str, second: str) -> Sides:
    """Two shapes that cannot be put side by side."""
    return _say("Tensors that are put side by side must agree in every other axis."), first, second


def window_of(sizes: str, window: str, dilation: str = "") -> Sides:
    """The first axis whose window, spread by its dilation, is longer than the input."""
    lengths, cells = numbers(sizes), numbers(window)
    steps = [*numbers(dilation), *[1] * len(cells)]
    reach = [(cell - 1) * step + 1 for cell, step in zip(cells, steps, strict=False)]
    pairs = [(r, n) for r, n in zip(reach, lengths[1:], strict=False) if r > n] or [(max(reach), min(lengths[1:]))]
    return too_long(f"<= {pairs[0][1]} {sizes}", f"{pairs[0][0]} {window}")


def too_long(expected: str, received: str) -> Sides:
    """A window that does not fit into its axis."""
    return _say("The window is larger than the input: nothing would be left of the output."), expected, received


def lacking(dtype: str, expected: str) -> Sides:
    """An operation that does not exist in a dtype."""
    name = dtype_name(dtype)
    return _say("An operation that this layer needs does not exist in dtype {dtype}.", dtype=name), expected, name


def wrong_axis(axis: str, expected: str, received: str) -> Sides:
    """An axis whose size is not the one that a weight was made for."""
    return _say("Axis {axis} of the input has the wrong size.", axis=axis), expected, received


def groups(match: re.Match[str]) -> Sides:
    """Groups that do not divide the channels."""
    return _say("The number of groups must divide the channels and the filters."), f"{match[1]} × n", match[2]


def numbers(shape: str) -> list[int]:
    """The sizes that a shape tells."""
    return [int(n) for n in re.findall(r"\d+", shape)]


def _sizes(shape: str) -> list[str]:
    """The sizes of a shape as texts; one that is not known is None."""
    return ["None" if n in ("?", "None") else n for n in re.findall(r"\d+|\?|None", shape)]


def _axes(first: str, second: str) -> str:
    a, b = _sizes(first)[::-1], _sizes(second)[::-1]
    clashes = [f"{x} ≠ {y}" for x, y in zip(a, b, strict=False) if x != y and not {x, y} & {"1", "None"}]
    return ", ".join(clashes) or f"{first}, {second}"


def allowed(names: str) -> str:
    """Of TensorFlow's names of dtypes, the floating-point ones."""
    return ", ".join(_DTYPES[name] for name in names.split(", ") if name in _DTYPES)
