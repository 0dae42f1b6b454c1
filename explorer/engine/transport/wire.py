"""One message: a JSON header and raw little-endian arrays. No pickle, no compression.

    b"LXW1" | u32 header length | u64 body length | header (UTF-8 JSON) | body

The header is padded with blanks and every array with zeros, so that each array starts at a multiple of 8 bytes and a
decoded array is a read-only view of the message, not a copy. An array that occurs under several names is sent once.
`decode` trusts no field: it is written for messages that a stranger's code may have made.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

MAGIC = b"LXW1"
MAX_HEADER = 8 << 20
"""The longest header, in bytes: typed values and string tensors travel in it."""
MAX_BODY = 128 << 20
"""The most bytes of arrays in one message."""
MAX_ARRAYS = 100_000
MAX_RANK = 32
ALIGNMENT = 8
_SMALL = 1 << 16

_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
DTYPES: Mapping[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<")
    for name in ("bool", *_INTEGERS, "float16", "float32", "float64", "complex64", "complex128")
}
_NAMES = {dtype.str: name for name, dtype in DTYPES.items()}
STRING = "string"
"""The dtype of an array of `str`: its values are in the header."""

_PREFIX = struct.Struct("<4sIQ")
PREFIX_SIZE = _PREFIX.size
MAX_MESSAGE = PREFIX_SIZE + MAX_HEADER + MAX_BODY

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_ESCAPE = "$"
_ESCAPED = re.compile(r"\\(?:ud[89ab]..\\ud[c-f]..|(?P<half>ud[89a-f]..)|.)")


_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError)


class BadMessage(ValueError):
    """A message is malformed, or larger than a message may be."""


def encode(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Put values and arrays into one message.

    Args:
        meta: JSON values. Floats that are not finite survive; a tuple arrives as a list, a NumPy scalar as a number.
        arrays: arrays of a dtype in `DTYPES`, or of `str`.

    Raises:
        TypeError: if a value is not JSON, or an array of another dtype.
        BadMessage: if the message would be too large.
    """
    names: dict[str, int] = {}
    known: dict[tuple[Any, ...], int] = {}
    slots: list[list[Any]] = []
    parts: list[Any] = []
    size = 0
    for name, array in arrays.items():
        key = identity(array)
        if key not in known:
            known[key] = len(slots)
            if array.dtype.kind in "OU":
                slots.append([STRING, list(array.shape), _strings(name, array)])
            else:
                dtype, raw = _raw(name, array)
                slots.append([dtype, array.shape, size])
                padding = -len(raw) % ALIGNMENT
                parts += [raw, b"\0" * padding]
                size += len(raw) + padding
        names[name] = known[key]
    header = _header(meta, names, slots)
    if len(header) > MAX_HEADER or size > MAX_BODY or len(names) > MAX_ARRAYS:
        raise BadMessage(
            f"A message holds at most {MAX_HEADER} bytes of header, {MAX_BODY} of arrays, {MAX_ARRAYS} arrays. "
            f"Received: {len(header)}, {size}, {len(names)}"
        )
    return b"".join([_PREFIX.pack(MAGIC, len(header), size), header, *parts])


