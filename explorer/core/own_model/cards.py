"""The cards of a model and of the layers in it: what reaches a layer there is what it is given."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import layers
from explorer.core.arrays import to_array
from explorer.core.catalog.derive import derive_card
from explorer.core.own_model.loading import Loaded, current
from explorer.core.own_model.parts import Part
from explorer.core.own_model.reaching import Call
from explorer.experiment.experiment import OWN_MODULE
from explorer.experiment.model_file import WHOLE
from explorer.experiment.recipes import MAX_CELLS, MAX_INPUTS, MAX_RANK, REACHING
from explorer.model.problem import Problem
from explorer.model.trace import Message
from layers.card import Card, Input

A_MODEL = Message("A model: a layer that calls the layers in it.")
NOT_CALLED = Message("The model does not call this layer.")


def card_in_model(layer: str) -> Card:
    """The card of a layer of the model that was opened last.

    Raises:
        Problem: if there is no such layer, or it cannot be opened.
    """
    model = current()
    if layer not in model.parts:
        raise Problem("The model has no such layer.", ", ".join(list(model.parts)[:12]), layer, "layer")
    found = card_of(model, model.parts[layer])
    if isinstance(found, Message):
        raise Problem(found, received=layer, where="layer")
    return found


def card_of(model: Loaded, part: Part) -> Card | Message:
    """The card of a part of a model, or why it cannot be opened."""
    base = _base(part)
    if part.id == WHOLE:
        count = len(model.inputs)
        structure = [[[{"input": at} for at in range(count)] if count > 1 else {"input": 0}], {}]
        return dataclasses.replace(base, inputs=model.inputs, structure=structure)
    calls = model.calls[part.id]
    if not calls:
        return NOT_CALLED
    taken = _Taken(part.layer, calls[0])
    if taken.closed is not None:
        return taken.closed
    axes = [spec.axes for spec in base.inputs]
    inputs = tuple(
        dataclasses.replace(spec, axes=axes[at]) if at < len(axes) and len(axes[at]) <= len(spec.shape) else spec
        for at, spec in enumerate(taken.inputs)
    )
    return dataclasses.replace(base, inputs=inputs, structure=[taken.positional, taken.keywords])


def reaching(layer: str, position: int, call: int) -> np.ndarray:
    """What reaches an input of a layer of the model that was opened last.

    Args:
        layer: its id.
        position: which of its card's inputs.
        call: which of its calls in the model.
    Raises:
        Problem: if the layer has no such call, or that one is given other tensors than the first.
    """
    calls = current().calls.get(layer, ())
    where = f"inputs.{position}"
    if call >= len(calls):
        raise Problem("The model does not call this layer so often.", f"0 ... {len(calls) - 1}", str(call), where)
    tensors = _Taken(current().parts[layer].layer, calls[call]).tensors
    if position >= len(tensors):
        raise Problem("This call takes fewer tensors than the first one.", str(position + 1), str(len(tensors)), where)
    return to_array(tensors[position])


def mask_reaching(layer: str, call: int) -> np.ndarray | None:
    """The mask that reaches the first input of a layer of the model that was opened last, if one does."""
    calls = current().calls.get(layer, ())
    mask = calls[call].mask if call < len(calls) else None
    return mask if mask is not None and mask.ndim == 2 else None


class _Taken:
    """What a call took: its tensors, and the structure in which they came.

    Attributes:
        tensors: flat, each once more for each place where it stands.
        positional, keywords: of `Card.structure`.
        inputs: of the card.
        closed: why such a call cannot be made again, or None.
    """

    def __init__(self, layer: Any, call: Call) -> None:
        self.tensors: list[Any] = []
        self.inputs: list[Input] = []
        self.closed: Message | None = None
        names = _parameters(layer)
        self.positional: list[Any] = []
        self.keywords: dict[str, Any] = {}
        for at, value in enumerate(call.arguments):
            name = names[at] if at < len(names) else f"input_{at}"
            if self.keywords or not _holds_tensors(value):
                self._keyword(name, value)
            else:
                self.positional.append(self._taken(value, name))
        for name, value in call.keywords.items():
            self._keyword(name, value)
        if len(self.inputs) > MAX_INPUTS:
            self.closed = Message("This layer takes more inputs than can be shown.")

    def _keyword(self, name: str, value: Any) -> None:
        """A keyword of the call. One mask comes with the first tensor; the training flag is the experiment's."""
        if value is None or name == "training" or (name == "mask" and tf.is_tensor(value)):
            return
        self.keywords[name] = self._taken(value, name)

    def _taken(self, value: Any, name: str) -> Any:
        if tf.is_tensor(value):
            return self._tensor(value, name)
        if isinstance(value, (list, tuple)):
            return [self._taken(part, f"{name} {at}") for at, part in enumerate(value)]
        if isinstance(value, Mapping) and all(_holds_tensors(part) for part in value.values()):
            return {str(key): self._taken(part, str(key)) for key, part in value.items()}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        self.closed = Message("This layer is given {kind}, which cannot be shown.", {"kind": type(value).__name__})
        return None

    def _tensor(self, value: Any, name: str) -> Any:
        array = to_array(value)
        if array.size > MAX_CELLS or array.ndim > MAX_RANK:
            self.closed = Message("More cells reach this layer than one input may have.")
        dtype = "string" if array.dtype == object else array.dtype.name
        self.inputs.append(Input(name.replace("_", " "), array.shape, (), REACHING, {}, dtype))
        self.tensors.append(value)
        return {"input": len(self.inputs) - 1}


def _holds_tensors(value: Any) -> bool:
    return any(tf.is_tensor(leaf) for leaf in keras.tree.flatten(value))


def _parameters(layer: Any) -> list[str]:
    try:
        return list(inspect.signature(type(layer).call).parameters)[1:]
    except (TypeError, ValueError):
        return []


def _base(part: Part) -> Card:
    """The card as far as the class tells it: its group, and the names of its tensors' axes. It has no fields."""
    made = type(part.layer)
    module = made.__module__.partition(".")[0]
    known = _of_keras(made) if module == "keras" else None
    home = "keras.layers" if module == "keras" else OWN_MODULE
    card = Card(part.id, part.name, f"{home}:{made.__name__}", "custom" if known is None else known.group, "")
    if part.is_model:
        return dataclasses.replace(card, group="other", summary=A_MODEL.msgid)
    if known is None:
        return dataclasses.replace(card, masks=True)
    how = {name: getattr(known, name) for name in ("layer", "summary", "tensors", "masks", "random", "inputs")}
    return dataclasses.replace(card, **how)


def _of_keras(made: type) -> Card | None:
    identity = f"keras.layers.{made.__name__}"
    found = layers.catalogue().get(identity) or derive_card(made.__name__, made)
    return found if isinstance(found, Card) else None


def facts(layer: Any) -> tuple[tuple[str, str], ...]:
    """The arguments that a layer was made with, as short texts."""
    try:
        config = layer.get_config()
        return tuple(
            (str(name)[:40], _short(value)) for name, value in config.items() if name not in ("name", "layers")
        )[:60]
    except Exception:  # a class of the reader's own may have none
        return ()


def _short(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("class_name"), str):
        return str(value["class_name"])[:60]
    try:
        return json.dumps(value)[:120]
    except (TypeError, ValueError):
        return type(value).__name__
