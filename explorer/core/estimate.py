"""What an experiment would take, counted before any of it is made.

Its layers are called on placeholders in a graph of their own. That computes nothing and makes no weight, but every
operation tells the shape of what it would give. Most experiments are so small that their parameters alone tell it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from explorer.core.build import arrange, build_layer
from explorer.core.calling import training_flag
from explorer.core.catalog.cards import find_card
from explorer.core.keras_private import SEED_GENERATOR, UNINITIALIZED, FuncGraph, global_attribute, set_global_attribute
from explorer.experiment import Experiment
from explorer.experiment.recipes import Recipe, default_recipe
from explorer.model.problem import Problem, Repair
from explorer.model.trace import MAX_SHOWN, TOO_LARGE_TO_SHOW, Message
from layers.card import Card

MAX_CALCULATION = 512 << 20
"""The most bytes of everything that a call computes, each step's values counted once."""
MAX_WEIGHTS = 64 << 20
"""The most bytes of all weights. A training step holds each of them about six times."""
_MOST_OPERATIONS = 5000
_SURELY_SMALL = 1 << 26
_COMPARE = ("attention", "dot", "einsum", "matmul")
"""Parts of the names of layers that may compare each cell of an input with each other one."""
_REPEAT = ("lstm", "gru", "rnn")
"""Parts of the names of layers whose weights lead from each unit to each other one."""
_LOOPS = ("While", "StatelessWhile")
_FREE = ("Placeholder", "Const")
_TOUCHED = (UNINITIALIZED, SEED_GENERATOR)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What an experiment would take.

    Attributes:
        weights, shown, calculation: bytes of the weights; of inputs, weights and outputs; of all that the call
            computes.
        name, shape: the largest tensor among them.
    """

    weights: int = 0
    shown: int = 0
    calculation: int = 0
    name: str = ""
    shape: tuple[int, ...] = ()


_LIMITS = (
    ("weights", MAX_WEIGHTS, Message("The weights of this layer would be too large.")),
    ("shown", MAX_SHOWN, TOO_LARGE_TO_SHOW),
    ("calculation", MAX_CALCULATION, Message("This would compute more than there is room for.")),
)


def refuse_what_does_not_fit(experiment: Experiment) -> None:
    """Find out before anything is built.

    Raises:
        Problem: naming the largest tensor, and the parameter or the input that makes it so large.
    """
    if _surely_fits(experiment):
        return
    found = _estimate(_outline(experiment))
    if found is None:
        return
    for part, limit, what in _LIMITS:
        size = getattr(found, part)
        if size > limit:
            where, named = _culprit(experiment, found.shape)
            shape = " x ".join(map(str, found.shape))
            raise Problem(
                what,
                expected=f"<= {limit / 2**20:,.0f} MiB",
                received=f"{size / 2**20:,.0f} MiB, {found.name}: {shape}{named}",
                where=where,
                repairs=tuple(_repairs(experiment, where)),
            )


def estimate(experiment: Experiment) -> Estimate | None:
    """What an experiment would take; None where its layer cannot be called on placeholders."""
    held = {
        name: list(kept) if isinstance(kept := global_attribute(name), list) else kept
        for name in _TOUCHED  # the list of variables grows in place
    }
    graph = _Graph("estimate")
    try:
        made, ends = _called(experiment, graph)
    except Exception:  # what is wrong with it is told by the real call, which says it better
        return None
    finally:
        for name, value in held.items():
            set_global_attribute(name, value)
    weights = [(name, tuple(v.shape), math.prod(v.shape) * _width(v.dtype)) for name, v in _variables(made)]
    steps = list(_steps(graph))
    name, shape, _ = max([*weights, *steps], key=lambda one: one[2], default=("", (), 0))
    weighed = sum(size for *_, size in weights)
    shown = weighed + sum(math.prod(end.shape) * _width(end.dtype) for end in ends if end.shape.is_fully_defined())
    return Estimate(weighed, shown, sum(size for *_, size in steps), name, shape)


def _outline(experiment: Experiment) -> Experiment:
    """What the sizes of an experiment depend on; its values are left out."""
    inputs = tuple(Recipe("ones", shape) for shape in _shapes(experiment))
    return Experiment(
        experiment.layer,
        experiment.params,
        inputs,
        dtype=experiment.dtype,
        training=experiment.training,
        then=experiment.then,
    )


@functools.lru_cache(256)
def _estimate(outline: Experiment) -> Estimate | None:
    return estimate(outline)


class _Graph(FuncGraph):
    """A graph that grows only so far: a loop of Python over a long axis must not take longer here than it may run."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._left = _MOST_OPERATIONS

    def _create_op_internal(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise OverflowError(f"more than {_MOST_OPERATIONS} operations")
        return super()._create_op_internal(*args, **kwargs)


class _Scope(keras.StatelessScope):
    """Weights have no values here, only placeholders."""

    def __init__(self) -> None:
        super().__init__(initialize_variables=False)

    def get_current_value(self, variable: Any) -> Any:
        """A placeholder for what the variable would hold, or what it has been given since."""
        value = super().get_current_value(variable)
        return _placeholder(tuple(variable.shape), variable.dtype) if value is None else value


def _called(experiment: Experiment, graph: Any) -> tuple[list[Any], list[Any]]:
    """The layers, each called on what the one before it gives; and what goes in and comes out at the ends."""
    card = find_card(experiment.layer)
    layer = build_layer(card, experiment.params, experiment.dtype)
    if card.symbolic:
        return [], []
    made = [layer]
    with _Scope(), graph.as_default():
        given = [_placeholder(shape, _dtype(experiment, card, at)) for at, shape in enumerate(_shapes(experiment))]
        arguments, keywords = arrange(card, given, "")
        out = layer(*arguments, **keywords, **training_flag(layer, experiment.training))
        for position, link in enumerate(experiment.then):
            made.append(build_layer(find_card(link.layer), link.params, experiment.dtype, False, f"then.{position}"))
            out = made[-1](out)
    return made, [*given, *(end for end in keras.tree.flatten(out) if tf.is_tensor(end))]


def _placeholder(shape: tuple[int, ...], dtype: str) -> Any:
    return tf.compat.v1.placeholder(dtype, shape)


def _dtype(experiment: Experiment, card: Card, position: int) -> str:
    dtype = card.inputs[position].dtype
    return experiment.dtype if dtype == "float" else dtype


def _shapes(experiment: Experiment) -> list[tuple[int, ...]]:
    card = find_card(experiment.layer)
    given = experiment.inputs[: len(card.inputs)]
    return [recipe.shape for recipe in (*given, *map(default_recipe, card.inputs[len(given) :]))]


# ------------------------------------------------------------------------------------------------ counting
def _variables(made: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for layer in made:
        for variable in layer.variables:
            yield variable.path, variable


def _steps(graph: Any, times: int = 1) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Name, shape and bytes of everything that a graph computes; what a loop computes counts for each round."""
    for operation in graph.get_operations():
        if operation.type in _FREE:
            continue
        for output in operation.outputs:
            if output.shape.is_fully_defined():
                shape = tuple(output.shape)
                yield operation.type, shape, times * math.prod(shape) * max(1, output.dtype.size or 1)
        for body, rounds in _bodies(graph, operation):
            yield from _steps(body, times * rounds)


def _bodies(graph: Any, operation: Any) -> Iterator[tuple[Any, int]]:
    """The graphs that an operation runs, and how often."""
    loop = operation.type in _LOOPS
    for name in ("body", "f", "then_branch"):
        with contextlib.suppress(ValueError):
            function = graph._get_function(operation.get_attr(name).name)
            if function is not None and hasattr(function, "graph"):
                yield function.graph, _rounds(operation) if loop else 1


def _rounds(loop: Any) -> int:
    """How often a loop goes round, as far as its graph tells: Keras's loops have their limit as second input."""
    most = tf.get_static_value(loop.inputs[1])
    return max(1, int(most)) if most is not None and most.size == 1 and most.dtype.kind in "iu" else 1


def _width(dtype: Any) -> int:
    return int(tf.as_dtype(keras.backend.standardize_dtype(dtype)).size or 1)


# ------------------------------------------------------------------------------------------------ small ones
def _surely_fits(experiment: Experiment) -> bool:
    """Whether the numbers of an experiment are so small that no layer makes much of them.

    What a layer gives, holds and computes grows with its inputs' cells, or with their square, and with each number
    among its parameters.
    """
    cells = sum(math.prod(max(1, size) for size in shape) for shape in _shapes(experiment))
    card = find_card(experiment.layer)
    defaults = {spec.name: spec.default for spec in card.fields}
    told = [{**defaults, **experiment.params}, [[link.layer, dict(link.params)] for link in experiment.then]]
    numbers = [abs(number) for number in _numbers(told) if abs(number) > 1]
    text = f"{experiment.layer} {told}".lower()
    size = cells**2 if any(part in text for part in _COMPARE) else cells
    if any(part in text for part in _REPEAT):
        size *= max(numbers, default=1)
    for number in numbers:
        size *= 2 * number
        if size > _SURELY_SMALL:
            return False
    return True


def _numbers(value: Any) -> Iterator[int]:
    """Every whole number in a value, however deep."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        yield value
    elif isinstance(value, float) and math.isfinite(value):
        yield math.ceil(abs(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)


# ------------------------------------------------------------------------------------------------ who made it so large
def _culprit(experiment: Experiment, shape: Sequence[int]) -> tuple[str, str]:
    """The control that holds the largest number of the tensor's shape, else the largest of all; and in words."""
    numbers = [
        (number in shape, number, where, name)
        for where, name, value in _controls(experiment)
        for number in _numbers(value)
    ]
    if not numbers:
        return "layer", ""
    _, number, where, name = max(numbers)
    return where, f" ({name} = {number})"


def _controls(experiment: Experiment) -> Iterator[tuple[str, str, Any]]:
    defaults = {spec.name: spec.default for spec in find_card(experiment.layer).fields}
    for name, value in {**defaults, **experiment.params}.items():
        yield f"params.{name}", name, value
    for position, link in enumerate(experiment.then):
        for name, value in link.params.items():
            yield f"then.{position}.{name}", name, value
    for position, shape in enumerate(_shapes(experiment)):
        for axis, size in enumerate(shape):
            yield f"inputs.{position}", f"input {position}, axis {axis}", size


def _repairs(experiment: Experiment, where: str) -> Iterator[Repair]:
    """The usual value of what is too large, where that would fit."""
    kind, _, name = where.partition(".")
    if kind == "params" and name in experiment.params:
        without = {key: value for key, value in experiment.params.items() if key != name}
        if _would_fit(experiment.change(params=without)):
            usual = next(spec.default for spec in find_card(experiment.layer).fields if spec.name == name)
            yield Repair(Message("Set {name} to {value}", {"name": name, "value": usual}), {"params": without})
    if experiment.inputs and _would_fit(experiment.change(inputs=(), edits=())):
        shapes = ", ".join(str(tuple(spec.shape)) for spec in find_card(experiment.layer).inputs)
        yield Repair(Message("Use the usual input ({shapes})", {"shapes": shapes}), {"inputs": [], "edits": []})


def _would_fit(experiment: Experiment) -> bool:
    found = estimate(experiment)
    return found is not None and all(getattr(found, part) <= limit for part, limit, _ in _LIMITS)
