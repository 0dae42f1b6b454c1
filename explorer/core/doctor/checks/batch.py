"""The batch: its axis stays, and no sample sees another."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.blame import find, method_place
from explorer.core.doctor.compare import difference, shapes
from explorer.core.doctor.divergence import first_row_apart
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, by_design, check, failed, passed
from explorer.core.doctor.told import told
from explorer.trace import Message

SIZES = (1, 7)
ROWS = 3


@check(
    Message("The batch axis stays"),
    Message("It was called on batches of 1 and of 7."),
    Message("Every output has as many rows as the input."),
    Message("fit and predict cut the data into batches, and the last one is often smaller."),
    after=("symbolic",),
)
def batch_axis(patient: Patient) -> Verdict:
    """Any size of batch works, and the output has it."""
    _needs_tensors(patient)
    layer = patient.copy()
    for size in SIZES:
        try:
            outputs = patient.outputs(layer, patient.batch(size))
        except Exception as error:
            return failed(**told(error, patient.known, shapes(patient.tensors)))
        for y in outputs:
            if y.shape.rank == 0 or y.shape[0] != size:
                seen = {"size": size, "shape": str(tuple(y.shape))}
                what = Message("A batch of {size} gave an output of shape {shape}.", seen)
                return failed(what, place=_fixed_shape(patient))
    if patient.batching.added:
        return passed(
            Message("The given input is one sample without a batch axis; with one in front, every batch kept its size.")
        )
    return passed(Message("Every batch kept its size."))


def _fixed_shape(patient: Patient) -> object:
    def reshapes(node: object) -> bool:
        function = getattr(node, "func", None)
        return "reshape" in (getattr(function, "attr", ""), getattr(function, "id", ""))

    return find(patient.known, reshapes) or method_place(patient.known, "call")


@check(
    Message("Samples of a batch do not see each other"),
    Message("A batch of 3 was compared with the same 3 samples, called one by one (inference)."),
    Message("The same numbers."),
    Message("A prediction must not depend on which other samples happen to be in the batch."),
    after=("batch_axis", "repeatable", "attributes_stay"),
)
def batch_independence(patient: Patient) -> Verdict:
    """A stack of singles is the batch."""
    _needs_tensors(patient)
    batch = patient.batch(ROWS, seed=1)
    layer = patient.copy()
    whole = patient.outputs(layer, batch)
    singles = [patient.outputs(layer, patient.batching.rows(batch, row, row + 1)) for row in range(ROWS)]
    if any(y.shape[1:] != one.shape[1:] for row in singles for y, one in zip(whole, row, strict=True)):
        if all(_begins_with(y[i], one[0]) for i, row in enumerate(singles) for y, one in zip(whole, row, strict=True)):
            return by_design(
                Message("An output is as long as its batch needs: shorter samples are filled up with zeros.")
            )
        rows = ", ".join(dict.fromkeys(shapes(row) for row in singles))
        return failed(
            Message("In the batch the output has shape {whole}, alone {rows}.", {"whole": shapes(whole), "rows": rows}),
            place=method_place(patient.known, "call"),
        )
    stacked = [tf.concat(rows, 0) for rows in zip(*singles, strict=True)]
    apart = difference(whole, stacked)
    if not apart:
        return passed(Message("They agree."))
    if patient.random_at_inference:
        return by_design(
            Message("They differ ({apart}) as any two calls do: it draws random numbers.", {"apart": apart})
        )
    return failed(
        Message("The same sample gave other numbers in the batch than alone: {apart}.", {"apart": apart}),
        place=first_row_apart(patient, batch) or method_place(patient.known, "call"),
    )


def _begins_with(padded: Any, alone: Any) -> bool:
    """Whether a row of a batch is the row alone and then nothing."""
    long, short = to_array(padded), to_array(alone)
    if long.ndim != short.ndim or any(a < b for a, b in zip(long.shape, short.shape, strict=True)):
        return False
    inside = tuple(slice(length) for length in short.shape)
    rest = long.copy()
    rest[inside] = rest.dtype.type() if rest.dtype != object else ""
    return bool(np.array_equal(long[inside], short)) and not np.any(rest)


def _needs_tensors(patient: Patient) -> None:
    if not patient.tensors or all(axis is None for axis in patient.batching.axes):
        raise NotApplicable(Message("No input has a batch axis."))
