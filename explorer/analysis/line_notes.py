"""Which tensors each line of a code made, read off the trace of a layer that the code defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from explorer.model.trace import Frame, Tensor, Trace


def line_notes(trace: Trace, code: str) -> dict[int, tuple[Tensor, ...]]:
    """The tensors of each line's last result, by the line's number from 1.

    A line that ran several times has those of its last run, a statement of several lines has them at its last one.
    Calls of functions that stand elsewhere (Keras's own) are left out.

    Args:
        trace: what a layer of the code did.
        code: the whole text, as it ran.
    """
    lines = [line.strip() for line in code.splitlines()]
    made: dict[int, tuple[Tensor, ...]] = {}
    for frame in _within(trace.frames, lines):
        made.update({frame.first_line + step.end_line - 1: step.values for step in frame.steps if step.values})
    return dict(sorted(made.items()))


def _within(frames: Sequence[Frame], lines: Sequence[str]) -> Iterator[Frame]:
    """The frames whose source stands at their place in these lines, outer ones after those that they opened."""
    for frame in frames:
        yield from _within(frame.children, lines)
        start = frame.first_line - 1
        source = [line.strip() for line in frame.source.splitlines()]
        if start >= 0 and source and lines[start : start + len(source)] == source:
            yield frame
