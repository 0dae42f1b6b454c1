"""Give the recorded tensors the names that the card tells: of inputs, axes, scales and outputs."""

from __future__ import annotations

import dataclasses

from explorer.trace import Frame, Tensor, Trace
from layers.card import Card, axis_names
from layers.card import Tensor as Note


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
            _as(tensor, output_notes[i]) if i < len(output_notes) else _noted(tensor, {})
            for i, tensor in enumerate(trace.outputs)
        ),
        frames=tuple(_frame(frame, notes) for frame in trace.frames),
        others=tuple(_noted(tensor, notes) for tensor in trace.others),
    )


def _input(tensor: Tensor, card: Card, position: int) -> Tensor:
    if position >= len(card.inputs):
        return _noted(tensor, {})
    spec = card.inputs[position]
    scale = "image" if spec.recipe == "image" else _scale(tensor)
    return dataclasses.replace(tensor, name=spec.name, axes=axis_names(spec.axes, tensor.value.ndim), scale=scale)


def _noted(tensor: Tensor, notes: dict[str, Note]) -> Tensor:
    note = notes.get(tensor.name)
    if note is not None:
        return _as(tensor, note, keep_name=True)
    generic = () if tensor.role == "weight" else ("batch",) * (tensor.value.ndim > 0)
    rest = tuple(f"axis {i}" for i in range(len(generic), tensor.value.ndim))
    return dataclasses.replace(tensor, axes=generic + rest, scale=_scale(tensor))


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


def _frame(frame: Frame, notes: dict[str, Note]) -> Frame:
    steps = tuple(
        dataclasses.replace(step, values=tuple(_noted(value, notes) for value in step.values)) for step in frame.steps
    )
    return dataclasses.replace(frame, steps=steps, children=tuple(_frame(child, notes) for child in frame.children))
