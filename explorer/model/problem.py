"""An error that a reader can act on: what was expected, what was received, and how to fix it."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message, Trace

MAX_TOLD = 10
"""So many problems of one kind are told one by one."""
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlong = 3, 60, 60, 60


def brief(value: Any, length: int = 80) -> str:
    """The start of a value's `repr`, at a small cost however large, deep or long the value is."""
    try:
        return _SHORT.repr(value)[:length]
    except (ValueError, RecursionError):  # an integer of thousands of digits has no text
        return type(value).__name__


@dataclass(frozen=True)
class Repair:
    """A fix to click.

    Attributes:
        label: what the button says.
        change: fields of the Experiment to replace, as `Experiment.to_json` spells them.
    """

    label: Message
    change: Mapping[str, Any]


class Problem(Exception):
    """Something the reader asked for cannot be done.

    Attributes:
        what: one sentence on what went wrong; one without parameters may be given as its English text alone.
        expected, received: the two sides, as short texts (shapes, values, types).
        where: the control it concerns: "layer", "params.units", "inputs.0", "mask", "edits", "engine"; "" if unknown.
        detail: the original message (Keras's, NumPy's), for those who want it. Plain text without colour codes.
        repairs: fixes, best first.
        trace: what was recorded until it went wrong, if it was the layer's call; what failed there has an `error`.
        place: the line of source to blame, where one is known.
        why: one sentence on why it matters, where the mistake is a known one.
        fixes: what may be changed in the layer's source, best first.
    """

    def __init__(
        self,
        what: Message | str,
        expected: str = "",
        received: str = "",
        where: str = "",
        detail: str = "",
        *,
        repairs: tuple[Repair, ...] = (),
        trace: Trace | None = None,
        place: SourceLine | None = None,
        why: Message | None = None,
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        super().__init__(str(what))
        self.what = Message(what) if isinstance(what, str) else what
        self.expected = expected
        self.received = received
        self.where = where
        self.detail = detail
        self.repairs = repairs
        self.trace = trace
        self.place = place
        self.why = why
        self.fixes = fixes


def told(problems: Sequence[Problem], further: int = 0) -> list[Problem]:
    """The first of many problems, and one that counts the others, and `further` ones that nobody has worded."""
    count = len(problems) + further - MAX_TOLD
    if count <= 0:
        return list(problems)
    more = Message("Parts of the link that were left out as well: {count}", {"count": count})
    return [*problems[:MAX_TOLD], Problem(more)]
