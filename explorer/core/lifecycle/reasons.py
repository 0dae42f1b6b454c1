"""Why a weight has its shape: found by building the layer again with one size of an input, or one parameter, changed.

Nothing is read from the layer's source: an axis of a weight is said to come from whatever moves it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explorer.core.arrays import named_weights
from explorer.core.build import complete_params
from explorer.core.calling import ensure_built
from explorer.core.lifecycle.subject import Subject, resized
from explorer.model.trace import Message

MAX_BUILDS = 40
"""So many other layers are built at most."""
MAX_CELLS = 1 << 22
"""A try that needs a larger input is left out."""
MAX_STEP = 1024
"""A parameter is made larger by so much at most."""
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class _Move:
    """One size of a weight that moved.

    Attributes:
        cause: what was changed: "axis -1 of x", "units".
        before, after: the changed size.
        size, moved: the weight's size, before and after.
    """

    cause: Message | str
    before: int
    after: int
    size: int
    moved: int


@dataclass(frozen=True)
class _Try:
    """One thing to change.

    Attributes:
        key: what it is about; once one change of it worked, no other is tried.
        cause: its name.
        before, after: its value.
        params, arrays: what the layer is built with then.
    """

    key: str
    cause: Message | str
    before: int
    after: int
    params: Mapping[str, Any]
    arrays: Sequence[np.ndarray]


def reasons(subject: Subject, shapes: Shapes) -> dict[str, tuple[Message, ...]]:
    """For every weight, a sentence for each of its axes.

    Args:
        subject: the layer.
        shapes: of its weights, by name, as they are.
    """
    if not shapes:
        return {}
    moves: dict[tuple[str, int], list[_Move]] = {}
    done: set[str] = set()
    builds = 0
    for attempt in _tries(subject):
        if attempt.key in done or builds >= MAX_BUILDS:
            continue
        builds += 1
        found = _shapes(subject, attempt)
        if found is None or set(found) != set(shapes):
            continue
        done.add(attempt.key)
        for name, shape in shapes.items():
            if len(found[name]) != len(shape):
                continue
            for axis, (size, moved) in enumerate(zip(shape, found[name], strict=True)):
                if size != moved:
                    move = _Move(attempt.cause, attempt.before, attempt.after, size, moved)
                    moves.setdefault((name, axis), []).append(move)
    return {
        name: tuple(_said(axis, size, moves.get((name, axis), [])) for axis, size in enumerate(shape))
        for name, shape in shapes.items()
    }


def _said(axis: int, size: int, moves: Sequence[_Move]) -> Message:
    if not moves:
        return Message(
            "axis {axis} = {size}: fixed; no axis of the input and no whole-number parameter moved it.",
            {"axis": axis, "size": size},
        )
    if (
        len(moves) == 1
        and moves[0].size * moves[0].after == moves[0].moved * moves[0].before
        and (moves[0].size % moves[0].before == 0)
    ):
        move, factor = moves[0], moves[0].size // moves[0].before
        params = {"axis": axis, "size": size, "cause": move.cause, "factor": factor, "before": move.before,
                  "after": move.after, "moved": move.moved}  # fmt: skip
        if factor == 1:
            return Message(
                "axis {axis} = {size}: {cause} (with {after} instead of {before} it becomes {moved}).", params
            )
        return Message(
            "axis {axis} = {size}: {factor} × {cause} (with {after} instead of {before} it becomes {moved}).", params
        )
    evidence = functools.reduce(
        lambda one, other: Message("{one}; {other}", {"one": one, "other": other}), map(_evidence, moves)
    )
    params = {"axis": axis, "size": size, "evidence": evidence}
    if len(moves) == 1:
        return Message("axis {axis} = {size}: moves with one thing ({evidence}).", params)
    return Message("axis {axis} = {size}: moves with several things ({evidence}).", params)


def _evidence(move: _Move) -> Message:
    params = {"cause": move.cause, "before": move.before, "after": move.after, "size": move.size, "moved": move.moved}
    return Message("{cause} {before} → {after}: {size} → {moved}", params)


def _shapes(subject: Subject, attempt: _Try) -> dict[str, tuple[int, ...]] | None:
    """The weights' shapes of a layer built so; None if it cannot be."""
    try:
        layer = subject.make(attempt.params)
        ensure_built(layer, *subject.arguments(attempt.arrays))
    except Exception:  # most changes do not fit the layer; another one will
        return None
    return {name: tuple(variable.shape) for name, variable in named_weights(layer).items()}


