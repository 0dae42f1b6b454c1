"""Where a fault stands in a source, and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.model.trace import Message


@dataclass(frozen=True)
class SourceLine:
    """A line of source.

    Attributes:
        file: the file's path, as Python knows it.
        line: its number in that file, from 1.
        text: the line, without the spaces at its ends; "" if the source is not at hand.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        name = self.file.replace("\\", "/").rpartition("/")[2]
        return f"{name}:{self.line}  {self.text}".rstrip()


@dataclass(frozen=True)
class Fix:
    """A way to fix a layer's source.

    Attributes:
        what: in words.
        before: the text of the line as it is, where the change is mechanical; else "".
        after: what stands there afterwards; it may be several lines.
        line: the number of that line in its file; 0 if there is no such line.
    """

    what: Message
    before: str = ""
    after: str = ""
    line: int = 0


def with_plain_lines(code: str) -> str:
    """The text with the line ends that Python counts, and no others."""
    return code.replace("\r\n", "\n").replace("\r", "\n")
