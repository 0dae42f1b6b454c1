"""A mask's way through a layer and the chain that follows it, found by calling each with and without the mask."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.build import build_layer
from explorer.core.calling import attach_mask, training_flag
from explorer.core.catalog.cards import find_card
from explorer.core.keras_private import mask_of, set_random_seed
from explorer.core.lifecycle.state import largest_difference, outputs_of
from explorer.core.lifecycle.subject import Subject
from explorer.core.snapshot import put_back
from explorer.experiment.chains import link_names
from explorer.experiment.recipes import mask_array
from explorer.model.lifecycle import Table
from explorer.model.trace import Message

HEADINGS = (
    Message("layer"),
    Message("mask in"),
    Message("supports_masking"),
    Message("the mask changed the numbers"),
    Message("mask out"),
    Message("what became of it"),
    Message("Keras said"),
)
TRIED = {"kind": "last", "count": 1}
"""Where no mask comes, one that leaves out the last step is tried."""


def masking_table(subject: Subject) -> Table:
    """One row for the layer, and one for each layer that follows it in the chain.

    Where the experiment sets no mask and the layer makes none, a mask on the first input is tried as well.
    """
    rows = _rows(subject, None)
    if all(row[1] == "–" and row[4] == "–" for row in rows) and _maskable(subject):
        rows += _rows(subject, mask_array(TRIED, subject.arrays[0].shape))
    return Table(HEADINGS, tuple(rows))


def _maskable(subject: Subject) -> bool:
    """Whether the first input has steps that a mask could leave out."""
    return bool(subject.arrays) and subject.arrays[0].ndim >= 2 and subject.arrays[0].shape[1] > 1


def _rows(subject: Subject, mask: np.ndarray | None) -> list[tuple[str, ...]]:
    layer = subject.built()
    positional, keywords = subject.arguments()
    if mask is not None:
        attach_mask(positional, mask)
    following = subject.following
    cards = [subject.card, *(find_card(link.layer, subject.experiment.code) for link in following)]
    told = " *" if mask is not None else ""
    rows, current = [], (positional, {**keywords, **training_flag(layer, subject.experiment.training)})
    for position, name in enumerate(link_names(cards)):
        if position:
            layer = build_layer(cards[position], following[position - 1].params, subject.experiment.dtype, False)
            flag = training_flag(layer, subject.experiment.training)
            current = ([current], flag)
        row, result = _row(layer, f"{name}{told}", *current)
        rows.append(row)
        if result is None:
            break
        current = outputs_of(result)[0]
    return rows


def _row(layer: Any, name: str, positional: list[Any], keywords: dict[str, Any]) -> tuple[tuple[str, ...], Any]:
    tensors = keras.tree.flatten([positional, keywords])
    entering = next((m for m in (mask_of(x) for x in tensors if tf.is_tensor(x)) if m is not None), None)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        try:
            layer(*positional, **keywords)  # builds it
            with put_back(layer):
                set_random_seed(0)
                result = layer(*positional, **keywords)
        except Exception as error:
            return (name, _mask_text(entering), _yes(layer.supports_masking), "–", "–", type(error).__name__, ""), None
    leaving = next((m for m in map(mask_of, outputs_of(result)) if m is not None), None)
    changed = "–"
    if entering is not None:
        with warnings.catch_warnings(), put_back(layer):
            warnings.simplefilter("ignore")
            set_random_seed(0)
            without = layer(*_unmasked(positional), **_unmasked(keywords))
        apart = largest_difference(result, without)
        changed = f"{apart:.4g}"
    said = "; ".join(dict.fromkeys(str(one.message).splitlines()[0] for one in warned if "mask" in str(one.message)))
    row = (
        name,
        _mask_text(entering),
        _yes(layer.supports_masking),
        changed,
        _mask_text(leaving),
        _became(entering is not None, leaving is not None, changed not in ("–", "0")),
        said or "–",
    )
    return row, result


def _became(entered: bool, left: bool, used: bool) -> str:
    if not entered:
        return "born" if left else "no mask"
    return ("used, " if used else "") + ("passed on" if left else "ends here")


def _unmasked(value: Any) -> Any:
    """The same tensors without their masks: a mask is an attribute of one tensor, so a copy has none."""
    return keras.tree.map_structure(lambda x: tf.identity(x) if tf.is_tensor(x) else x, value)


def _mask_text(mask: Any) -> str:
    if mask is None:
        return "–"
    array = np.asarray(mask)
    rows = ["".join("1" if kept else "0" for kept in line) for line in array.reshape(-1, array.shape[-1])[:3]]
    return f"{array.shape} {' '.join(rows)}{' …' if array.size > 3 * array.shape[-1] else ''}"


def _yes(value: bool) -> str:
    return "✓" if value else "✗"
