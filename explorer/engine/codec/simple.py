"""Messages, checks, training steps and trails as JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from explorer.engine.codec.reading import boolean, items, mapping, number, optional, readable, text, whole
from explorer.engine.transport.wire import MAX_BODY, BadMessage
from explorer.model.dependence import Checked, Disagreement, Trail
from explorer.model.trace import Check, Message
from explorer.model.training_step import TrainingStep, WeightStep

_PLAIN = (str, int, float, bool, type(None))


def message_to_json(message: Message) -> dict[str, Any]:
    """A message as JSON; a parameter may be a message itself, and one that JSON cannot say goes as its text."""
    params = {name: message_to_json(v) if isinstance(v, Message) else _said(v) for name, v in message.params.items()}
    return {"msgid": message.msgid, "params": params}


def _said(value: Any) -> Any:
    return value if isinstance(value, _PLAIN) else str(value)


@readable
def message_from_json(value: Any) -> Message:
    """The message that `message_to_json` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    params = {
        name: message_from_json(param) if isinstance(param, Mapping) else param
        for name, param in mapping(value["params"]).items()
    }
    if not all(isinstance(param, (*_PLAIN, Message)) for param in params.values()):
        raise BadMessage("A message's parameters are texts and numbers.")
    return Message(text(value["msgid"]), params)


def check_to_json(check: Check | None) -> list[Any] | None:
    """A check as `[agrees, difference, tolerance]`."""
    return None if check is None else [bool(check.agrees), float(check.difference), float(check.tolerance)]


@readable
def check_from_json(value: Any) -> Check | None:
    """The check that `check_to_json` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    if value is None:
        return None
    agrees, difference, tolerance = items(value)
    return Check(boolean(agrees), number(difference), number(tolerance))


def step_to_meta(step: TrainingStep) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A training step as JSON and arrays."""
    arrays: dict[str, np.ndarray] = {}
    weights = []
    for position, weight in enumerate(step.weights):
        weights.append({"name": weight.name, "trainable": weight.trainable, "constraint": weight.constraint})
        for part in _WEIGHT_ARRAYS:
            value = getattr(weight, part)
            if value is not None:
                arrays[f"{position}.{part}"] = value
    losses = {"data_loss": float(step.data_loss), "loss": float(step.loss)}
    return {**losses, "layer_losses": [float(loss) for loss in step.layer_losses], "weights": weights}, arrays


@readable
def step_from_meta(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> TrainingStep:
    """The training step that `step_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    weights = []
    for position, weight in enumerate(items(meta["weights"])):
        values: dict[str, Any] = {part: arrays[f"{position}.{part}"] for part in _WEIGHT_ARRAYS if part != "gradient"}
        values["gradient"] = arrays.get(f"{position}.gradient")
        name, constraint = text(weight["name"]), text(weight["constraint"])
        weights.append(WeightStep(name, boolean(weight["trainable"]), constraint=constraint, **values))
    losses = tuple(number(loss) for loss in items(meta["layer_losses"]))
    return TrainingStep(number(meta["data_loss"]), losses, number(meta["loss"]), tuple(weights))


def trail_to_meta(trail: Trail) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A trail as JSON and arrays. An array without anything in it travels as its shape, a sparse one as its cells."""
    arrays: dict[str, np.ndarray] = {}
    known: dict[int, list[Any]] = {}
    for cells in trail.cells.values():
        if id(cells) in known:
            continue
        place, filled = len(known), np.flatnonzero(cells)
        known[id(cells)] = [place, list(cells.shape), cells.dtype.name, False]
        if filled.size * (8 + cells.itemsize) < cells.nbytes:
            known[id(cells)][-1] = True
            if filled.size:
                arrays[f"{place}.places"], arrays[f"{place}.cells"] = filled, cells.ravel()[filled]
        else:
            arrays[f"{place}.cells"] = cells
    meta = {
        "tensor": trail.tensor_id,
        "index": list(trail.index),
        "value": trail.value,
        "kind": trail.kind,
        "direction": trail.direction,
        "arrays": list(known.values()),
        "cells": {name: known[id(cells)][0] for name, cells in trail.cells.items()},
        "notes": [message_to_json(note) for note in trail.notes],
        "checked": _checked_to_json(trail.checked),
    }
    return meta, arrays


@readable
def trail_from_meta(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Trail:
    """The trail that `trail_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    found, size = [], 0
    for place, shape, dtype, sparse in items(meta["arrays"]):
        lengths = tuple(whole(length) for length in items(shape))
        size += math.prod(lengths) * 8
        if size > MAX_BODY or text(dtype) not in _CELLS:
            raise BadMessage("A trail's arrays are of floats or truths, and not larger than a message may be.")
        dense = arrays.get(f"{whole(place)}.cells")
        if boolean(sparse):
            array = np.zeros(lengths, dtype)
            if dense is not None:
                array.reshape(-1)[arrays[f"{place}.places"]] = dense
        elif dense is None or dense.shape != lengths or dense.dtype.name != dtype:
            raise BadMessage("A trail's array has another shape than was said.")
        else:
            array = dense
        found.append(array)
    if type(meta["value"]) not in (str, int, float, bool):
        raise BadMessage("The value of a cell is a number or a text.")
    cells = {text(name): found[whole(place, 0, len(found))] for name, place in mapping(meta["cells"]).items()}
    return Trail(
        text(meta["tensor"]),
        tuple(whole(place) for place in items(meta["index"])),
        meta["value"],
        text(meta["kind"]),
        text(meta["direction"]),
        cells,
        tuple(message_from_json(note) for note in items(meta["notes"])),
        optional(_checked_from_json, meta["checked"]),
    )


def _checked_to_json(checked: Checked | None) -> list[Any] | None:
    """A check as `[moved, agreeing, [disagreements]]`."""
    if checked is None:
        return None
    wrong = [[d.tensor_id, list(d.index), d.gradient, d.up, d.down, d.step] for d in checked.disagreeing]
    return [checked.moved, checked.agreeing, wrong]


def _checked_from_json(value: Any) -> Checked:
    moved, agreeing, wrong = items(value)
    found = []
    for tensor_id, index, gradient, up, down, step in map(items, items(wrong)):
        place = tuple(whole(position) for position in items(index))
        found.append(Disagreement(text(tensor_id), place, number(gradient), number(up), number(down), text(step)))
    return Checked(whole(moved), whole(agreeing), tuple(found))


_CELLS = ("bool", "float16", "float32", "float64")
_WEIGHT_ARRAYS = ("before", "gradient", "after", "constrained")
