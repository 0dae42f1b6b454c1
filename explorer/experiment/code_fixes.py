"""Changes of a layer's source, applied to its text."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.model.fix import Fix, with_plain_lines


def apply_fixes(code: str, fixes: Sequence[Fix]) -> str:
    """The text after these changes.

    A change is found by its line and by what stands there; where the text has moved, by what stands there alone, if
    that is in one place only. A change that is in words, or whose lines are no longer there, is left out; so is one
    that meets a line which another one has changed.

    Args:
        code: the text. Its line ends become `\\n`.
        fixes: see `Fix`: `before` and `after` are without the indentation of their first line.
    """
    lines = with_plain_lines(code).split("\n")
    places: dict[int, tuple[int, Fix]] = {}
    for fix in fixes:
        start = _start(lines, fix)
        if start is not None:
            places.setdefault(start, (start + fix.before.count("\n") + 1, fix))
    end = len(lines) + 1
    for start in sorted(places, reverse=True):
        stop, fix = places[start]
        if stop <= end:
            lines[start:stop] = _placed(fix.after, _indentation(lines[start])) if fix.after else []
            end = start
    return "\n".join(lines)


def without_indentation(lines: Sequence[str]) -> str:
    """Lines without the indentation of the first one, as a `Fix` holds them."""
    indentation = _indentation(lines[0]) if lines else ""
    return "\n".join(line.removeprefix(indentation).rstrip() for line in lines)


def _start(lines: Sequence[str], fix: Fix) -> int | None:
    """Where the lines of a change begin, from 0."""
    if not fix.before.strip():
        return None
    count = fix.before.count("\n") + 1
    wanted = without_indentation(fix.before.split("\n"))
    stands = [n for n in range(len(lines) - count + 1) if without_indentation(lines[n : n + count]) == wanted]
    if fix.line - 1 in stands:
        return fix.line - 1
    return stands[0] if len(stands) == 1 else None


def _placed(text: str, indentation: str) -> list[str]:
    return [indentation + line if line.strip() else line for line in text.split("\n")]


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
