"""What an operation was given, from the texts and ids of a step: recorded arrays, or literals read from their text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arithmetic.equations import Column, scalar
from explorer.arithmetic.printing import shortest
from explorer.explanation import Number
from explorer.trace import Tensor


class CannotExplain(Exception):
    """An explainer does not have what it needs; the message says what."""


@dataclass(frozen=True, eq=False)
class Given:
    """One operand.

    Attributes:
        tensor: its id, "" for a literal.
        array: its numbers; of a literal number, an array of rank 0.
        dtype: the tensor's, or "" for a literal.
        literal: the value of a literal that is no number: a tuple, a string, a slice, None.
        text: the literal as it was told.
    """

    tensor: str
    array: np.ndarray
    dtype: str
    literal: Any = None
    text: str = ""

    def index_for(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """The cell that broadcasting brings to a cell of the result."""
        shape = self.array.shape
        tail = index[len(index) - len(shape) :] if shape else ()
        return tuple(0 if size == 1 else i for size, i in zip(shape, tail, strict=True))

    def number(self, index: tuple[int, ...], dtype: str = "", name: str = "") -> Number:
        """One cell. A literal is rounded to the type in which it was used."""
        value = self.array[index]
        if not self.tensor and dtype in ("float16", "float32", "bfloat16"):
            value = np.float32(value)
        elif not self.tensor and dtype.startswith("float"):
            value = np.float64(value)
        plain = scalar(value)
        return Number(plain, shortest(plain, self.dtype or dtype), self.tensor, index if self.tensor else (), name)

    def column(self, indices: np.ndarray) -> Column:
        """Many cells: `indices` has shape (n, rank)."""
        values = self.array[tuple(indices.T)] if indices.shape[1] else np.broadcast_to(self.array, (len(indices),))
        return Column(values, self.tensor, indices if self.tensor else None, self.dtype or "float32")


def of_tensor(tensor: Tensor) -> Given:
    """A recorded tensor as an operand."""
    return Given(tensor.id, np.asarray(tensor.value), tensor.dtype)


def of_text(text: str) -> Given:
    """A literal as an operand.

    Raises:
        CannotExplain: if the text is not a literal of Python (a tensor that was not recorded, an object).
    """
    try:
        value = _value(ast.parse(_plain(text), mode="eval").body)
    except (SyntaxError, ValueError) as error:
        raise CannotExplain(f"`{text}` was not recorded") from error
    number = value if isinstance(value, (bool, int, float)) else np.nan
    return Given("", np.asarray(number), "", value, text)


def of_array(array: Any, dtype: str) -> Given:
    """Numbers that are no recorded tensor and no literal, recomputed on the way."""
    return Given("", np.asarray(array), dtype)


def _plain(text: str) -> str:
    for written in ("nan", "inf", "-inf"):
        if text == written:
            return f"float({text!r})"
    if text.startswith("tf."):
        return repr(text.removeprefix("tf."))
    if text.startswith("TensorShape("):
        return text.removeprefix("TensorShape(").removesuffix(")")
    return text


def _value(node: ast.expr) -> Any:
    """What a literal stands for. `slice(...)`, `Ellipsis` and `float("inf")` count as literals here."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = [_value(argument) for argument in node.args]
        if node.func.id == "slice":
            return slice(*arguments)
        if node.func.id == "float":
            return float(arguments[0])
        if node.func.id in ("int32", "int64", "float32", "float64") and len(arguments) == 1:
            return arguments[0]
        raise ValueError(node.func.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # np.float32(0.5)
        (argument,) = node.args
        return _value(argument)
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Name) and node.id in ("Ellipsis", "inf", "nan"):
        return ... if node.id == "Ellipsis" else float(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Name):
        return -float(node.operand.id)
    return ast.literal_eval(node)


def index_text(text: str) -> Any:
    """What stands between the brackets of `x[...]` in source text, where it holds literals only.

    Raises:
        CannotExplain: if it holds names.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if isinstance(node, ast.Subscript):
            return _between(node.slice)
    except (SyntaxError, ValueError) as error:
        raise CannotExplain(f"the index of `{text}` was not recorded") from error
    raise CannotExplain(f"the index of `{text}` was not recorded")


def _between(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_between(item) for item in node.elts)
    if isinstance(node, ast.Slice):
        return slice(
            *(None if part is None else ast.literal_eval(part) for part in (node.lower, node.upper, node.step))
        )
    return _value(node)


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; None means all."""
    if axis is None:
        return tuple(range(rank))
    listed: Sequence[int] = axis if isinstance(axis, (list, tuple)) else [axis]
    return tuple(sorted(int(a) % rank for a in listed)) if rank else ()
