"""One cell to explain: its step, its operands by name, and where else its numbers stand in the trace."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from explorer.arithmetic import equations
from explorer.arithmetic.binding import SAME_NAME, Bound, bind
from explorer.arithmetic.names import short_name
from explorer.arithmetic.operands import CannotExplain, Given, items_of, of_tensor, of_text
from explorer.arithmetic.printing import shortest
from explorer.model.explanation import Equation, Explanation, Scalar
from explorer.model.trace import Frame, Message, Operand, Step, Tensor, Trace


@dataclass(frozen=True, eq=False)
class Place:
    """Where a tensor was recorded: which value of which step of which frame."""

    tensor: Tensor
    frame: Frame | None = None
    step: Step | None = None
    number: int = 0
    position: int = 0


@dataclass(frozen=True, eq=False)
class Atlas:
    """Every recorded tensor of a trace by its id, and every array by its identity, in order."""

    places: dict[str, Place]
    by_array: dict[tuple[Any, ...], list[str]] = field(default_factory=dict)

    def before(self, tensor_id: str) -> Iterator[Place]:
        """Every tensor that was there before that one, in order: inputs, weights and masks, then steps."""
        operand = tensor_id.startswith("other:")  # no step gave it: what was there before the step that used it counts
        for name, place in self.places.items():
            used = operand and place.step is not None and any(tensor_id in o.tensors for o in place.step.operands)
            if (name == tensor_id and not operand) or used:
                return
            if not name.startswith(("output:", "mask:out:", "other:")):
                yield place


_Made = TypeVar("_Made")


def once(function: Callable[[Trace], _Made]) -> Callable[[Trace], _Made]:
    """What a function makes of a trace is kept as long as the trace."""
    kept: weakref.WeakKeyDictionary[Trace, _Made] = weakref.WeakKeyDictionary()

    @functools.wraps(function)
    def made(trace: Trace) -> _Made:
        if trace not in kept:
            kept[trace] = function(trace)
        return kept[trace]

    return made


@once
def atlas(trace: Trace) -> Atlas:
    """The trace's atlas."""
    others = getattr(trace, "others", ())  # operands that no step gave, where the recording keeps them
    places = {t.id: Place(t) for t in (*trace.inputs, *trace.weights, *trace.mask, *others, *trace.outputs)}
    for place in _places(trace.frames):
        places[place.tensor.id] = place
    made = Atlas(places)
    for name, place in places.items():
        if not name.startswith("output:"):
            made.by_array.setdefault(identity(place.tensor.value), []).append(name)
    return made


def identity(array: np.ndarray) -> tuple[Any, ...]:
    """What two arrays share exactly if they are the same memory: views of one buffer that came over a wire, too."""
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)


def _places(frames: tuple[Frame, ...]) -> Iterator[Place]:
    """In the order in which the steps ended."""
    for frame in frames:
        waiting = list(frame.children)
        for number, step in enumerate(frame.steps):
            while waiting and waiting[0].called_from <= number:
                yield from _places((waiting.pop(0),))
            for position, tensor in enumerate(step.values):
                yield Place(tensor, frame, step, number, position)
        yield from _places(tuple(waiting))


