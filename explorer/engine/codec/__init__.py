"""Everything that crosses between the web process and the workers, as JSON and arrays, and back.

`x_to_meta` gives what a `Reply` holds; `x_from_meta` reads it and raises `BadMessage` for anything else.
Never a pickle.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from explorer.engine.codec.columns import trace_from_meta, trace_to_meta
from explorer.engine.codec.problems import problem_from_meta, problem_to_meta
from explorer.engine.codec.reading import boolean, items, mapping, number, optional, readable, text, texts, whole
from explorer.engine.codec.reports import report_from_meta, report_to_meta
from explorer.engine.codec.simple import (
    check_from_json,
    check_to_json,
    message_from_json,
    message_to_json,
    step_from_meta,
    step_to_meta,
    trail_from_meta,
    trail_to_meta,
)
from layers.card import Card, Example, Field, Input, Tensor

__all__ = [
    "card_from_json",
    "card_to_json",
    "check_from_json",
    "check_to_json",
    "message_from_json",
    "message_to_json",
    "problem_from_meta",
    "problem_to_meta",
    "report_from_meta",
    "report_to_meta",
    "step_from_meta",
    "step_to_meta",
    "trace_from_meta",
    "trace_to_meta",
    "trail_from_meta",
    "trail_to_meta",
]


def card_to_json(card: Card) -> dict[str, Any]:
    """A card as JSON."""
    return dataclasses.asdict(card)


@readable
def card_from_json(value: Any) -> Card:
    """The card that `card_to_json` wrote; lists inside a default or an option stay lists.

    Raises:
        BadMessage: if it is not one.
    """
    facts = dict(mapping(value))
    for name, read in _CARD_PARTS.items():
        facts[name] = tuple(read(part) for part in items(facts[name]))
    for name in ("id", "title", "layer", "group", "summary", "story", "reference"):
        text(facts[name])
    for name in ("masks", "random", "symbolic", "spread"):
        boolean(facts[name])
    return Card(**facts)


def _field(value: Any) -> Field:
    bounds = {name: optional(_number_as_is, value[name]) for name in ("minimum", "maximum")}
    flags = {name: boolean(value[name]) for name in ("optional", "advanced")}
    for name in ("name", "kind", "help"):
        text(value[name])
    return Field(**{**value, **bounds, **flags, "choices": texts(value["choices"])})


def _number_as_is(value: Any) -> Any:
    number(value)
    return value


def _input(value: Any) -> Input:
    for name in ("name", "recipe", "dtype"):
        text(value[name])
    shape = tuple(whole(length) for length in items(value["shape"]))
    return Input(**{**value, "shape": shape, "axes": texts(value["axes"]), "options": mapping(value["options"])})


def _tensor(value: Any) -> Tensor:
    for name in ("name", "scale", "help"):
        text(value[name])
    return Tensor(**{**value, "axes": texts(value["axes"])})


def _example(value: Any) -> Example:
    for name in ("title", "document", "dtype", "shows"):
        text(value[name])
    whole(value["seed"])
    boolean(value["training"])
    optional(mapping, value["mask"])
    edits = []
    for tensor, index, cell in items(value["edits"]):
        edits.append((text(tensor), tuple(whole(place) for place in items(index)), _number_as_is(cell)))
    inputs = tuple(_override(one) for one in items(value["inputs"]))
    then = tuple((text(layer), mapping(params)) for layer, params in items(value["then"]))
    return Example(
        **{**value, "params": mapping(value["params"]), "inputs": inputs, "edits": tuple(edits), "then": then}
    )


def _override(value: Any) -> dict[str, Any]:
    override: dict[str, Any] = dict(mapping(value))
    if "shape" in override:
        override["shape"] = tuple(whole(length) for length in items(override["shape"]))
    return override


_CARD_PARTS = {
    "fields": _field,
    "inputs": _input,
    "tensors": _tensor,
    "examples": _example,
    "documents": text,
    "input_names": text,
}
