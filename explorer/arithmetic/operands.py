"""What an operation was given, from the texts and ids of a step: recorded arrays, or literals read from their text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.arithmetic.equations import Column, scalar
from explorer.arithmetic.printing import shortest
from explorer.model.explanation import Number
from explorer.model.trace import Tensor


class CannotExplain(Exception):
    """An explainer does not have what it needs; the message says what.

    Attributes:
        final: whether nothing else is to be tried.
    """

    final = False


class NeverExplained(CannotExplain):
    """No explanation in terms of cells is possible or known; the message says why."""

    final = True


@dataclass(frozen=True, eq=False)
class Given:
    """One operand.

    Attributes:
        tensor: its id, "" for a literal.
        array: its numbers; of a literal number, an array of rank 0.
        dtype: the tensor's, or "" for a literal.
        literal: the value of a literal that is no number: a tuple, a string, a slice, None.
        text: the literal as it was told.
        flat: whether it is read cell after cell, as one axis.
    """

    tensor: str
    array: np.ndarray
    dtype: str
    literal: Any = None
    text: str = ""
    flat: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes by which it is read."""
        return (self.array.size,) if self.flat else self.array.shape

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
        if self.flat:
            indices = np.array(np.unravel_index(indices[:, 0], self.array.shape), int).reshape(-1, len(indices)).T
        if self.array.dtype.kind == "c":
            raise CannotExplain("complex numbers")
        values = self.array[tuple(indices.T)] if indices.shape[1] else np.broadcast_to(self.array, (len(indices),))
        return Column(values, self.tensor, indices if self.tensor else None, self.dtype or "float32")


def of_tensor(tensor: Tensor) -> Given:
    """A recorded tensor as an operand."""
    return Given(tensor.id, np.asarray(tensor.value), tensor.dtype)


def of_text(text: str, held: Sequence[Given] = ()) -> Given:
    """A literal as an operand; "{0}" in it stands for the first of the recorded tensors that it holds.

    Raises:
        CannotExplain: if the text is not a literal of Python (a tensor that was not recorded, an object).
    """
    value = _read(text, held)
    value = _plain_number(value) if held else value
    return Given("", _array(value), "", value, text)


def items_of(text: str, held: Sequence[Given]) -> list[Given]:
    """What stands in a list of tensors and literals, without what is None.

    Raises:
        CannotExplain: if the text is no list.
    """
    value = _read(text, held)
    if not isinstance(value, (list, tuple)):
        raise CannotExplain(f"`{text}` is no list")
    whole = [one if isinstance(one, Given) else Given("", _array(one), "", one, repr(one)) for one in value]
    return [one for one in whole if one.tensor or one.literal is not None]


def _read(text: str, held: Sequence[Given]) -> Any:
    try:
        return _value(ast.parse(_plain(text), mode="eval").body, held)
    except (SyntaxError, ValueError, IndexError) as error:
        raise CannotExplain(f"`{text}` was not recorded") from error


def _plain_number(value: Any) -> Any:
    """Tensors without axes as the numbers they hold, in a list or a slice, too."""
    if isinstance(value, Given):
        return value.array.item() if value.array.ndim == 0 else value.array
    if isinstance(value, slice):
        return slice(*map(_plain_number, (value.start, value.stop, value.step)))
    return type(value)(map(_plain_number, value)) if isinstance(value, (list, tuple)) else value


def _array(value: Any) -> np.ndarray:
    """The numbers of a literal; NaN where it holds none."""
    if isinstance(value, (bool, int, float, complex)):
        return np.asarray(value)
    try:
        found = np.asarray(value) if isinstance(value, (list, tuple)) and value else None
    except ValueError:
        found = None
    return found if found is not None and found.dtype.kind in "fiubc" else np.asarray(np.nan)


def of_array(array: Any, dtype: str) -> Given:
    """Numbers that are no recorded tensor and no literal, recomputed on the way."""
    return Given("", np.asarray(array), dtype)


def _plain(text: str) -> str:
    for written in ("nan", "inf", "-inf"):
        if text == written:
            return f"float({text!r})"
    if text.startswith("tf."):
        return repr(text.removeprefix("tf."))
    return text


def _value(node: ast.expr, held: Sequence[Given] = ()) -> Any:
    """What a literal stands for. `slice(...)`, `Ellipsis` and `float("inf")` count as literals here."""
    if isinstance(node, ast.Set):  # {0}: the first of the tensors
        (place,) = node.elts
        return held[ast.literal_eval(place)]
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return _of_call(name, [_value(argument, held) for argument in node.args])
    if isinstance(node, ast.Tuple):
        return tuple(_value(item, held) for item in node.elts)
    if isinstance(node, ast.List):
        return [_value(item, held) for item in node.elts]
    if isinstance(node, ast.Name) and node.id in ("Ellipsis", "inf", "nan"):
        return ... if node.id == "Ellipsis" else float(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Name):
        return -float(node.operand.id)
    return ast.literal_eval(node)


def _of_call(name: str, arguments: list[Any]) -> Any:
    if name == "slice":
        return slice(*arguments)
    if name == "TensorShape" and len(arguments) == 1:
        return tuple(arguments[0])
    if name in _NUMBERS and len(arguments) == 1:  # np.float32(0.5), int64(3)
        return float(arguments[0]) if name.startswith("float") else arguments[0]
    raise ValueError(name)


_NUMBERS = ("float", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "bool_")


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
