"""What was recorded -> a tape: the operations between the leaves and the tensors of the trace, numbered anew."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.keras_private import op_def_registry
from explorer.core.tape.recorder import TOO_LARGE, Ran, TapeRecorder
from explorer.core.tracing.record import LiveCall
from explorer.core.tracing.signatures import TENSORS
from explorer.model.tape import Kind, Known, Operation, Tape

MAX_OPERATIONS = 20_000
_STORED = {"i8": "<f8", "u8": "<f8", "b1": "u1", "f2": "<f4"}


def made_by(live: LiveCall, recorder: TapeRecorder, refused: bool = False) -> tuple[Tape, list[str]]:
    """The tape of a call that has happened, and the ids of tensors of its trace that no leaf reaches.

    Such a tensor is made of numbers of the source, or was made by NumPy of numbers that it took unseen.

    Args:
        live: the call.
        recorder: listened to it.
        refused: whether to tell the operations even if a replay of them would not be what the layer does. What is made
            by operations that could not be followed is then neither a constant nor made by any operation.
    """
    if recorder.too_large or (recorder.refusals and not refused):
        return Tape(refusals=tuple(recorder.refusals.values())), []
    shown, unreached = _shown(live, recorder)
    wanted = {*shown.values(), *recorder.looked_at}
    needed: list[Ran] = []
    for ran in reversed(recorder.ran):
        if not wanted.isdisjoint(ran.outputs):
            wanted.update(ran.inputs)
            needed.append(ran)
    needed.reverse()
    order = {number: at for at, number in enumerate(_in_order(recorder, needed, wanted))}
    kinds = tuple(_kind(recorder.tensors[number]) for number in order)
    if len(needed) > MAX_OPERATIONS:
        return Tape(refusals=(TOO_LARGE,)), unreached
    made = recorder.reached
    return (
        Tape(
            values=kinds,
            operations=tuple(
                Operation(ran.kind, kept(ran.kind, ran.attributes), *_places(order, ran.inputs, ran.outputs))
                for ran in needed
            ),
            leaves={name: order[number] for name, number in recorder.leaves.items()},
            shown={name: order[number] for name, number in shown.items()},
            constants=_known(recorder, order, [number for number in order if number not in made]),
            guards=_known(recorder, order, recorder.looked_at),
        ),
        unreached,
    )


def _shown(live: LiveCall, recorder: TapeRecorder) -> tuple[dict[str, int], list[str]]:
    """Every tensor of the trace that a leaf reaches, and those that none does."""
    found, unreached = {}, []
    for name, tensor in live.tensors().items():
        if name in recorder.leaves or not isinstance(tensor, TENSORS):
            continue
        number = recorder.known(tensor)
        if number is not None and number in recorder.reached:
            found[name] = number
        else:
            unreached.append(name)
    return found, unreached


def _in_order(recorder: TapeRecorder, needed: Sequence[Ran], wanted: set[int]) -> dict[int, None]:
    """The numbers that the tape has: leaves first, then what each operation is given and makes."""
    order = dict.fromkeys(recorder.leaves.values())
    for ran in needed:
        order |= dict.fromkeys((*ran.inputs, *ran.outputs))
    return order | dict.fromkeys(sorted(wanted))


def _places(order: Mapping[int, int], *numbers: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(order[number] for number in some) for some in numbers]


def _known(recorder: TapeRecorder, order: Mapping[int, int], numbers: Any) -> tuple[Known, ...]:
    return tuple(Known(order[number], stored(recorder.tensors[number])) for number in numbers)


def _kind(tensor: Any) -> Kind:
    if isinstance(tensor, (tf.RaggedTensor, tf.SparseTensor)) or not hasattr(tensor, "shape"):
        return Kind(type(tensor).__name__, ())
    return Kind(tensor.dtype.name, tuple(int(size) for size in tensor.shape))


def stored(tensor: Any) -> np.ndarray:
    """A tensor's numbers in the dtype in which a browser holds them."""
    array = to_array(tensor)
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], -1).astype("<f4")
    return np.ascontiguousarray(array, dtype=_STORED.get(array.dtype.str[1:])).reshape(array.shape)


def kept(kind: str, attributes: Sequence[Any]) -> dict[str, Any]:
    """The attributes that say how an operation computes: no dtypes and no counts, its tensors tell those.

    One that was given as None has its usual value, as if it had not been given.
    """
    told = _told_by_tensors(kind)
    names = (_plain(name) for name in attributes[::2])
    return {
        name: _plain(value)
        for name, value in zip(names, attributes[1::2], strict=False)
        if value is not None and name not in told and not name.startswith(("grad_", "_"))
    }


@functools.cache
def _told_by_tensors(kind: str) -> frozenset[str]:
    definition = op_def_registry.get(kind)
    if definition is None:
        return frozenset()
    counts = {argument.number_attr for argument in (*definition.input_arg, *definition.output_arg)}
    return frozenset(counts.union(attr.name for attr in definition.attr if "type" in attr.type))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, (bool, int, float, str)) else str(value)
