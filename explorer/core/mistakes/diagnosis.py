"""What is wrong with a layer, in words that help: the mistake, its place, why it matters, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.trace import Message


@dataclass(frozen=True)
class Place:
    """A line of source.

    Attributes:
        file: as Python names it.
        line: its number in that file, from 1.
        text: the line, without the spaces around it; "" if the source is not at hand.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        name = self.file.replace("\\", "/").rpartition("/")[2]
        return f"{name}:{self.line}  {self.text}".rstrip()


@dataclass(frozen=True)
class Mend:
    """A way to mend it.

    Attributes:
        text: what to do.
        old: the text of the line as it is, where the change is mechanical.
        new: what stands there afterwards; it may be several lines.
        line: the number of that line in the place's file; 0 if there is no such line.
    """

    text: Message
    old: str = ""
    new: str = ""
    line: int = 0


@dataclass(frozen=True)
class Diagnosis:
    """A mistake that was recognised.

    Attributes:
        id: of the mistake: "missing_return", "matmul_shapes", ...
        cause: what is wrong, in one or two sentences.
        why: why it matters, in one sentence; None if the cause says it all.
        expected, received: the two shapes, dtypes or values that met, where there are two.
        place: the line to blame, if it is known.
        mends: likely mends, best first.
    """

    id: str
    cause: Message
    why: Message | None = None
    expected: str = ""
    received: str = ""
    place: Place | None = None
    mends: tuple[Mend, ...] = ()
