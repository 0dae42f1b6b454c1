"""The moments of a layer's life, one small function each. A function decorated with `@moment` is one of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from explorer.core.lifecycle.state import state_of
from explorer.core.lifecycle.subject import Subject
from explorer.core.lifecycle.watch import Watch
from explorer.model.lifecycle import Moment, State
from explorer.model.problem import Problem
from explorer.model.trace import Message
from explorer.registry import Registry


@dataclass
class Living:
    """A layer that goes through its moments.

    Attributes:
        subject: makes the layer and its inputs.
        layer: the layer itself, one from the first moment to the last.
        inputs: what it is called on.
        output: what its first call gave.
        first: what the first call's watch saw; None before it.
        between: the state between `build` and `call`.
        failed: why the first call failed; None if it did not.
    """

    subject: Subject
    layer: Any = None
    inputs: Any = None
    output: Any = None
    first: Watch | None = None
    between: State | None = None
    failed: Problem | None = None
    notes: dict[str, Any] = field(default_factory=dict)


NO_CALL = Message("A symbolic tensor is no layer: it is not built and not called.")
Teller = Callable[[Living, Moment], Moment]


@dataclass(frozen=True)
class Entry:
    """One moment that every layer has.

    Attributes:
        blank: what is told of it before it is lived.
        tell: lives it.
        order: moments are lived in this order.
        symbolic: why a symbolic tensor does not have this moment; None if it has.
    """

    blank: Moment
    tell: Teller
    order: int
    symbolic: Message | None


MOMENTS: Registry[Entry] = Registry("explorer.core.lifecycle")


def moment(
    id: str, title: Message, lesson: Message, order: int, code: str = "", symbolic: Message | None = NO_CALL
) -> Callable[[Teller], Teller]:
    """Make a function a moment of every layer's life.

    The function is given the `Living` and the moment without its findings, and gives it with them. A Problem that it
    raises is told as what was refused.

    Args:
        id: the moment's name.
        title, lesson, code: see `Moment`.
        order: moments are lived in this order.
        symbolic: why a symbolic tensor does not have this moment; None if it has.
    """

    def register(function: Teller) -> Teller:
        MOMENTS.add(id, Entry(Moment(id, title, lesson, code), function, order, symbolic))
        return function

    return register


def entries() -> list[Entry]:
    """Every moment, in the order in which they are lived."""
    return sorted(MOMENTS.all().values(), key=lambda entry: entry.order)


def lived(living: Living, entry: Entry, blank: Moment) -> Moment:
    """One moment, whatever becomes of it.

    Args:
        blank: the entry's, with its code filled in for this layer.
    """
    if living.subject.card.symbolic and entry.symbolic is not None:
        return replace(blank, absent=entry.symbolic)
    if living.failed is not None and entry.order > MOMENTS.all()["call"].order:
        return replace(blank, absent=Message("The first call failed, so the layer's life ends there."))
    try:
        return entry.tell(living, blank)
    except Exception as error:
        return replace(blank, problem=living.subject.problem(error))


@contextlib.contextmanager
def timed() -> Iterator[list[float]]:
    """Gives a list that holds the block's milliseconds afterwards."""
    found: list[float] = []
    start = time.perf_counter()
    try:
        yield found
    finally:
        found.append((time.perf_counter() - start) * 1000)


def watched_call(living: Living, blank: Moment, arguments: Any) -> tuple[Moment, Any]:
    """Call the living layer and note what ran. A refusal becomes the moment's problem, and the result None."""
    result, problem = None, None
    with timed() as milliseconds, Watch(living.layer) as watch:
        try:
            result = living.subject.call(living.layer, arguments)
        except Exception as error:
            arrays = [value for value in keras.tree.flatten(list(arguments)) if hasattr(value, "shape")]
            problem = living.subject.problem(error, arrays)
    moment = replace(blank, ran=watch.ran, state=state_of(living.layer), problem=problem, milliseconds=milliseconds[0])
    return moment, result
