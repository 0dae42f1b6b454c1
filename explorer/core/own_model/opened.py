"""A model at a glance: its layers in the order of their calls, each with a small picture of what it gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.own_model.cards import card_of, facts
from explorer.core.own_model.loading import Loaded
from explorer.core.own_model.parts import MAX_PARTS, Part
from explorer.model.answers import ModelLayer, OpenedModel
from explorer.model.trace import Message
from layers.card import Card

ROWS, COLUMNS = 8, 12
"""The most cells of a small picture."""
MANY = 40
"""Of more layers than these each picture has fewer cells: a page draws all of them."""


def opened(model: Loaded) -> OpenedModel:
    """What there is to choose from in a model.

    Raises:
        Problem: if it cannot be called.
    """
    most = (ROWS, COLUMNS) if len(model.parts) <= MANY else (ROWS // 2, COLUMNS // 2)
    found = [_layer(model, part, most) for part in model.parts.values()]
    notes: tuple[Message, ...] = ()
    if len(model.parts) > MAX_PARTS:
        notes = (Message("Only the first {count} layers of this model are listed.", {"count": MAX_PARTS}),)
    return OpenedModel(tuple(found), notes)


def _layer(model: Loaded, part: Part, most: tuple[int, int]) -> ModelLayer:
    card = card_of(model, part)
    calls = model.calls[part.id]
    outputs = [y for y in keras.tree.flatten(calls[0].output) if tf.is_tensor(y)] if calls else []
    return ModelLayer(
        id=part.id,
        name=part.name,
        kind=type(part.layer).__name__[:60],
        depth=part.depth,
        calls=len(calls),
        shapes=tuple(tuple(y.shape) for y in outputs),
        parameters=_count(part.layer),
        weights=len(part.layer.weights),
        picture=thumbnail(to_array(outputs[0]), most) if outputs else None,
        given=thumbnail(model.arrays[0], most) if not part.depth and model.arrays else None,
        card=card if isinstance(card, Card) else None,
        closed=card if isinstance(card, Message) else None,
        facts=facts(part.layer) if part.depth else (),
    )


def _count(layer: Any) -> int:
    return sum(int(np.prod(variable.shape)) for variable in layer.weights)


def thumbnail(array: np.ndarray, most: tuple[int, int] = (ROWS, COLUMNS)) -> np.ndarray | None:
    """A few cells that tell what a tensor looks like: of its first sample the means of blocks; None of texts.

    Args:
        array: the tensor's; of one with two axes or fewer all samples are shown.
        most: how many rows and columns of cells.
    """
    if array.dtype.kind not in "biuf" or not array.size:
        return None
    largest = np.finfo("float32").max
    value = np.nan_to_num(array.astype("float64"), posinf=0, neginf=0).clip(-largest, largest)
    value = value[0] if value.ndim > 2 else value
    if value.ndim == 3:  # of a picture the channel that tells most; the first one may be zero throughout
        value = value[..., int(np.argmax(np.ptp(value, axis=(0, 1))))]
    value = value.reshape(-1, value.shape[-1]) if value.ndim > 2 else value
    value = value.reshape(1, -1) if value.ndim < 2 else value
    rows, columns = (-(-size // limit) for size, limit in zip(value.shape, most, strict=True))
    value = np.pad(value, [(0, -value.shape[0] % rows), (0, -value.shape[1] % columns)], mode="edge")
    blocks = value.reshape(value.shape[0] // rows, rows, value.shape[1] // columns, columns)
    means: np.ndarray = blocks.mean((1, 3)).astype("float32")
    return means
