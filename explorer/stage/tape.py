"""The tape of a call: an element without a picture, with which the flow computes while a number is dragged.

`draw` mounts it once on a page. The browser asks for the tape of the call that it shows when the reader comes to the
flow, and is sent that alone; it runs it on the numbers that it has before it believes it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.model.tape import Tape
from explorer.stage.encoding import padded
from explorer.stage.mount import component, event
from explorer.stage.pack import assemble
from explorer.stage.statistics import json_number

MAX_INLINE = 16
"""A constant of at most so many cells stands in the header; a larger one is a raw array."""


def draw(tape: Tape | None, *, key: str, of: str, on_want: Callable[[str], None], refusals: Sequence[str] = ()) -> None:
    """Hand a tape to the page, and listen for whether one is wanted.

    Args:
        tape: the tape; None as long as nobody wants it.
        key: the element's key.
        of: which call it is of: the flow has the same text in its options.
        on_want: called with the text of the call whose tape the browser wants. It is the browser's: check it.
        refusals: why it cannot be believed, in the reader's language.
    """
    data = pack_tape(tape, of, refusals) if tape is not None else b""
    component("layer_explorer_tape", "tape/main.js")(
        key=key, data=data, on_want_change=functools.partial(_report, key, on_want)
    )


def pack_tape(tape: Tape, of: str, refusals: Sequence[str]) -> bytes:
    """Encode a tape for the browser: kinds, types and attributes as tables, equal constants once.

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
    constants, arrays = _constants(tape)
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
    }
    return assemble(header, arrays)


def _constants(tape: Tape) -> tuple[list[list[Any]], list[np.ndarray]]:
    """Every constant: its value, its dtype, and its numbers or where they start among the arrays."""
    told: list[list[Any]] = []
    arrays: list[np.ndarray] = []
    stored: dict[tuple[str, bytes], Any] = {}
    offset = 0
    for known in tape.constants:
        array, dtype = known.array, known.array.dtype.str[1:]
        key = (dtype, array.tobytes())
        if key not in stored:
            if array.size <= MAX_INLINE:
                stored[key] = _words(array)
            else:
                stored[key] = offset
                arrays.append(array)
                offset += padded(array.nbytes)
        told.append([known.value, dtype, stored[key]])
    return told, arrays


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


def _report(key: str, on_want: Callable[[str], None]) -> None:
    of = event(key, "want")
    if isinstance(of, str) and len(of) == 64:
        on_want(of)
