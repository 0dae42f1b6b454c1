"""Tensors -> the one message that the browser reads: u32 header length | JSON header | padding to 8 | raw arrays.

The message is a pure function of its arguments. Arrays keep their native dtype as long as they are sent whole. A tensor
that is too large goes as its first slices, or as an overview of blocks, with a true count of its cells.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.model.trace import Tensor
from explorer.stage.overview import overview
from explorer.stage.statistics import statistics

MAX_EXACT = 1_048_576
"""The most cells of one tensor that are sent whole."""
MAX_BLOCKS = 512
"""The most blocks along an axis of an overview."""
MAX_TEXTS = 10_000
"""The most cells of a text tensor that are sent."""
MAX_TEXT = 200
"""The most characters of one text that are sent."""
MAX_MESSAGE = 12 * 1024 * 1024
"""The most bytes of arrays in one message."""

_ENCODINGS = {"f8": "f8", "f4": "f4", "f2": "f4", "i8": "i8", "i4": "i4", "u1": "u1", "b1": "u1", "u8": "u8"}
_WIDER = {"i1": "i4", "i2": "i4", "u2": "i4", "u4": "i8"}
Parts = tuple[dict[str, Any], list[np.ndarray]]


def pack(
    tensors: Sequence[Tensor], labels: Mapping[str, str], options: Mapping[str, Any], axis: Callable[[str], str] = str
) -> bytes:
    """Encode tensors for the browser.

    Args:
        tensors: in the order of the flow; of two with the same id the first is kept.
        labels: the words to show, keyed as in `explorer.stage.labels.LABELS`.
        options: JSON: "scale" ("own" or "shared"), "editable" (ids), "edited" and "masked" (id -> indices; an index
            shorter than the tensor's rank means everything below it), "stale" (bool), "traced" (bool: whether a touched
            cell is asked about, and its trail is shown).
        axis: an axis name in the reader's language. The tensors keep their own names: the browser chooses axes by them.
    Returns:
        The message; its arrays are little-endian and start at multiples of 8.
    """
    unique = list({tensor.id: tensor for tensor in reversed(tensors)}.values())[::-1]
    encoded = _within_budget(unique)
    entries, arrays, offset = [], [], 0
    for tensor, (entry, parts) in zip(unique, encoded, strict=True):
        offsets = []
        for part in parts:
            offsets.append(offset)
            arrays.append(part)
            offset += padded(part.nbytes)
        entries.append({**_described(tensor), **entry, "offset": offsets[0] if offsets else 0, "offsets": offsets})
    header = {"tensors": entries, "axes": axis_words((name for tensor in unique for name in tensor.axes), axis)}
    return assemble({"version": 1, **header, "labels": dict(labels), "options": dict(options)}, arrays)


def axis_words(names: Iterable[str], axis: Callable[[str], str]) -> dict[str, str]:
    """What the reader calls each axis; "slice" is the browser's own, for what was left out of a message."""
    return {name: axis(name) for name in sorted({*names, "slice"})}


def assemble(header: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    """One message of a header, as JSON, and raw arrays; each array starts at a multiple of 8 behind the header."""
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=vars).encode()
    chunks = [struct.pack("<I", len(text)), text, bytes(padded(4 + len(text)) - 4 - len(text))]
    for array in arrays:
        chunks += [array.tobytes(), bytes(padded(array.nbytes) - array.nbytes)]
    return b"".join(chunks)


def grid_axes(axes: Sequence[str], rank: int) -> tuple[int, int]:
    """The two axes that a picture shows first: height and width where the tensor has them, else the last two."""
    names = list(axes)
    if "height" in names and "width" in names:
        return names.index("height"), names.index("width")
    return rank - 2, rank - 1


def scale_of(scale: str, value: np.ndarray) -> str:
    """How the browser colours a tensor: as it asks, unless its value has no such scale."""
    kind = value.dtype.kind
    if kind == "b":
        return "boolean"
    if kind in "iu" and scale == "signed":
        return "category"
    return scale if kind in "biuf" else "text"


