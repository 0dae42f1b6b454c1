"""What is told about a touched cell, from its trace and its trail."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from explorer.arithmetic import explain
from explorer.arithmetic.aliases import is_same
from explorer.model.dependence import Trail
from explorer.model.explanation import Explanation
from explorer.model.problem import Problem
from explorer.model.trace import Trace
from explorer.stage.arithmetic import Say, hands_on, told
from explorer.stage.names import names_of
from explorer.stage.trail_message import Answer

WAYS = {"made": "trail", "could": "could_depend", "moves": "downstream"}
"""The ways of asking, and what answers each: a job of the engine, a function of `explorer.core`."""
MOST_COPIES = 8
"""So many cells that only hand a number on are followed."""


def answer(
    trace: Trace,
    tensor: str,
    index: tuple[int, ...],
    *,
    way: str,
    whole: bool,
    trail_of: Callable[[str], Trail],
    say: Say,
) -> Answer:
    """What is told about a cell.

    Args:
        trace: the call.
        tensor, index: the cell.
        way: one of `WAYS`; of any other text, the one that suits the tensor.
        whole: whether all terms of a long sum are to be listed.
        trail_of: gives the cell's trail, asked with a value of `WAYS`. What it refuses is told in the answer.
        say: translates a message.
    Raises:
        KeyError, IndexError: if the trace has no such cell.
    """
    arithmetic = account(trace, tensor, index, say, whole=whole)
    given = tensor.startswith(("input:", "weight:"))
    ways = [one for one in WAYS if one == "moves" or not given]
    way = way if way in ways else ways[0]
    problem = ""
    try:
        trail: Trail | None = trail_of(WAYS[way])
    except Problem as refused:
        trail, problem = None, say(refused.what)
    return Answer(
        tensor,
        index,
        way,
        ways,
        trail.cells if trail else {},
        arithmetic,
        [say(note) for note in trail.notes] if trail else [],
        problem,
    )


def account(trace: Trace, tensor: str, index: tuple[int, ...], say: Say, *, whole: bool = False) -> dict[str, Any]:
    """How a cell came to its number, as `explorer.stage.arithmetic.told` gives it.

    Args:
        trace: the call.
        tensor, index: the cell.
        say: translates a message.
        whole: whether all terms of a long sum are to be listed.
    Raises:
        KeyError, IndexError: if the trace has no such cell.
    """
    return told(
        _explanations(trace, tensor, index, whole),
        names_of(trace),
        say,
        functools.partial(explain, trace),
        functools.partial(is_same, trace),
    )


def _explanations(trace: Trace, tensor: str, index: tuple[int, ...], whole: bool) -> list[Explanation]:
    """How the cell came to its number, and while it was only handed on, how that one did."""
    found: list[Explanation] = []
    place = (tensor, index)
    while True:
        found.append(explain(trace, *place, shown=None) if whole else explain(trace, *place))
        source = hands_on(found[-1])
        if source is None or len(found) > MOST_COPIES or any(e.tensor == source.tensor for e in found):
            return found
        place = (source.tensor, source.index)
