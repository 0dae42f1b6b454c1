"""Places in a source: lines from 1, columns from 0 in characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """A place in the source that reports: lines from 1, columns from 0 in characters.

    Attributes:
        target: the name it sets, or "".
        given: the source of its operands in order, up to one that is spread with a star.
        named: the source of its keyword arguments, by keyword.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    target: str = ""
    given: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


def column(line: str, offset: int) -> int:
    """Python counts columns in bytes; this counts characters."""
    return len(line.encode()[:offset].decode())


def text_of(lines: Sequence[str], line: int, start: int, end_line: int, end: int) -> str:
    """The text between two places: lines from 1, columns in characters."""
    if line == end_line:
        return lines[line - 1][start:end]
    return "\n".join([lines[line - 1][start:], *lines[line : end_line - 1], lines[end_line - 1][:end]])
