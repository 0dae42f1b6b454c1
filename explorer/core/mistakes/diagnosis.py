"""What is wrong with a layer, in words that help: the mistake, its place, why it matters, how to fix it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that was recognised.

    Attributes:
        id: of the mistake: "missing_return", "matmul_shapes", ...
        cause: what is wrong, in one or two sentences.
        why: why it matters, in one sentence; None if the cause says it all.
        expected, received: the two shapes, dtypes or values that met, where there are two.
        place: the line to blame, if it is known.
        fixes: likely fixes, best first.
    """

    id: str
    cause: Message
    why: Message | None = None
    expected: str = ""
    received: str = ""
    place: SourceLine | None = None
    fixes: tuple[Fix, ...] = ()
