"""Operands that no recorded step gave: time steps taken out in a library's loop, kernels that a property computes."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from typing import Any

from explorer.core.tracing.failure import Failure
from explorer.core.tracing.live_frames import OpenStep
from explorer.core.tracing.operands import is_numeric, parts_of
from explorer.core.tracing.signatures import operands_of
from explorer.core.tracing.source_position import Site

MAX_NAME = 60
"""A name made of a longer source is cut."""


def other_operands(steps: Iterable[tuple[Site, OpenStep | Failure]], known: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """Each such tensor once, with its name: the source of the operand where it was first given.

    Args:
        steps: in the order in which they ended, each with its place.
        known: tensors and variables that have ids before the first step.
    """
    seen = {id(tensor) for tensor in known}
    for site, step in steps:
        for value, text in _operands(site, step):
            for item, name in _named(value, text):
                if id(item) not in seen:
                    seen.add(id(item))
                    yield item, name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
        if isinstance(step, OpenStep):
            seen.update(id(value) for value in (*step.values, *step.given))


def _operands(site: Site, step: OpenStep | Failure) -> Iterator[tuple[Any, str]]:
    texts = dict(site.named)
    for keyword, value, place in operands_of(step.operation, step.arguments, step.keywords):
        written = site.given[place] if place is not None and place < len(site.given) else ""
        yield value, texts.get(keyword, written or keyword)


def _named(value: Any, text: str) -> Iterator[tuple[Any, str]]:
    """Every tensor and array in an operand, each with its source."""
    if is_numeric(value):
        yield value, " ".join(text.split()) or "operand"
    if parts := parts_of(value):
        for part, name in zip(parts, _names(text, len(parts)), strict=True):
            yield from _named(part, name)


@functools.lru_cache(maxsize=1024)  # a loop gives the same source again and again
def _names(text: str, count: int) -> list[str]:
    """The sources of what a list, an index or a slice holds."""
    text = " ".join(text.split()) or "operand"
    whole = f"_[{text}]"  # an index may be a slice, which is no expression of its own
    try:
        written = getattr(ast.parse(whole, mode="eval").body, "slice", None)
    except SyntaxError:
        written = None
    if isinstance(written, (ast.List, ast.Tuple)) and len(written.elts) == count:
        return [ast.get_source_segment(whole, item) or text for item in written.elts]
    if isinstance(written, ast.Slice) and count == 3:
        return [
            ast.get_source_segment(whole, x) or text if x else "" for x in (written.lower, written.upper, written.step)
        ]
    return [f"{text}[{position}]" for position in range(count)]