@dataclass(frozen=True, eq=False)
class Case:
    """One cell of one step's value.

    Attributes:
        trace: what was recorded.
        place: where the tensor stands.
        index: the cell.
        shown: how many terms of a long sum to list, None for all.
    """

    trace: Trace
    place: Place
    index: tuple[int, ...]
    shown: int | None = equations.SHOWN

    @property
    def step(self) -> Step:
        """The step that gave the tensor."""
        assert self.place.step is not None
        return self.place.step

    @property
    def name(self) -> str:
        """What the operation is called, without its library's name: "reduce_sum" of TensorFlow is "sum"."""
        return short_name(self.step.operation)

    @property
    def tensor(self) -> Tensor:
        """The tensor."""
        return self.place.tensor

    @property
    def dtype(self) -> str:
        """The tensor's dtype."""
        return self.place.tensor.dtype

    @property
    def value(self) -> Scalar:
        """The recorded number."""
        return equations.scalar(self.place.tensor.value[self.index])

    @property
    def floating(self) -> bool:
        """Whether the result is of a floating type."""
        return self.dtype in equations.EPSILON

    # -- operands
    @functools.cached_property
    def bound(self) -> Bound:
        """The step's operands by the parameters of what was called."""
        return bind(self.step)

    def given(self, name: str, position: int | None = None) -> Given | None:
        """The operand of that parameter, what it is by default, or without a signature the one in that position.

        None if there is none, or if it was given None where that is the default.
        """
        operand = self.bound.find(name, position)
        return None if operand is None else self.read(operand)

    def need(self, name: str, position: int | None = None) -> Given:
        """The same.

        Raises:
            CannotExplain: if there is none, or if it was not recorded.
        """
        found = self.given(name, position)
        if found is None:
            raise CannotExplain(f"`{name}` was not recorded")
        return found

    def literal(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """The value of a literal argument; a recorded tensor counts as the numbers it holds."""
        found = self.given(name, position)
        if found is None:
            return default
        return found.array.tolist() if found.tensor else found.literal

    def several(self, name: str, position: int | None = None) -> list[Given]:
        """The operands of a list, or all those that a parameter with a star took.

        Raises:
            CannotExplain: if the list was not recorded.
        """
        if self.bound.starred and SAME_NAME.get(self.bound.signature.star, name) == name:
            return [self.read(operand) for operand in self.bound.starred]
        operand = self.bound.find(name, position)
        if operand is None:
            raise CannotExplain(f"`{name}` was not recorded")
        return self.items(operand)

    def items(self, operand: Operand) -> list[Given]:
        """What a list holds.

        Raises:
            CannotExplain: if it was not recorded.
        """
        held = [of_tensor(self.find(item)) for item in operand.tensors]
        return items_of(operand.text, held) if operand.text else held

    def read(self, operand: Operand) -> Given:
        """What an operand holds.

        Raises:
            CannotExplain: if it is a list, or was not recorded.
        """
        held = [of_tensor(self.find(item)) for item in operand.tensors]
        if operand.text:
            return of_text(operand.text, held)
        if len(held) != 1:
            raise CannotExplain("a list of tensors")
        return held[0]

    def find(self, tensor_id: str) -> Tensor:
        """A recorded tensor by its id."""
        try:
            return atlas(self.trace).places[tensor_id].tensor
        except KeyError:
            raise CannotExplain(f"`{tensor_id}` was not recorded") from None

    # -- answers
    def answer(
        self,
        headline: str,
        result: Equation,
        parts: tuple[Equation, ...] = (),
        notes: tuple[Message, ...] = (),
        **params: Any,
    ) -> Explanation:
        """The explanation of this cell."""
        step = self.place.step
        depends = tuple(one for o in step.operands for one in o.tensors) if step else ()
        return Explanation(
            self.tensor.id, self.index, step.operation if step else "", Message(headline, params), result, parts,
            (*notes, *_non_finite(result)), depends, shortest(self.value, self.dtype),
        )  # fmt: skip


def _non_finite(result: Equation) -> Iterator[Message]:
    """The rule for NaN and infinity, where it applies."""
    if not isinstance(result.value, float) or np.isfinite(result.value):
        return
    entering = sum(not np.isfinite(n.value) for t in result.terms for n in t.factors if isinstance(n.value, float))
    if entering:
        yield Message(
            "What is not a number stays so: {count} of the numbers listed are NaN or infinite, and one is enough.",
            {"count": entering},
        )
    elif np.isnan(result.value):
        yield Message("No number that enters is NaN: the operation has no answer here, such as 0 / 0.")
    else:
        yield Message("The result is too large for its type, or divides by zero: it is infinite.")
