"""The batch: its axis stays, and no sample sees another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import to_array
from explorer.core.doctor.batching import keeps_pace
from explorer.core.doctor.blame import find, method_place
from explorer.core.doctor.compare import difference, same, shapes
from explorer.core.doctor.divergence import first_row_apart
from explorer.core.doctor.findings import told
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.masked import tried
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import (
    NotApplicable,
    Verdict,
    advice,
    by_design,
    check,
    failed,
    passed,
    unless_random,
)
from explorer.model.counterexample import TOLERANCE, Cell, Counterexample
from explorer.model.fix import SourceLine
from explorer.model.trace import Message

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
    found: dict[int, list[Any]] = {}
    for size in SIZES:
        batch = patient.batch(size)
        try:
            found[size] = patient.outputs(layer, batch)
        except Exception as error:
            facts = told(error, patient.known, shapes(patient.tensors))
            return failed(**facts, counterexample=_refused(patient, size))
    if patient.batching.nodes is not None:
        return by_design(
            Message(
                "The numbers of one input point to the rows of another: those are parts of one thing, and no batch."
            )
        )
    for outputs in zip(*found.values(), strict=True):
        by_size = dict(zip(found, outputs, strict=True))
        if any(not y.shape.rank or y.shape[0] != size for size, y in by_size.items()):
            return _other_rows(patient, layer, by_size)
    if patient.batching.unit > 1:
        seen = Message("{count} rows of the input make one row of the output.", {"count": patient.batching.unit})
        return _inside_only(seen, patient)
    if patient.batching.added:
        return passed(
            Message("The given input is one sample without a batch axis; with one in front, every batch kept its size.")
        )
    return passed(Message("Every batch kept its size."))


def _refused(patient: Patient, size: int) -> Counterexample | None:
    """The given inputs, and the smallest batch that the layer refuses after them."""
    try:
        trials = Trials(patient, any_batch=True)
        given = Case(tuple(to_array(x) for x in patient.tensors))
        trials.see(given)
    except Exception:
        return None

    def refuses(case: Case) -> bool:
        if [shape[1:] for shape in case.shapes] != [shape[1:] for shape in given.shapes]:
            return False
        layer = trials.layer(given)
        try:
            trials.see(case, layer=layer)
        except Exception:
            return True
        return False

    batch = Case(tuple(to_array(x) for x in patient.batch(size)))
    if not refuses(batch):
        return None
    shows = Message("A batch of another size fails.")
    found: Counterexample | None = trials.told("runs", shows, [given, shrunk(batch, refuses)])
    return found


def _other_rows(patient: Patient, layer: Any, outputs: dict[int, Any]) -> Verdict:
    """An output whose rows are not the samples: right inside of something larger, if it is regular."""
    one, many = outputs[SIZES[0]], outputs[SIZES[1]]
    if keeps_pace(outputs) and one.shape != many.shape:
        facts: dict[str, Any] = {"size": SIZES[1] * patient.batching.unit, "rows": int(many.shape[0])}
        return _inside_only(Message("{size} rows of the input gave {rows} rows of output.", facts), patient)
    if keeps_pace(outputs) and (not one.shape.rank or _same_for_all(patient, layer)):
        seen = Message("The output has shape {shape} for every batch.", {"shape": str(tuple(one.shape))})
        return _inside_only(seen, patient)
    size, y = next((size, y) for size, y in outputs.items() if not y.shape.rank or y.shape[0] != size)
    wrong: dict[str, Any] = {"size": size, "shape": str(tuple(y.shape))}
    return failed(Message("A batch of {size} gave an output of shape {shape}.", wrong), place=_fixed_shape(patient))


def _same_for_all(patient: Patient, layer: Any) -> bool:
    """Whether other samples give the same output: a table or a bias that only needs their shape."""
    one, other = (patient.outputs(layer, patient.batch(ROWS, seed)) for seed in (1, 2))
    return same(one, other)


def _inside_only(seen: Message, patient: Patient) -> Verdict:
    why = Message("Inside another layer that may be meant; as the last one of a model, predict could not tell samples.")
    return advice(Message("{seen} {why}", {"seen": seen, "why": why}), place=_fixed_shape(patient))


def _fixed_shape(patient: Patient) -> SourceLine | None:
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
    if patient.batching.nodes is not None:
        raise NotApplicable(
            Message("The rows of its input are no samples: the numbers of another input point to them.")
        )
    batch = patient.batch(ROWS, seed=1)
    layer = patient.copy()
    whole = patient.outputs(layer, batch)
    singles = [patient.outputs(layer, patient.batching.rows(batch, row, row + 1)) for row in range(ROWS)]
    samples = [i for i, y in enumerate(whole) if y.shape.rank and y.shape[0] == ROWS * singles[0][i].shape[0]]
    if not samples:
        raise NotApplicable(Message("Its output has no rows for samples."))
    whole, singles = [whole[i] for i in samples], [[one[i] for i in samples] for one in singles]
    if any(y.shape[1:] != one.shape[1:] for row in singles for y, one in zip(whole, row, strict=True)):
        if all(_begins_with(y[i], one[0]) for i, row in enumerate(singles) for y, one in zip(whole, row, strict=True)):
            return by_design(
                Message("An output is as long as its batch needs: shorter samples are filled up with zeros.")
            )
        rows = ", ".join(dict.fromkeys(shapes(row) for row in singles))
        seen = Message(
            "In the batch the output has shape {whole}, alone {rows}.", {"whole": shapes(whole), "rows": rows}
        )
    else:
        apart = _apart_from_singles(whole, singles)
        if not apart:
            return passed(Message("They agree."))
        by_chance = unless_random(patient, apart)
        if by_chance is not None:
            return by_chance
        seen = Message("The same sample gave other numbers in the batch than alone: {apart}.", {"apart": apart})
    place = first_row_apart(patient, batch) or method_place(patient.known, "call")
    if _order_is_free(patient, layer, batch, samples):
        why = Message(
            "The order of the samples does not matter: it computes with statistics of the batch. If that is not meant, "
            "predict gives other numbers for other batch sizes."
        )
        told = Message("{seen} {why}", {"seen": seen, "why": why})
        return advice(told, "batch_statistics", place=place, counterexample=_other_alone(patient, seen))
    return failed(seen, place=place, counterexample=_other_alone(patient, seen))


def _other_alone(patient: Patient, seen: Message) -> Counterexample | None:
    """The smallest batch with a sample that gets other numbers alone."""

    def alone(case: Case, row: int) -> Case:
        return case.taken(0, [row], [i for i, axis in enumerate(axes) if axis == 0])

    def cells(case: Case) -> tuple[int, Cell, Cell] | None:
        if len({case.arrays[i].shape[0] for i, axis in enumerate(axes) if axis == 0}) > 1:
            return None
        whole = tried(trials, case)
        for row in range(case.arrays[0].shape[0]) if whole is not None else ():
            single = tried(trials, alone(case, row))
            for number, y in enumerate(whole.outputs) if whole is not None and single is not None else ():
                one = single.outputs[number] if single is not None else y
                if y.shape[:1] != case.arrays[0].shape[:1] or one.shape[1:] != y.shape[1:] or len(one) != 1:
                    continue
                wrong = np.argwhere(~np.isclose(y[row], one[0], **TOLERANCE, equal_nan=True))
                if len(wrong):
                    index = tuple(int(i) for i in wrong[0])
                    return row, Cell(number, (row, *index)), Cell(number, (0, *index))
        return None

    axes = patient.batching.axes
    try:
        trials = Trials(patient)
    except NotApplicable:
        return None
    case = trials.base(ROWS, seed=1)
    if axes[0] != 0 or cells(case) is None:
        return None
    small = shrunk(case, lambda one: cells(one) is not None)
    row, here, there = cells(small) or (0, Cell(0, ()), Cell(0, ()))
    found: Counterexample | None = trials.told("equal", seen, [small, alone(small, row)], [here, there])
    return found


def _apart_from_singles(whole: Sequence[Any], singles: Sequence[Sequence[Any]]) -> str:
    """How a batch differs from its samples alone, which may follow each other, or take turns row by row."""
    one_by_one = [tf.concat(rows, 0) for rows in zip(*singles, strict=True)]
    apart = difference(whole, one_by_one)
    if not apart or all(y.shape[0] == ROWS for y in whole):
        return apart
    turns = zip(*singles, strict=True)
    in_turns = [tf.reshape(tf.stack(rows, 1), stacked.shape) for rows, stacked in zip(turns, one_by_one, strict=True)]
    return difference(whole, in_turns) and apart


def _order_is_free(patient: Patient, layer: Any, batch: list[Any], samples: list[int]) -> bool:
    """Whether the batch backwards gives the output backwards, along every axis that the samples have in it."""
    usual = patient.outputs(layer, batch)
    backwards = [patient.batching.rows(batch, row, row + 1) for row in reversed(range(ROWS))]
    turned = [
        parts[0] if axis is None else tf.concat(parts, axis)
        for axis, parts in zip(patient.batching.axes, zip(*backwards, strict=True), strict=True)
    ]
    found = patient.outputs(layer, turned)
    return all(
        any(same([tf.reverse(usual[i], axes)], [found[i]]) for axes in _axes_of_samples(usual[i])) for i in samples
    )


def _axes_of_samples(output: Any) -> list[list[int]]:
    return [[0], *([0, axis] for axis in range(1, output.shape.rank) if output.shape[axis] == ROWS)]


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
