"""Operands that no recorded step gave: time steps taken out in a library's loop, kernels that a property computes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from explorer.core.failure import Failure
from explorer.core.happened import OpenStep, is_eager
from explorer.core.place import Site

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
            items = value if isinstance(value, (list, tuple)) else (value,)
            if not all(map(is_eager, items)):  # told in words
                continue
            for item, name in zip(items, _names(text, len(items), value), strict=True):
                if id(item) not in seen:
                    seen.add(id(item))
                    yield item, name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
        if isinstance(step, OpenStep):
            seen.update(id(value) for value in (*step.values, *step.given))


def _operands(site: Site, step: OpenStep | Failure) -> Iterator[tuple[Any, str]]:
    for position, value in enumerate(step.arguments):
        yield value, site.given[position] if position < len(site.given) else ""
    texts = dict(site.named)
    for keyword, value in step.keywords.items():
        yield value, texts.get(keyword, keyword)


def _names(text: str, count: int, value: Any) -> list[str]:
    """The operand's source, or those of a list's items."""
    text = " ".join(text.split()) or "operand"
    if not isinstance(value, (list, tuple)):
        return [text]
    try:
        written = ast.parse(text, mode="eval").body
    except SyntaxError:
        written = None
    if isinstance(written, (ast.List, ast.Tuple)) and len(written.elts) == count:
        return [ast.get_source_segment(text, item) or text for item in written.elts]
    return [f"{text}[{position}]" for position in range(count)]