def decode(
    message: bytes | bytearray | memoryview, most: int = MAX_HEADER
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The values and arrays of a message; numeric arrays are read-only views of it.

    Args:
        message: what `encode` gave, or what somebody else made.
        most: the longest header that is read, in bytes. As values it takes some twenty times as many.
    Raises:
        BadMessage: if anything about it is wrong.
    """
    view = memoryview(message).toreadonly()
    if len(view) < PREFIX_SIZE:
        raise BadMessage(f"A message starts with {PREFIX_SIZE} bytes. Received: {len(view)}")
    magic, header_size, body_size = _PREFIX.unpack_from(view)
    if magic != MAGIC or header_size > min(most, MAX_HEADER) or body_size > MAX_BODY:
        raise BadMessage("The message has a wrong mark, or is too large.")
    if len(view) != PREFIX_SIZE + header_size + body_size:
        raise BadMessage(f"Expected {PREFIX_SIZE + header_size + body_size} bytes. Received: {len(view)}")
    body = view[PREFIX_SIZE + header_size :]
    try:
        header = msgspec.json.decode(view[PREFIX_SIZE : PREFIX_SIZE + header_size])
        meta, names, slots = header["meta"], header["names"], header["slots"]
        if type(names) is list and names:
            names = {str(number): slot for number, slot in enumerate(names)}
        if header["packed"] is True:
            meta = _unpack(meta)
        if type(meta) is not dict or type(names) is not dict or type(slots) is not list:
            raise BadMessage("The header's parts have wrong types.")
        if len(names) > MAX_ARRAYS or len(slots) > MAX_ARRAYS:
            raise BadMessage("Too many arrays.")
        values = [_array(slot, body) for slot in slots]
        return meta, {name: values[_index(slot, len(values))] for name, slot in names.items()}
    except BadMessage:
        raise
    except _UNREADABLE as error:
        raise BadMessage(f"The message cannot be read: {type(error).__name__}") from error


def identity(array: np.ndarray) -> tuple[Any, ...]:
    """Equal for two arrays only if they are the same cells of the same memory, seen the same way."""
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)


def _header(meta: Mapping[str, Any], names: dict[str, int], slots: list[list[Any]]) -> bytes:
    """The header, padded so that the body starts aligned. Only meta that needs it is escaped: JSON alone is quick.

    Names "0", "1" and so on are a list of slots, any others a mapping.
    """
    numbered = names and all(name == str(number) for number, name in enumerate(names))
    found = list(names.values()) if numbered else names
    header: dict[str, Any] = {"packed": False, "meta": meta, "names": found, "slots": slots}
    try:
        text = _json(header)
    except ValueError:  # a float that JSON cannot say
        text = _json({**header, "packed": True, "meta": _pack(meta)})
    raw = _whole(text).encode()
    return raw + b" " * (-(PREFIX_SIZE + len(raw)) % ALIGNMENT)


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)


def _whole(text: str) -> str:
    """JSON whose halves of letters, which no text may hold alone, are replaced by the sign for what cannot be read."""
    return _ESCAPED.sub(lambda found: "\\ufffd" if found["half"] else found[0], text) if "\\ud" in text else text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"A message holds JSON values. Received: {type(value).__name__}")


def _pack(value: Any) -> Any:
    """Say floats that are not finite as `{"$": word}`; a mapping that has the key "$" itself as `{"$": mapping}`."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {_ESCAPE: str(float(value))}
    if isinstance(value, Mapping):
        packed = {key: _pack(item) for key, item in value.items()}
        return {_ESCAPE: packed} if _ESCAPE in packed else packed
    if isinstance(value, (list, tuple)):
        return [_pack(item) for item in value]
    return value


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _ESCAPE in value:
        inside = value[_ESCAPE]
        if isinstance(inside, str):
            return _WORDS[inside]
        value = inside
    return {key: _unpack(item) for key, item in value.items()}


def _raw(name: str, array: np.ndarray) -> tuple[str, bytes | memoryview]:
    """The dtype's name, and the array's cells in order and little-endian."""
    dtype = array.dtype if array.dtype.str in _NAMES else array.dtype.newbyteorder("<")
    if dtype.str not in _NAMES:
        raise TypeError(f"{name}: expected a dtype of {', '.join(DTYPES)}, or strings. Received: {array.dtype}")
    if array.nbytes < _SMALL:
        return _NAMES[dtype.str], array.astype(dtype, copy=False).tobytes()
    return _NAMES[dtype.str], np.asarray(array, dtype, order="C").reshape(-1).view(np.uint8).data  # without a copy


def _strings(name: str, array: np.ndarray) -> list[str]:
    values = [str(value) if isinstance(value, np.str_) else value for value in array.ravel().tolist()]
    for value in values:
        if type(value) is not str:
            raise TypeError(f"{name}: expected an array of str. Received: a {type(value).__name__} in it")
    return values


def _array(slot: Any, body: memoryview) -> np.ndarray:
    dtype, shape, content = slot
    if type(shape) is not list or len(shape) > MAX_RANK:
        raise BadMessage("A shape is a short list.")
    if any(type(length) is not int or not 0 <= length <= MAX_BODY for length in shape):
        raise BadMessage("A shape has a wrong length.")
    cells = math.prod(shape)
    if dtype == STRING:
        if type(content) is not list or len(content) != cells or any(type(text) is not str for text in content):
            raise BadMessage("A string array has wrong values.")
        strings = np.empty(cells, object)
        strings[:] = content
        return strings.reshape(shape)
    if dtype not in DTYPES or type(content) is not int or content % ALIGNMENT:
        raise BadMessage("An array has a wrong dtype or place.")
    size = cells * DTYPES[dtype].itemsize
    if not 0 <= content <= content + size <= len(body):
        raise BadMessage("An array lies outside the message.")
    raw = body[content : content + size]
    if dtype == "bool" and cells and np.frombuffer(raw, np.uint8).max() > 1:
        raise BadMessage("A boolean is 0 or 1.")
    return np.frombuffer(raw, DTYPES[dtype]).reshape(shape)


def _index(value: Any, length: int) -> int:
    if type(value) is not int or not 0 <= value < length:
        raise BadMessage("A name points to no array.")
    return value