def _described(tensor: Tensor) -> dict[str, Any]:
    value = tensor.value
    return {
        "id": tensor.id,
        "name": tensor.name,
        "role": tensor.role,
        "dtype": tensor.dtype,
        "shape": list(value.shape),
        "axes": list(tensor.axes) if len(tensor.axes) == value.ndim else [],
        "scale": scale_of(tensor.scale, value),
        "trainable": tensor.trainable,
        "initializer": tensor.initializer,
        "help": tensor.help,
        "statistics": statistics(value).to_json(),
    }


def _within_budget(tensors: Sequence[Tensor]) -> list[Parts]:
    """Every tensor encoded; the largest ones more coarsely until all fit into one message."""
    limits = [0 if tensor.value.size <= MAX_EXACT else MAX_BLOCKS for tensor in tensors]  # 0: whole
    encoded = [encode(tensor.value, tensor.axes, limit) for tensor, limit in zip(tensors, limits, strict=True)]
    while sum(map(bytes_of, encoded)) > MAX_MESSAGE:
        largest = max(range(len(encoded)), key=lambda position: bytes_of(encoded[position]))
        limits[largest] = limits[largest] // 2 or MAX_BLOCKS // 2
        if limits[largest] < 16:
            break
        encoded[largest] = encode(tensors[largest].value, tensors[largest].axes, limits[largest])
    return encoded


def bytes_of(parts: Parts) -> int:
    """How many bytes of a message a tensor's arrays take."""
    return sum(padded(array.nbytes) for array in parts[1])


def encode(value: np.ndarray, axes: Sequence[str], limit: int) -> Parts:
    """A tensor's entry and arrays: whole where `limit` is 0, else at most so many blocks along an axis."""
    if value.dtype.kind not in "biuf":
        texts = [str(text)[:MAX_TEXT] for text in value.ravel()[:MAX_TEXTS].tolist()]
        return {"encoding": "text", "texts": texts, "shown": len(texts)}, []
    if not limit or value.size == 0:
        array = _native(value)
        return {"encoding": array.dtype.str[1:]}, [array]
    return _reduced(value, axes, limit)


def _reduced(whole: np.ndarray, axes: Sequence[str], limit: int) -> Parts:
    """The first slices whole where slices are small, else an overview of as many as fit."""
    value = whole if whole.ndim > 1 else whole.reshape(1, -1)
    rows, columns = grid_axes(axes if whole.ndim > 1 else (), value.ndim)
    order = [axis for axis in range(value.ndim) if axis not in (rows, columns)] + [rows, columns]
    moved = value.transpose(order)
    total = math.prod(moved.shape[:-2])
    slices = moved.reshape(total, *moved.shape[-2:])
    entry: dict[str, Any] = {"order": order if whole.ndim > 1 else [], "total": total}
    size = slices.shape[1] * slices.shape[2]
    if size <= limit * limit:
        cells = max(size, MAX_EXACT * limit // MAX_BLOCKS)
        array = _native(slices[: max(1, cells // max(size, 1))])
        entry |= {"encoding": array.dtype.str[1:], "reduced": "slices", "shown": len(array)}
        return entry, [array]
    blocks = overview(slices[: max(1, 4 * limit // MAX_BLOCKS)], limit)
    planes = [blocks.minimum, blocks.maximum, blocks.mean, blocks.flags]
    entry |= {"encoding": "overview", "reduced": "overview", "shown": len(blocks.flags)}
    return {**entry, "block": list(blocks.block), "blocks": list(blocks.flags.shape[1:])}, planes


def _native(value: np.ndarray) -> np.ndarray:
    """The array in a dtype that a browser has a typed array for, little-endian and contiguous."""
    name = value.dtype.str[1:]
    target = _ENCODINGS.get(name) or _WIDER.get(name) or "f8"
    return np.ascontiguousarray(value, dtype=f"<{target}" if target != "u1" else "u1")


def padded(size: int) -> int:
    """The next multiple of 8."""
    return -(-size // 8) * 8
