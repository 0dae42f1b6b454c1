"""A tape -> the message that the browser runs: kinds, types and attributes as tables, equal constants once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.model.tape import Known, Tape
from explorer.stage.encoding import padded
from explorer.stage.pack import assemble
from explorer.stage.statistics import json_number

MAX_INLINE = 16
"""A constant of at most so many cells stands in the header; a larger one is a raw array."""


def pack_tape(tape: Tape, of: str, refusals: Sequence[str]) -> bytes:
    """Encode a tape for the browser.

    Args:
        tape: what is sent.
        of: which call it is of.
        refusals: why it cannot be believed, in the reader's language.
    """
    types, kinds, attributes = _Table(), _Table(), _Table()
    values = [types.number((kind.dtype, list(kind.shape))) for kind in tape.values]
    ops = [
        [kinds.number(one.kind), attributes.number(dict(one.attributes)), list(one.inputs), list(one.outputs)]
        for one in tape.operations
    ]
    (constants, origins), arrays = _stored(tape.constants, tape.origins)
    header = {
        "version": 1,
        "of": of,
        "types": types.entries,
        "values": values,
        "leaves": dict(tape.leaves),
        "constants": constants,
        "kinds": kinds.entries,
        "attributes": attributes.entries,
        "ops": ops,
        "shown": dict(tape.shown),
        "guards": [[guard.value, _words(guard.array)] for guard in tape.guards],
        "refusals": list(refusals),
        "axes": [[axis.tensor, axis.axis, axis.length] for axis in tape.axes],
        "origins": origins,
    }
    return assemble(header, arrays)


def _stored(*groups: Sequence[Known]) -> tuple[list[list[list[Any]]], list[np.ndarray]]:
    """Of every group, for each of it: its value, its dtype, and its numbers or where they start among the arrays."""
    arrays: list[np.ndarray] = []
    stored: dict[tuple[str, bytes], Any] = {}
    offset = 0

    def told(known: Known) -> list[Any]:
        nonlocal offset
        array, dtype = known.array, known.array.dtype.str[1:]
        key = (dtype, array.tobytes())
        if key not in stored:
            if array.size <= MAX_INLINE:
                stored[key] = _words(array)
            else:
                stored[key] = offset
                arrays.append(array)
                offset += padded(array.nbytes)
        return [known.value, dtype, stored[key]]

    return [[told(known) for known in group] for group in groups], arrays


class _Table:
    """Entries, each once, by their JSON."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, entry: Any) -> int:
        text = json.dumps(entry, sort_keys=True)
        if text not in self._numbers:
            self._numbers[text] = len(self.entries)
            self.entries.append(entry)
        return self._numbers[text]


def _words(array: np.ndarray) -> list[Any]:
    return [json_number(value) for value in array.ravel().tolist()]
