"""The dtype policy: float16 to compute, float32 to keep."""

from __future__ import annotations

import ast
import re
from typing import Any

import keras
import tensorflow as tf

from explorer.core.doctor.blame import error_place, find, method_place, raised_here
from explorer.core.doctor.compare import is_floating, tensors_of
from explorer.core.doctor.findings import told
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, by_design, check, failed, passed
from explorer.core.keras_private import parts_of
from explorer.core.names import reset_names
from explorer.model.trace import Message

POLICY = "mixed_float16"
_MEETING = (
    r"expected to be an? \w+ tensor but is an? \w+|has type \w+ that does not match type \w+"
    r"|conversion requested dtype \w+ for Tensor with dtype \w+|[Ii]ncompatible type conversion"
)


@check(
    Message("It follows the dtype policy"),
    Message("A twin with the policy mixed_float16 was built and called."),
    Message("It computes in the declared dtype and keeps its weights in float32."),
    Message("Half precision is how large models are trained; one layer that insists on float32 stops them."),
    after=("revived", "declared_dtype"),
)
def dtype_policy(patient: Patient) -> Verdict:
    """mixed_float16 on a twin."""
    if not any(is_floating(x) for x in patient.tensors):
        raise NotApplicable(Message("Its input is not made of floating-point numbers."))
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICY)  # parts that the layer itself makes take the policy of the program
    try:
        return _under_policy(patient, patient.subject)
    finally:
        keras.config.set_dtype_policy(usual)


def _under_policy(patient: Patient, subject: Any) -> Verdict:
    config = {**subject.get_config(), "dtype": POLICY}
    reset_names()
    try:
        twin = type(subject).from_config(config)
    except Exception as error:
        raise NotApplicable(Message("It cannot be made with another dtype policy.")) from error
    if twin.dtype_policy.name != POLICY:
        raise NotApplicable(Message("It chooses its dtype by itself: {dtype}.", {"dtype": twin.dtype_policy.name}))
    try:
        inputs = patient.tensors
        if not twin.autocast:  # it asks not to have its inputs cast: whoever calls it does
            inputs = [tf.cast(x, "float16") if is_floating(x) else x for x in inputs]
        real = patient.outputs(twin, inputs)
        symbols = [keras.KerasTensor(tuple(x.shape), dtype=x.dtype.name) for x in inputs]
        arguments, keywords = patient.arranged(symbols, twin)
        declared = tensors_of(twin(*arguments, **keywords))
    except Exception as error:
        if _parts(twin):
            return by_design(_parts_say(twin))
        if not _meets_float32(error) and _names_half(error, raised_here(error, patient.known)):
            return by_design(Message("An operation that it needs does not take float16."))
        facts = told(error, patient.known)
        facts["place"] = facts["place"] or error_place(error, patient.known) or find(patient.known, _names_float32)
        facts["mistake"] = "hard_coded_dtype"
        return failed(**facts)
    if [y.dtype.name for y in real] != [y.dtype for y in declared] and _right_in_training(patient, twin, declared):
        return by_design(Message("The declared dtype is that of training; at inference it gives its input back."))
    wide = sorted({y.dtype.name for y in real if is_floating(y) and y.dtype.name != twin.compute_dtype})
    if wide and _parts(twin):
        return by_design(_parts_say(twin))
    place = find(patient.known, _names_float32) or method_place(patient.known, "call")
    if wide:
        seen = Message(
            "Its output is {real}, though it was told to compute in {dtype}: the next layer casts it back, and memory "
            "and time are lost. At the end of a model, and around an operation that needs it, that may be meant.",
            {"real": ", ".join(wide), "dtype": twin.compute_dtype},
        )
        return advice(seen, "hard_coded_dtype", place=place)
    for said, is_ in zip(declared, real, strict=True):
        if said.dtype != is_.dtype.name:
            seen = Message("Declared: {declared}. Real: {real}.", {"declared": said.dtype, "real": is_.dtype.name})
            return failed(seen, "hard_coded_dtype", place=place)
    narrow = [weight.path for weight in twin.trainable_weights if weight.dtype == "float16"]
    if narrow:
        seen = Message(
            "Kept in float16, where small steps of training are lost: {names}.", {"names": ", ".join(narrow)}
        )
        return advice(seen, "hard_coded_dtype", place=place)
    return passed(Message("It computes {dtypes}.", {"dtypes": ", ".join(y.dtype.name for y in real) or "-"}))


def _parts(twin: Any) -> list[str]:
    """The dtypes of parts that came from the config with a policy of their own."""
    parts = parts_of(twin, itself=False)
    return sorted({part.compute_dtype for part in parts} - {twin.compute_dtype})


def _parts_say(twin: Any) -> Message:
    return Message("Its parts have a dtype policy of their own: {dtypes}.", {"dtypes": ", ".join(_parts(twin))})


def _right_in_training(patient: Patient, twin: Any, declared: list[Any]) -> bool:
    training = patient.outputs(twin, None, training=True)
    return [y.dtype.name for y in training] == [y.dtype for y in declared]


def _meets_float32(error: Exception) -> bool:
    """Whether two tensors of different dtypes met: one of them was told its dtype by the layer."""
    return re.search(_MEETING, str(error)) is not None


def _names_half(error: Exception, own: bool) -> bool:
    """Whether an exception says that half precision is refused; in the layer's own words "half" means anything."""
    said, _, _ = str(error).partition("\n\nArguments received by")  # which Keras adds, with their dtypes
    return re.search(r"float16|DT_HALF" if own else r"float16|DT_HALF|\b[Hh]alf\b", said) is not None


def _names_float32(node: Any) -> bool:
    named = isinstance(node, ast.Constant) and node.value == "float32"
    return named or (isinstance(node, ast.Attribute) and node.attr == "float32")
