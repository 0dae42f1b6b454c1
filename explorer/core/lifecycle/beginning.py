"""The first moments: the constructor, the weights' birth, the first call, and what the layer declares."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import keras

from explorer.core.lifecycle.moments import Living, moment, timed
from explorer.core.lifecycle.reasons import reasons
from explorer.core.lifecycle.sources import birthplaces, defined_by_class, excerpt, own_sources
from explorer.core.lifecycle.state import numbers_text, outputs_of, shape_text, shapes_in, state_of
from explorer.core.lifecycle.watch import Watch
from explorer.core.plain import plain
from explorer.model.lifecycle import Excerpt, Moment
from explorer.model.trace import Message


@moment(
    "init",
    Message("The constructor"),
    Message(
        "The constructor keeps the arguments. It does not know the input yet, so a weight whose size depends on "
        "the input cannot exist."
    ),
    order=10,
    code="layer = {construction}",
    symbolic=None,
)
def constructor(living: Living, blank: Moment) -> Moment:
    """The layer is made, and not built."""
    with timed() as milliseconds:
        living.layer = living.subject.make()
    layer = living.layer
    if living.subject.card.symbolic:
        facts = (
            (Message("type"), type(layer).__name__),
            (Message("shape"), str(tuple(layer.shape))),
            (Message("dtype"), str(layer.dtype)),
            (Message("numbers"), "–"),
        )
        lesson = Message("keras.Input makes no layer but a symbolic tensor: a shape and a dtype without numbers.")
        return replace(blank, facts=facts, lesson=lesson, sources=_made_by(living), milliseconds=milliseconds[0])
    state = state_of(layer)
    lesson = blank.lesson
    if state.weights:
        lesson = Message(
            "This constructor makes weights at once: their sizes do not depend on the input, or are told in its "
            "arguments."
        )
    sources = own_sources(layer, ["__init__"]) or _made_by(living)
    return replace(blank, state=state, lesson=lesson, sources=sources, milliseconds=milliseconds[0])


def _made_by(living: Living) -> tuple[Excerpt, ...]:
    """The factory that made the layer, where it is a function."""
    made = living.subject.card.layer_class
    found = None if inspect.isclass(made) else excerpt(made, made.__name__)
    return () if found is None else (found,)


@moment(
    "build",
    Message("The first call, part 1: build"),
    Message(
        "The first call tells `build` the input's shape, and the weights are born. Keras calls it once, by itself."
    ),
    order=20,
    code="layer({inputs})",
)
def build(living: Living, blank: Moment) -> Moment:
    """What ran of the first call until `call` began, and each weight with the reasons for its shape."""
    _first_call(living)
    watch, layer = living.first, living.layer
    assert watch is not None
    born = len(living.between.weights) if living.between is not None else 0
    ran = tuple(event for event in watch.ran if _is_building(event.function, event.symbolic))
    state = living.between or state_of(layer, watch.born)
    why = reasons(living.subject, {weight.name: weight.shape for weight in state.weights})
    weights = tuple(replace(weight, reasons=why.get(weight.name, ())) for weight in state.weights)
    milliseconds = sum(event.milliseconds for event in ran if event.depth == 0)
    lesson = blank.lesson
    if not born:
        lesson = Message("This layer has nothing to learn: it is built without a single weight.")
    elif not any(event.function.endswith(".build") for event in ran):
        lesson = Message("No `build` ran here: the weights were there since the constructor.")
    problem = living.failed if living.failed is not None and living.between is None else None
    sources = own_sources(layer, ["build"])
    sources = (*sources, *birthplaces(watch.born.values(), sources))
    return replace(
        blank,
        ran=ran,
        state=replace(state, weights=weights),
        sources=sources,
        lesson=lesson,
        problem=problem,
        milliseconds=milliseconds,
        facts=() if defined_by_class(layer, "build") else ((Message("defined by"), "keras.layers.Layer"),),
    )


def _is_building(function: str, symbolic: bool) -> bool:
    return function.endswith((".build", ".add_weight")) or (symbolic and function.endswith((".call", ".compute_mask")))


def _first_call(living: Living) -> None:
    """Call the layer for the first time, and keep what was seen for the moments of `build` and `call`."""
    layer = living.layer

    def between() -> None:
        assert living.first is not None
        living.between = living.between or state_of(layer, living.first.born)

    living.inputs = living.subject.arguments()
    living.first = Watch(layer, between)
    with timed() as milliseconds, living.first:
        try:
            living.output = living.subject.call(layer, living.inputs)
        except Exception as error:
            living.failed = living.subject.problem(error)
    living.notes["milliseconds"] = milliseconds[0]


@moment(
    "call",
    Message("The first call, part 2: call"),
    Message("Then `call` computes the output from the input and the weights."),
    order=30,
    code="y = layer({inputs})",
)
def call(living: Living, blank: Moment) -> Moment:
    """What ran of the first call from then on, and its output."""
    if living.first is None or (living.failed is not None and living.between is None):
        return replace(blank, absent=Message("The layer could not be built, so `call` was not reached."))
    ran = tuple(event for event in living.first.ran if not _is_building(event.function, event.symbolic))
    return replace(
        blank,
        ran=ran,
        state=state_of(living.layer, living.first.born),
        sources=own_sources(living.layer, ["call"]),
        facts=output_facts(living.output),
        problem=living.failed,
        milliseconds=sum(event.milliseconds for event in ran if event.depth == 0),
    )


def output_facts(result: Any) -> tuple[tuple[Message, str], ...]:
    """The outputs of a call, each in a line."""
    outputs = outputs_of(result)
    return tuple(
        (Message("output {number}", {"number": number}) if len(outputs) > 1 else Message("output"), numbers_text(y))
        for number, y in enumerate(outputs)
    )


@moment(
    "declared",
    Message("The declared shape"),
    Message("Keras believes what a layer declares about its output; a wrong declaration is found nowhere but here."),
    order=40,
    code="layer.compute_output_shape({shapes})\nlayer.compute_output_spec({symbols})",
)
def declared(living: Living, blank: Moment) -> Moment:
    """What compute_output_shape and compute_output_spec say, beside the real shapes."""
    layer = living.layer
    real = [tuple(y.shape) for y in outputs_of(living.output)]
    facts: list[tuple[Message, str]] = [(Message("real shape"), shape_text(living.output))]
    agreed = []
    with timed() as milliseconds, Watch(layer) as watch:
        for name, declare in (("compute_output_shape", _shape_declared), ("compute_output_spec", _spec_declared)):
            what = Message("{method} says", {"method": name})
            try:
                shapes = declare(living)
            except Exception as error:
                facts.append((what, _first_line(error)))
                continue
            facts.append((what, ", ".join(map(str, shapes))))
            agreed.append(agree(shapes, real))
    if agreed:
        facts.append((Message("declared = real"), "✓" if all(agreed) else "✗"))
    lesson = blank.lesson
    if agreed and all(agreed):
        lesson = Message("What the layer declares before anything is computed is what the call then gives.")
    sources = own_sources(layer, ["compute_output_shape", "compute_output_spec"])
    return replace(
        blank,
        facts=tuple(facts),
        ran=watch.ran,
        sources=sources,
        lesson=lesson,
        milliseconds=milliseconds[0],
        state=state_of(layer),
    )


def agree(declared_shapes: list[tuple[Any, ...]], real: list[tuple[Any, ...]]) -> bool:
    """Whether shapes say the same; an unknown size agrees with any."""
    return len(declared_shapes) == len(real) and all(
        len(said) == len(shape) and all(a in (None, b) for a, b in zip(said, shape, strict=True))
        for said, shape in zip(declared_shapes, real, strict=True)
    )


def _shape_declared(living: Living) -> list[tuple[Any, ...]]:
    positional, keywords = living.inputs
    shapes = [keras.tree.map_structure(lambda x: tuple(x.shape), value) for value in positional]
    if keywords:
        names = list(inspect.signature(living.layer.compute_output_shape).parameters)
        named = {f"{name}_shape": tuple(value.shape) for name, value in keywords.items()}
        return shapes_in(living.layer.compute_output_shape(*shapes, **{n: s for n, s in named.items() if n in names}))
    return shapes_in(living.layer.compute_output_shape(*shapes))


def _spec_declared(living: Living) -> list[tuple[Any, ...]]:
    positional, keywords = living.subject.symbols()
    spec = living.layer.compute_output_spec(*positional, **keywords)
    return [tuple(tensor.shape) for tensor in outputs_of(spec)]


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in plain(str(error)).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:200]