# ------------------------------------------------------------------------------------------------ what to change
def _tries(subject: Subject) -> Iterator[_Try]:
    """Every change, the mildest first: of one axis, of that axis in all inputs, of one parameter."""
    params = complete_params(subject.card, subject.experiment.params)
    for position, array in enumerate(subject.arrays):
        for axis in range(array.ndim):
            yield from _axis_tries(subject, params, position, axis)
    for path, value, minimum, maximum in _whole_numbers(subject, params):
        for after in (value + 1, value * 2, value + 2, value - 1):
            if after == value or not minimum <= after <= min(maximum, value + MAX_STEP):
                continue
            cause, changed = _parameter_name(path), _with(params, path, after)
            yield _Try(cause, cause, value, after, changed, subject.arrays)
            fitting = [_fitting(subject, position, value, after) for position in range(len(subject.arrays))]
            if any(new is not old for new, old in zip(fitting, subject.arrays, strict=True)):
                with_input = Message("{parameter}, and the input's axis that must fit it", {"parameter": cause})
                yield _Try(cause, with_input, value, after, changed, fitting)


def _fitting(subject: Subject, position: int, size: int, after: int) -> np.ndarray:
    """An input whose last axis, if it has the parameter's size, has its new size."""
    array = subject.arrays[position]
    return resized(array, array.ndim - 1, after) if array.ndim > 1 and array.shape[-1] == size else array


def _axis_tries(subject: Subject, params: Mapping[str, Any], position: int, axis: int) -> Iterator[_Try]:
    arrays, name = subject.arrays, subject.axes(position)[axis]
    size = arrays[position].shape[axis]
    cause = Message(
        "axis {axis} of {input} ({name})",
        {"axis": axis - arrays[position].ndim, "input": subject.card.inputs[position].name, "name": Message(name)},
    )
    for after in (size + 1, size * 2, size - 1):
        if after < 1 or after == size or arrays[position].size * after > MAX_CELLS * size:
            continue
        alone = list(arrays)
        alone[position] = resized(arrays[position], axis, after)
        yield _Try(str(cause), cause, size, after, params, alone)
        together = [
            resized(other, subject.axes(p).index(name), after)
            if name in subject.axes(p) and other.shape[subject.axes(p).index(name)] == size
            else other
            for p, other in enumerate(arrays)
        ]
        if len(arrays) > 1:
            yield _Try(str(cause), cause, size, after, params, together)


def _whole_numbers(
    subject: Subject, params: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], int, float, float]]:
    """Where the parameters hold whole numbers, those of inner layers included, each with its bounds."""
    for field in subject.card.fields:
        value = params.get(field.name)
        low = field.minimum if field.minimum is not None else -(2.0**31)
        high = field.maximum if field.maximum is not None else 2.0**31
        if field.name in ("seed", "axis") or isinstance(value, bool) or value is None:
            continue
        if field.kind == "integer" and isinstance(value, int):
            yield (field.name,), value, low, high
        elif field.kind in ("shape", "json"):
            for path in _paths(value):
                yield (field.name, *path), _at(value, path), 1, 2.0**31


def _paths(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The ways to the whole numbers in a list, or in the config of a layer that is described in JSON."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield ()
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from ((position, *path) for path in _paths(item))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name != "seed":
                yield from ((name, *path) for path in _paths(item))


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        value = value[part]
    return value


def _with(params: Mapping[str, Any], path: Sequence[str | int], value: int) -> dict[str, Any]:
    changed: Any = json.loads(json.dumps(dict(params)))  # a default may hold one object in two places
    inside = _at(changed, path[:-1])
    inside[path[-1]] = value
    return dict(changed)


def _parameter_name(path: Sequence[str | int]) -> str:
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path if part != "config")
    return shown.lstrip(".")
