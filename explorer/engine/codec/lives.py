"""Frozen dataclasses of plain values as JSON, and back: read by their declared types, so no field is trusted.

Used for lives, calls and their results. A Problem travels without its trace, bytes as an array.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.engine.codec.problems import problem_from_meta, problem_to_meta
from explorer.engine.codec.reading import boolean, items, mapping, number, readable, text
from explorer.engine.codec.simple import message_from_json, message_to_json
from explorer.engine.transport.wire import BadMessage
from explorer.model.lifecycle import Call, CallResult, Life
from explorer.model.problem import Problem
from explorer.model.trace import Message

_CONTENT = "content"


def life_to_meta(life: Life) -> dict[str, Any]:
    """A life as JSON."""
    return dict(to_json(life))


def life_from_meta(meta: Mapping[str, Any]) -> Life:
    """The life that `life_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    life: Life = from_json(Life, meta)
    return life


def calls_from_meta(meta: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls of a `calls` job.

    Raises:
        BadMessage: if they are not calls.
    """
    calls: tuple[Call, ...] = from_json(tuple[Call, ...], mapping(meta).get("calls"))
    return calls


def result_to_meta(result: CallResult) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A call's result as JSON, and its file as an array."""
    meta = to_json(dataclasses.replace(result, content=b""))
    return meta, {_CONTENT: np.frombuffer(result.content, "uint8")} if result.content else {}


def result_from_meta(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> CallResult:
    """The result that `result_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    result: CallResult = from_json(CallResult, meta)
    content = arrays.get(_CONTENT)
    if content is None:
        return result
    if content.dtype != np.uint8 or content.ndim != 1:
        raise BadMessage("A file is an array of bytes.")
    return dataclasses.replace(result, content=content.tobytes())


def to_json(value: Any) -> Any:
    """A dataclass, message, problem, tuple or plain value as JSON."""
    if isinstance(value, Message):
        return message_to_json(value)
    if isinstance(value, Problem):
        return problem_to_meta(
            Problem(
                value.what,
                expected=value.expected,
                received=value.received,
                where=value.where,
                detail=value.detail,
                repairs=value.repairs,
            )
        )[0]
    if dataclasses.is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, bytes):
        return ""
    return value


@readable
def from_json(kind: Any, value: Any) -> Any:
    """What `to_json` wrote of a value of this type.

    Args:
        kind: a dataclass, `Message`, `Problem`, `str`, `int`, `float`, `bool`, `bytes`, a tuple of these, or one of
            these or None.
        value: JSON.
    Raises:
        BadMessage: if the value is not of the type.
    """
    plain = _PLAIN.get(kind)
    if plain is not None:
        return plain(value)
    if kind is Problem:
        return problem_from_meta(mapping(value), {})
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        given = mapping(value)
        return kind(**{name: from_json(inner, given[name]) for name, inner in _types(kind).items()})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and arguments[-1] is Ellipsis:
        return tuple(from_json(arguments[0], item) for item in items(value))
    if origin is tuple:
        return tuple(from_json(inner, item) for inner, item in zip(arguments, items(value), strict=True))
    if origin is types.UnionType and arguments[-1] is type(None):
        return None if value is None else from_json(arguments[0], value)
    raise BadMessage(f"Nothing of the type {kind} travels.")


@functools.cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise BadMessage(f"Expected an integer. Received: {type(value).__name__}")
    return value


def _no_bytes(value: Any) -> bytes:
    return b""


_PLAIN: dict[Any, Any] = {
    str: text, int: _integer, float: number, bool: boolean, bytes: _no_bytes, Message: message_from_json,
}  # fmt: skip
