"""What another backend of Keras makes of the layer."""

from __future__ import annotations

import math

import tensorflow as tf

from explorer.core.doctor.blame import method_place
from explorer.core.doctor.other_backend import BACKENDS
from explorer.core.doctor.other_backend.answer import Apart
from explorer.core.doctor.other_backend.asking import Compared, NoAnswer, compared
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import LAST, Verdict, advice, by_design, check, failed, passed
from explorer.model.fix import SourceLine
from explorer.model.trace import Message


@check(
    Message("It computes the same on another backend"),
    Message(
        "It was made again in a process whose Keras has the other backend, with the same weights and inputs. Each "
        "expression was computed there from the numbers that TensorFlow had, and compared."
    ),
    Message("The same numbers from each expression, but for rounding."),
    Message("Keras runs a layer on TensorFlow, JAX or PyTorch; one that is tied to a backend fails on the others."),
    after=("revived",),
    stage=LAST,
    asked=True,
)
def other_backend(patient: Patient) -> Verdict:
    """Code that names TensorFlow, and operations that the backends compute differently: overflow, casts, bounds."""
    backend = BACKENDS[patient.backend]
    if any(tensor.dtype == tf.string for tensor in patient.tensors):
        return by_design(Message("It takes texts, and of Keras's backends only TensorFlow has those."))
    try:
        found = compared(patient, patient.backend)
    except NoAnswer as error:
        return Verdict("broken", Message("{error}", {"error": str(error)}))
    answer = found.answer
    if answer.not_made:
        seen = Message("It could not be made on {backend}: {error}", {"backend": backend, "error": answer.not_made})
        return failed(seen, detail=answer.detail)
    if answer.tied:
        step = found.blamed(answer.tied, answer.step)
        seen = Message(
            "{step} calls TensorFlow by name, whatever Keras's backend is: the layer is tied to TensorFlow.",
            {"step": step.text},
        )
        return failed(seen, "tensorflow_only", place=step.place, detail=answer.detail)
    if answer.error:
        seen = Message("Its call fails on {backend}: {error}", {"backend": backend, "error": answer.error})
        place = SourceLine(answer.file, answer.line, answer.source) if answer.file else None
        return failed(seen, place=place, detail=answer.detail)
    if answer.apart is not None:
        return _differs(found, answer.apart, backend)
    if answer.outputs:
        seen = Message(
            "Each expression gives the same on {backend}, but for rounding; rounding grows on the way: {apart}.",
            {"backend": backend, "apart": answer.outputs},
        )
        return advice(seen, place=method_place(patient.known, "call"))
    return passed(
        Message("Expressions that give the same on {backend}: {count}.", {"backend": backend, "count": answer.compared})
    )


def _differs(found: Compared, apart: Apart, backend: str) -> Verdict:
    """The first expression whose numbers differ: one cell of it, and how large the difference is.

    It is advice where the layer's output is the same all the same.
    """
    step = found.blamed(apart.text, apart.step)
    outcome = failed if found.answer.outputs or apart.step < 0 else advice
    dtypes = apart.dtypes if apart.dtypes[0] != apart.dtypes[1] else ()
    here, there = (
        f"{number} ({dtypes[i]})" if dtypes else number for i, number in enumerate((apart.here, apart.there))
    )
    facts = {"step": step.text, "backend": backend, "here": here, "there": there}
    if apart.step < 0:
        seen = Message("Its output is {here} on TensorFlow and {there} on {backend}.", facts)
    elif not apart.cells:
        seen = Message("{step} has another shape: {here} on TensorFlow, {there} on {backend}.", facts)
    elif apart.drawn:
        seen = Message("{step} draws other numbers on {backend}, also from the same seed: {here} ≠ {there}.", facts)
    else:
        output = Message("The output is the same all the same.")
        if found.answer.outputs:
            output = Message("The output differs, too: {apart}.", {"apart": found.answer.outputs})
        size = f"{apart.size:.3g}" if math.isfinite(apart.size) else Message("not finite")
        seen = Message(
            "{step} is the first expression that differs: {here} on TensorFlow, {there} on {backend}, from the same "
            "numbers. Cells that differ: {cells} of {of}. The largest difference: {size}. {output}",
            {**facts, "cells": apart.cells, "of": apart.of, "size": size, "output": output},
        )
    return outcome(seen, "backends_differ", place=step.place)
