"""Two traces of one layer side by side: which tensors are equal, and by how much the others differ. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from explorer.model.trace import Tensor, Trace


@dataclass(frozen=True, eq=False)
class Pair:
    """One tensor in both traces.

    Attributes:
        this, other: what the two traces hold.
        difference: this - other, in the dtype of the two (whole numbers and booleans as float64), 0 where both hold the
            same infinity or NaN; None where it cannot be taken: of texts, or where shape or dtype are not the same.
    """

    this: Tensor
    other: Tensor
    difference: Tensor | None


@dataclass(frozen=True, eq=False)
class Difference:
    """What tells two traces apart.

    Attributes:
        changed: tensors of both that are not the same, in the order of the flow.
        same: tensors of both that are equal in shape, dtype and every bit (NaN is NaN, whatever its bits).
        only_this, only_other: tensors that one trace alone has.
    """

    changed: tuple[Pair, ...] = ()
    same: tuple[Tensor, ...] = ()
    only_this: tuple[Tensor, ...] = ()
    only_other: tuple[Tensor, ...] = ()


def difference(trace: Trace, other: Trace) -> Difference:
    """Compare two traces: inputs, masks, weights and outputs by id, named intermediates by name.

    Args:
        trace: what is on the screen.
        other: what it is compared with.
    """
    drawn = _plain_locals(trace) | _plain_locals(other)
    here, there = dict(_keyed(trace, drawn)), dict(_keyed(other, drawn))
    both = [(tensor, there[key]) for key, tensor in here.items() if key in there]
    return Difference(
        changed=tuple(_pair(one, two) for one, two in both if not equal(one, two)),
        same=tuple(one for one, two in both if equal(one, two)),
        only_this=tuple(tensor for key, tensor in here.items() if key not in there),
        only_other=tuple(tensor for key, tensor in there.items() if key not in here),
    )


def equal(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same dtype, shape and bits; every NaN is as good as another, 0 is not -0."""
    a, b = one.value, other.value
    if one.dtype != other.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    return bool(np.array_equal(a, b, equal_nan=True) and (np.signbit(a) == np.signbit(b))[~np.isnan(a)].all())


def _pair(one: Tensor, other: Tensor) -> Pair:
    a, b = one.value, other.value
    if one.dtype != other.dtype or a.shape != b.shape or a.dtype.kind not in "biuf":
        return Pair(one, other, None)
    if a.dtype.kind != "f":
        a, b = a.astype("float64"), b.astype("float64")
    with np.errstate(invalid="ignore", over="ignore"):
        value = np.where((a == b) | (np.isnan(a) & np.isnan(b)), np.zeros((), a.dtype), a - b)
    made = replace(
        one,
        id=f"difference:{one.id}",
        value=value,
        dtype=str(value.dtype),
        scale="signed",
        help="",
        trainable=None,
        initializer="",
    )
    return Pair(one, other, made)


def _plain_locals(trace: Trace) -> set[str]:
    """The locals that are not just an input or an output under another name."""
    outside = {id(tensor.value) for tensor in (*trace.inputs, *trace.outputs)}
    return {tensor.name for tensor in trace.intermediates if id(tensor.value) not in outside}


def _keyed(trace: Trace, names: set[str]) -> Iterator[tuple[tuple[str, str], Tensor]]:
    """Every tensor with what it is known by; of the locals those with the given names."""
    for tensor in (*trace.inputs, *trace.mask, *trace.weights):
        yield ("id", tensor.id), tensor
    for tensor in trace.intermediates:
        if tensor.name in names:
            yield ("name", tensor.name), tensor
    for tensor in trace.outputs:
        yield ("id", tensor.id), tensor
