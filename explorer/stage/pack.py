"""Tensors -> the one message that the browser reads: u32 header length | JSON header | padding to 8 | raw arrays.

The message is a pure function of its arguments. Arrays keep their native dtype as long as they are sent whole. A tensor
that is too large goes as its first slices, or as an overview of blocks, with a true count of its cells.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from explorer.model.trace import Tensor
from explorer.stage.encoding import MAX_MESSAGE, fitted, padded
from explorer.stage.statistics import statistics


def pack(
    tensors: Sequence[Tensor], labels: Mapping[str, str], options: Mapping[str, Any], axis: Callable[[str], str] = str
) -> bytes:
    """Encode tensors for the browser.

    Args:
        tensors: in the order of the flow; of two with the same id the first is kept.
        labels: the words to show, keyed as in `explorer.stage.labels.LABELS`.
        options: JSON: "scale" ("own", "shared" by tensors of one role, or "one" for all), "masked" (id -> indices; an
            index shorter than the tensor's rank means everything below it), "plain" (bool: without the figures).
        axis: an axis name in the reader's language. The tensors keep their own names: the browser chooses axes by them.
    Returns:
        The message; its arrays are little-endian and start at multiples of 8.
    """
    unique = list({tensor.id: tensor for tensor in reversed(tensors)}.values())[::-1]
    encoded = fitted([(tensor.value, tensor.axes) for tensor in unique], MAX_MESSAGE)
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
