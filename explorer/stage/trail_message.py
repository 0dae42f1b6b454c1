"""What is told about a touched cell -> the message that the browser reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.stage.encoding import padded
from explorer.stage.pack import assemble

MAX_CELLS = 1_048_576
"""A tensor with more cells is not marked; its picture is an overview."""


@dataclass(frozen=True)
class Answer:
    """What is told about the touched cell.

    Attributes:
        tensor, index: the cell.
        way: which trail it is; `ways`: those that can be asked for.
        cells: tensor id -> how strongly each of its cells counts, in the tensor's shape.
        arithmetic: as `explorer.stage.arithmetic.told` gives it, or None.
        notes: what the reader must know about the trail.
        problem: why there is no trail, or "".
    """

    tensor: str
    index: tuple[int, ...]
    way: str
    ways: Sequence[str]
    cells: Mapping[str, np.ndarray]
    arithmetic: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()
    problem: str = ""


def pack_trail(
    answer: Answer | None, labels: Mapping[str, str], link: tuple[str, Sequence[str]] | None = None
) -> bytes:
    """Encode an answer for the browser; arrays are float32, those without a cell that counts are only counted."""
    header: dict[str, Any] = {"version": 1, "labels": dict(labels), "cell": None, "trail": {}, "link": link}
    arrays: list[np.ndarray] = []
    if answer is not None:
        offset = 0
        for name, array in answer.cells.items():
            if array.size > MAX_CELLS:
                continue
            if not array.any():
                header["trail"][name] = [-1, int(array.size)]
                continue
            header["trail"][name] = [offset, int(array.size)]
            arrays.append(np.ascontiguousarray(array, dtype="<f4"))
            offset += padded(arrays[-1].nbytes)
        header |= {
            "cell": {"tensor": answer.tensor, "index": list(answer.index)},
            "way": answer.way,
            "ways": list(answer.ways),
            "arithmetic": answer.arithmetic,
            "notes": list(answer.notes),
            "problem": answer.problem,
        }
    return assemble(header, arrays)
