"""Which step of a call on one backend is which step of the same call on another.

A step has a path: which call of which function it belongs to, inside which call of which other function, and which time
its expression is computed there. Where a function is called or an expression computed more often on one backend, the
last times belong together: some of Keras's loops call a step once more at first, to see its shapes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from explorer.core.tracing.live_frames import OpenFrame, OpenStep
from explorer.core.tracing.source_position import Site
from explorer.core.tracing.tap import Rewritten

StepPath: TypeAlias = tuple[tuple[str, int], ...]
"""Functions and at last an expression, each with its number among the equal ones of the same call, from 1."""
Totals: TypeAlias = Mapping[tuple[StepPath, str], int]
"""How many equal ones there are at the end of a path."""


def function_label(frame: OpenFrame) -> str:
    """What a function is called on every backend: its name and where it begins."""
    return f"{frame.name}:{frame.code.first_line}"


def expression_label(where: Site) -> str:
    """The same of an expression: where it stands in its function."""
    return f"{where.line}:{where.column}-{where.end_line}:{where.end_column}"


def paths(frames: Sequence[OpenFrame], before: StepPath = ()) -> Iterator[tuple[OpenFrame, OpenStep, StepPath]]:
    """Every step of some frames, and of those inside them, that gave a tensor, with its path."""
    calls: Counter[str] = Counter()
    for frame in frames:
        label = function_label(frame)
        calls[label] += 1
        path = (*before, (label, calls[label]))
        yield from paths(frame.children, path)
        times: Counter[str] = Counter()
        for step in frame.steps:
            if step.values and isinstance(frame.code, Rewritten):
                where = expression_label(frame.code.sites[step.site])
                times[where] += 1
                yield frame, step, (*path, (where, times[where]))


def totals(found: Iterable[StepPath]) -> Totals:
    """How many equal ones there are at each place of some paths."""
    most: Counter[tuple[StepPath, str]] = Counter()
    for path in found:
        for i, (label, number) in enumerate(path):
            most[path[:i], label] = max(most[path[:i], label], number)
    return most


def aligned(path: StepPath, own: Totals, theirs: Totals) -> StepPath:
    """The path on the other side."""
    found: StepPath = ()
    for i, (label, number) in enumerate(path):
        found = (*found, (label, number + theirs.get((found, label), 0) - own.get((path[:i], label), 0)))
    return found
