"""Everything that crosses between the web process and the workers, as JSON and arrays, and back. Never a pickle.

A value is a frozen dataclass whose fields have declared types; a new field of one travels without a word here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import string
import threading
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
import numpy as np

from explorer.engine.codec.sizes import budget
from explorer.engine.transport.wire import MAX_BODY, MAX_RANK, BadMessage
from explorer.model.columns import TraceColumns, columns_of, trace_of
from explorer.model.dependence import Trail
from explorer.model.lifecycle import Content
from explorer.model.problem import Problem
from explorer.model.trace import Message, Trace

MAX_SAID = 1 << 20
"""The most characters that the sentence of a problem may have."""

_Kind = TypeVar("_Kind")
_ITEMS = "items"
_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    np.generic: np.generic.item,
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    Mapping: dict,
}


def pack(value: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A value as JSON and arrays.

    Of a trace, values of steps beyond its budget are left out and named in its notes. A problem's trace that is too
    large to show is left out. An array of a trail travels as its shape if it is empty, as its cells if it is sparse.

    Args:
        value: a frozen dataclass, a problem, or a tuple of these.
    Raises:
        Problem: if the inputs, weights and outputs of a trace alone are too large to show.
        TypeError: if there is something in it that is not JSON.
    """
    packer = _Packer(compact=isinstance(value, Trail))
    meta = msgspec.to_builtins(
        _columns(value) if isinstance(value, Trace) else value,
        builtin_types=(bytes, bytearray, memoryview),  # these have no text: `Content` travels as an array
        str_keys=True,
        enc_hook=packer.plain,
    )
    return meta if isinstance(meta, dict) else {_ITEMS: meta}, packer.arrays


def unpack(
    kind: type[_Kind], meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray] = MappingProxyType({})
) -> _Kind:
    """The value that `pack` was given. Arrays that were one array are one again.

    Args:
        kind: its type: a dataclass, `Problem`, or `tuple[Call, ...]`.
        meta, arrays: what `pack` gave; nothing in it is trusted.
    Raises:
        BadMessage: if it is no such value.
    """
    reader = _Reader(arrays)
    try:
        if kind is Trace:
            return typing.cast(_Kind, trace_of(reader.read(TraceColumns, meta)))
        return reader.read(kind, meta[_ITEMS] if typing.get_origin(kind) is tuple else meta)
    except (msgspec.MsgspecError, ArithmeticError, LookupError, AttributeError, TypeError, ValueError, RuntimeError,
            MemoryError) as error:  # fmt: skip
        raise BadMessage(f"{kind.__name__}: {type(error).__name__}: {str(error)[:500]}") from error


def _columns(trace: Trace) -> TraceColumns:
    allowed = budget(trace)
    if allowed.note:
        trace = dataclasses.replace(trace, notes=(*trace.notes, allowed.note))
    return columns_of(trace, allowed.arrays)


_learnt: set[Any] = set()
_learning = threading.Lock()


def _learn(kind: Any) -> None:
    """Let msgspec look at a type, and at all types in it, before it is used.

    It does so at the first use and keeps what it found with the class, from the moment when it begins: another thread
    that uses the class meanwhile meets what is half made, and the process dies (msgspec 0.22).
    """
    if kind not in _learnt:
        with _learning:
            msgspec.json.Decoder(kind)
            _learnt.add(kind)


_Dtype: TypeAlias = Literal["bool", "float16", "float32", "float64"]


@dataclass(frozen=True)
class _Compact:
    """An array that is mostly zeros: what it has beside them, and where. Numbers of arrays; None for none."""

    shape: tuple[int, ...]
    dtype: _Dtype
    places: int | None = None
    cells: int | None = None


_HINTS = {name: hint for name, hint in typing.get_type_hints(Problem.__init__).items() if name != "return"}
_Told = dataclasses.make_dataclass("_Told", (_HINTS | {"trace": TraceColumns | None}).items())
"""A problem is an exception; this is what it tells, in its constructor's words."""


