"""Small checks for values that came out of a message and may be anything."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from explorer.engine.transport.wire import BadMessage

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_LARGEST = 1 << 53


def readable(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Let a reader of messages raise nothing but `BadMessage`."""

    @functools.wraps(function)
    def read(*args: _Arguments.args, **keywords: _Arguments.kwargs) -> _Result:
        try:
            return function(*args, **keywords)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, BadMessage):
                raise
            raise BadMessage(f"{function.__name__}: {type(error).__name__}: {error}") from error

    return read


def text(value: Any) -> str:
    """A text."""
    if type(value) is not str:
        raise BadMessage(f"Expected a text. Received: {type(value).__name__}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, as a tuple."""
    return tuple(text(item) for item in items(value))


def boolean(value: Any) -> bool:
    """True or False."""
    if type(value) is not bool:
        raise BadMessage(f"Expected true or false. Received: {type(value).__name__}")
    return value


def number(value: Any) -> float:
    """A number, as a float."""
    if type(value) not in (int, float):
        raise BadMessage(f"Expected a number. Received: {type(value).__name__}")
    return float(value)


def whole(value: Any, least: int = 0, below: int = _LARGEST) -> int:
    """An integer with `least <= value < below`."""
    if type(value) is not int or not least <= value < below:
        raise BadMessage(f"Expected an integer from {least} to {below - 1}. Received: {str(value)[:40]}")
    return value


def items(value: Any) -> list[Any] | tuple[Any, ...]:
    """A list (or a tuple, where the message did not travel)."""
    if not isinstance(value, (list, tuple)):
        raise BadMessage(f"Expected a list. Received: {type(value).__name__}")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """A mapping."""
    if not isinstance(value, dict):
        raise BadMessage(f"Expected a mapping. Received: {type(value).__name__}")
    return value


def optional(check: Callable[[Any], _Result], value: Any) -> _Result | None:
    """`None`, or what `check` makes of the value."""
    return None if value is None else check(value)


def column(*columns: Any) -> Iterable[tuple[Any, ...]]:
    """The rows of columns of equal length."""
    return zip(*(items(one) for one in columns), strict=True)
