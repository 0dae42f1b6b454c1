"""Give the recorded tensors the names that the card tells: of inputs, axes, scales and outputs."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.experiment.recipes import Recipe
from explorer.model.trace import Tensor, Trace, with_values
from layers.card import Card, Input, axis_names
from layers.card import Tensor as Note

_KEEPING = ("normalization", "activation", "regularization")
"""Groups whose layers give every axis back as it came."""
_PICTURES = (*_KEEPING, "convolution", "pooling", "reshaping", "preprocessing")
"""Groups whose layers make pictures of pictures, of another size perhaps."""


def named(trace: Trace, card: Card) -> Trace:
    """The trace with the card's names, axis names, scales and help texts."""
    notes = {note.name: note for note in card.tensors}
    output_notes = [note for note in card.tensors if note.name.startswith("output")][-len(trace.outputs) :]
    return dataclasses.replace(
        trace,
        inputs=tuple(_input(tensor, card, i) for i, tensor in enumerate(trace.inputs)),
        mask=tuple(
            dataclasses.replace(t, axes=axis_names(("batch", "time"), t.value.ndim), scale="boolean")
            for t in trace.mask
        ),
        weights=tuple(_noted(tensor, notes) for tensor in trace.weights),
        outputs=tuple(
            _as(tensor, output_notes[i]) if i < len(output_notes) else _output(tensor, trace, card)
            for i, tensor in enumerate(trace.outputs)
        ),
        frames=tuple(with_values(frame, lambda tensor: _noted(tensor, notes)) for frame in trace.frames),
        others=tuple(_noted(tensor, notes) for tensor in trace.others),
    )


def _input(tensor: Tensor, card: Card, position: int) -> Tensor:
    if position >= len(card.inputs):
        return _noted(tensor, {})
    spec = card.inputs[position]
    axes = axis_names(spec.axes, tensor.value.ndim)
    scale = "image" if _is_picture(spec, axes, tensor) else _scale(tensor)
    return dataclasses.replace(tensor, name=spec.name, axes=axes, scale=scale)


def _is_picture(spec: Input, axes: tuple[str, ...], tensor: Tensor) -> bool:
    """Whether an input holds shades or colours: it is drawn as one, or it came from a file in their range."""
    if spec.recipe != "file":
        return spec.recipe == "image"
    value = tensor.value
    inside = value.dtype.kind in "biuf" and value.size > 0 and value.min() >= 0 and value.max() <= 1
    return bool(inside) and {"height", "width"} <= set(axes)


def adapted(card: Card, params: Mapping[str, Any], recipes: Sequence[Recipe] = ()) -> Card:
    """The card as an experiment opens it: what each input holds, and the channels where `data_format` puts them.

    Args:
        card: of the layer.
        params: the constructor arguments that differ from the card's defaults.
        recipes: of the inputs that differ from the card's defaults.
    """
    kinds = [recipe.kind if recipe.kind != "typed" or not recipe.options.get("name") else "file" for recipe in recipes]
    inputs = tuple(
        dataclasses.replace(spec, recipe=kind) if kind else spec
        for spec, kind in itertools.zip_longest(card.inputs, kinds[: len(card.inputs)], fillvalue="")
        if isinstance(spec, Input)
    )
    if params.get("data_format") != "channels_first":
        return dataclasses.replace(card, inputs=inputs)
    return dataclasses.replace(
        card,
        inputs=tuple(dataclasses.replace(spec, axes=_channels_first(spec.axes)) for spec in inputs),
        tensors=tuple(
            dataclasses.replace(note, axes=_channels_first(note.axes)) if note.axes[:1] == ("batch",) else note
            for note in card.tensors
        ),
    )


def _channels_first(axes: tuple[str, ...]) -> tuple[str, ...]:
    if axes[-1:] not in (("channels",), ("features",), ("filters",)):
        return axes
    start = int(axes[0] == "batch")
    return (*axes[:start], axes[-1], *axes[start:-1])


def _output(tensor: Tensor, trace: Trace, card: Card) -> Tensor:
    """An output that no card speaks of: like the first input where such a layer keeps its axes.

    Else it has a batch axis if it is as long as that of every input.
    """
    tensor = _noted(tensor, {})
    if trace.inputs and card.inputs:
        given = trace.inputs[0].value.shape
        names = axis_names(card.inputs[0].axes, len(given))
        picture = {"height", "width"} <= set(names) and len(given) == tensor.value.ndim and card.group in _PICTURES
        if picture or (card.group in _KEEPING and given == tensor.value.shape):
            return dataclasses.replace(tensor, axes=names)
    sizes = {given.value.shape[:1] for given in trace.inputs}
    first = ("batch",) if sizes == {tensor.value.shape[:1]} != {()} else tensor.axes[:1]
    return dataclasses.replace(tensor, axes=(*first, *tensor.axes[1:]))


def _noted(tensor: Tensor, notes: dict[str, Note]) -> Tensor:
    note = notes.get(tensor.name)
    if note is not None:
        return _as(tensor, note, keep_name=True)
    numbered, scale = tuple(f"axis {i}" for i in range(tensor.value.ndim)), _scale(tensor)
    if (numbered, scale) == (tensor.axes, tensor.scale):
        return tensor
    return dataclasses.replace(tensor, axes=numbered, scale=scale)


def _as(tensor: Tensor, note: Note, keep_name: bool = False) -> Tensor:
    return dataclasses.replace(
        tensor,
        name=tensor.name if keep_name else note.name,
        axes=axis_names(note.axes, tensor.value.ndim) if note.axes else _noted(tensor, {}).axes,
        scale=note.scale if note.scale != "signed" else _scale(tensor),
        help=note.help,
    )


def _scale(tensor: Tensor) -> str:
    kind = tensor.value.dtype.kind
    return "boolean" if kind == "b" else "category" if kind in "iuO" else "signed"