class _Packer:
    def __init__(self, compact: bool) -> None:
        self.compact = compact
        self.room = MAX_BODY
        self.arrays: dict[str, np.ndarray] = {}
        self.known: dict[int, int | _Compact] = {}  # by `id`: of arrays with the same cells, `encode` sends one

    def plain(self, value: Any) -> Any:
        """What msgspec does not know, in what it knows."""
        if isinstance(value, np.ndarray):
            return self.array(value)
        if isinstance(value, Content):
            return self.number(np.frombuffer(value, np.uint8))
        if isinstance(value, Problem):
            told = {name: getattr(value, name) for name in _HINTS}
            texts = {name: str(told[name]) for name, hint in _HINTS.items() if hint is str}
            return told | texts | {"trace": self.trace(value.trace)}
        for kind, plain in _PLAIN.items():
            if isinstance(value, kind):
                return plain(value)
        raise TypeError(f"A message holds JSON values. Received: {type(value).__name__}")

    def trace(self, trace: Trace | None) -> TraceColumns | None:
        """A problem's trace, where it fits."""
        if trace is None:
            return None
        with contextlib.suppress(Problem):
            columns = _columns(trace)
            size = sum({id(value): value.nbytes for value in columns.tensor_value}.values())
            if size <= self.room:
                self.room -= size
                return columns
        return None

    def number(self, array: np.ndarray) -> int:
        self.arrays[str(len(self.arrays))] = array
        return len(self.arrays) - 1

    def array(self, array: np.ndarray) -> int | _Compact:
        known = self.known.get(id(array))
        if known is None:
            known = self.known[id(array)] = self.compacted(array) if self.compact else self.number(array)
        return known

    def compacted(self, array: np.ndarray) -> int | _Compact:
        name = array.dtype.name
        if name in typing.get_args(_Dtype):
            cells = array.ravel()
            filled = np.flatnonzero(cells.view(f"u{cells.itemsize}"))  # by their bits: -0.0 is something
            if filled.size * (filled.itemsize + cells.itemsize) < cells.nbytes:
                beside = (self.number(filled), self.number(cells[filled])) if filled.size else (None, None)
                return _Compact(array.shape, name, *beside)  # type: ignore[arg-type]
        return self.number(array)


class _Reader:
    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.arrays = arrays
        self.made: dict[_Compact, np.ndarray] = {}
        self.room = MAX_BODY

    def read(self, kind: type[_Kind], value: Any) -> _Kind:
        _learn(kind)
        return msgspec.convert(value, kind, dec_hook=self.special)

    def special(self, kind: type, value: Any) -> Any:
        """What msgspec does not know, of what it knows."""
        if kind is np.ndarray:
            return self.array(value)
        if kind is Content:
            return Content(self.cells(value, np.uint8).data)
        if kind is Problem:
            told = dict(vars(self.read(_Told, value)))
            if _length(told["what"]) > MAX_SAID:
                raise ValueError("The sentence of a problem is too long.")
            return Problem(**told | {"trace": told["trace"] and trace_of(told["trace"])})
        raise TypeError(f"Nothing of the type {kind} travels.")

    def array(self, value: Any) -> np.ndarray:
        if type(value) is int:
            return self.arrays[str(value)]
        found = self.read(_Compact, value)
        if found not in self.made:
            self.made[found] = self.whole(found)
        return self.made[found]

    def whole(self, compact: _Compact) -> np.ndarray:
        dtype = np.dtype(compact.dtype)
        if len(compact.shape) > MAX_RANK or not all(0 <= length <= MAX_BODY for length in compact.shape):
            raise ValueError("An array has a wrong shape.")
        size = math.prod(compact.shape)
        self.room -= size * dtype.itemsize
        if self.room < 0:
            raise ValueError("Arrays are larger together than a message may be.")
        array = np.zeros(size, dtype)
        if compact.places is not None:
            places, cells = self.cells(compact.places, np.int64), self.cells(compact.cells, dtype)
            if places.shape != cells.shape or (places.size and not 0 <= places.min() <= places.max() < size):
                raise ValueError("Cells lie outside their array.")
            array[places] = cells
        array.flags.writeable = False
        return array.reshape(compact.shape)

    def cells(self, number: Any, dtype: Any) -> np.ndarray:
        array = self.arrays[str(number)]
        if array.dtype != dtype or array.ndim != 1:
            raise ValueError(f"Expected a row of {np.dtype(dtype)}. Received: {array.dtype} {array.shape}")
        return array


def _length(what: Message | str) -> int:
    """How many characters a message has at most when it is said.

    Raises:
        ValueError: if a brace holds anything but the name of a parameter.
    """
    if isinstance(what, str):
        what = Message(what)
    params = what.params.items()
    lengths = {name: _length(param) if isinstance(param, Message) else len(str(param)) for name, param in params}
    total = len(what.msgid)
    for _, name, form, conversion in string.Formatter().parse(what.msgid):
        if name is not None:
            if name not in lengths or form or conversion:
                raise ValueError("A message cannot be said.")
            total += lengths[name]
    return total
