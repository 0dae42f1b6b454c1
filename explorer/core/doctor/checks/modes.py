"""Ways to run it: compiled by XLA, and with the training flag."""

from __future__ import annotations

import ast

import tensorflow as tf

from explorer.core.doctor.blame import codes, is_keras, method_place
from explorer.core.doctor.compare import difference, tensors_of
from explorer.core.doctor.findings import from_source
from explorer.core.doctor.isolation import reseed
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
from explorer.model.trace import Message

LARGEST_GRAPH = 24
"""Compiling takes some milliseconds for each operation; larger graphs are left out."""


@check(
    Message("XLA can compile it"),
    Message("The call was compiled with jit_compile=True, and compared with the eager call."),
    Message("The same numbers."),
    Message("model.compile turns XLA on where it can; a layer that it refuses must say supports_jit = False."),
    after=("graph_equals_eager",),
)
def xla(patient: Patient) -> Verdict:
    """Small graphs only: compiling a large one takes longer than all other checks together."""
    layer = patient.copy()
    if not layer.supports_jit:
        raise NotApplicable(Message("The layer says itself that XLA cannot compile it (supports_jit is False)."))
    kinds = {x.dtype.name for x in patient.tensors} | {y.dtype.name for y in tensors_of(patient.first_outputs)}
    if "string" in kinds:
        raise NotApplicable(Message("XLA has no strings."))
    nodes = len(patient.traced.graph.get_operations())
    if nodes > LARGEST_GRAPH:
        raise NotApplicable(
            Message("Left out: compiling {count} operations takes longer than all other checks.", {"count": nodes}),
            "left out",
        )
    inputs = patient.batch(2) if patient.batching.known else patient.tensors
    function = tf.function(lambda tensors: patient.call(layer, tensors), autograph=False, jit_compile=True)
    try:
        reseed()
        compiled = tensors_of(function(inputs))
    except Exception as error:
        line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        return advice(
            Message("XLA refuses it: {error}", {"error": line[:300]}), place=method_place(patient.known, "call")
        )
    apart = difference(compiled, patient.outputs(layer, inputs))
    if not apart:
        return passed(Message("Compiled, and they agree."))
    return unless_random(patient, apart) or failed(
        Message("Compiled, it gives other numbers: {apart}.", {"apart": apart})
    )


@check(
    Message("The training flag arrives"),
    Message(
        "The names of call's arguments were compared with those that Keras fills in, and their use with the source."
    ),
    Message("`training` and `mask`, spelled so, and used."),
    Message("Keras fills in arguments by name: a misspelled one always keeps its default."),
    after=(),
)
def training_argument(patient: Patient) -> list[Verdict]:
    """Misspelled or ignored arguments of `call`."""
    misspelled = [
        failed(cause, mistake, place=place, fix=fix)
        for mistake, cause, place, fix in from_source(patient.known)
        if mistake == "misspelled_argument"
    ]
    if misspelled:
        return misspelled
    method = next((code.methods()["call"] for code in codes(patient.known) if "call" in code.methods()), None)
    if method is None:
        raise NotApplicable(Message("There is no Python source of its call."))
    names = [argument.arg for argument in (*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs)]
    if "training" not in names:
        return [passed(Message("The call takes no training flag; sub-layers get theirs from Keras."))]
    used = any(isinstance(node, ast.Name) and node.id == "training" for part in method.body for node in ast.walk(part))
    forwards = any(
        isinstance(n, ast.Name) and n.id in ("kwargs", "locals") for part in method.body for n in ast.walk(part)
    )
    if used or forwards:
        return [passed(Message("The call takes `training` and uses it."))]
    seen = Message("The call takes `training` and never looks at it.")
    if is_keras(patient.known):
        return [
            by_design(
                Message("The call takes `training` for the sake of a common signature: it acts the same in both modes.")
            )
        ]
    return [advice(seen, "training_ignored", place=method_place(patient.known, "call"))]
