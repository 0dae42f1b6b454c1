"""Put an exception of Keras, TensorFlow or NumPy into words: what was expected, what was received, how to fix it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.core.mistakes import blamed, diagnose
from explorer.core.mistakes.shapes import NO_DEVICE, NO_KERNEL, VOCABULARY
from explorer.core.own_code.failures import sentence
from explorer.core.plain import said
from explorer.core.tracing.axis_names import followed
from explorer.core.tracing.card_names import adapted, named
from explorer.experiment import Experiment
from explorer.experiment.recipes import default_recipe
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message, Trace
from layers.card import Card


def explained(
    error: BaseException, card: Card, experiment: Experiment, arrays: Sequence[np.ndarray], trace: Trace | None = None
) -> Problem:
    """The problem behind an exception of building or calling a layer.

    Args:
        error: what Keras, TensorFlow, NumPy or the layer's own code raised.
        card, experiment, arrays: what was called.
        trace: what was recorded until then, if it was the call that failed.
    Returns:
        A Problem that names the two sides that disagree where the message tells them, keeps the original message as
        its detail, and offers what can be fixed by a click.
    """
    detail = said(error)
    shapes = ", ".join(str(tuple(a.shape)) for a in arrays)
    params = {field.name: field.default for field in card.fields} | dict(experiment.params)
    known = f"{detail}\n\nshapes: {shapes}\nparams: {params}"  # some messages name neither
    layer_class = _class_of(card)
    if re.search(_NO_CHANNELS_FIRST, detail):
        return _no_channels_first(detail, card, trace)
    found = diagnose(error, layer_class, context=known)
    place = blamed(error, layer_class) if found is None else found.place
    if found is not None:
        what, expected, received = found.cause, found.expected, found.received
    else:
        ended = sentence(error) if experiment.code else None
        what = ended or Message("The layer refused this input.")
        expected, received = _refused(known) or ("", shapes)
    dtypes = _dtype_repairs(detail, card, experiment)
    repairs = _vocabulary_repairs(detail, card) + dtypes + _reset_repairs(card, experiment)
    where = "dtype" if dtypes and re.search(f"{NO_KERNEL}|{NO_DEVICE}", detail) else "inputs.0"
    shown = followed(named(trace, adapted(card, experiment.params, experiment.inputs))) if trace is not None else None
    return Problem(
        what,
        expected=expected,
        received=received,
        where=where,
        detail=detail,
        repairs=repairs,
        trace=shown,
        place=place,
        why=None if found is None else found.why,
        fixes=() if found is None else found.fixes,
    )


_NO_CHANNELS_FIRST = r"only supports (?:the )?ND?HWC"


def _no_channels_first(detail: str, card: Card, trace: Trace | None) -> Problem:
    """The plain kernels of TensorFlow convolve with the channels last only."""
    label = Message("Set {name} to {value}", {"name": "data_format", "value": "channels_last"})
    return Problem(
        "On a CPU TensorFlow convolves with the channels last only.",
        expected="channels_last",
        received="channels_first",
        where="params.data_format",
        detail=detail,
        repairs=(Repair(label, {"params.data_format": "channels_last"}),),
        trace=named(trace, card) if trace is not None else None,
    )


def _class_of(card: Card) -> Any:
    try:
        return card.layer_class
    except (ImportError, AttributeError):
        return None


def _reset_repairs(card: Card, experiment: Experiment) -> tuple[Repair, ...]:
    repairs = []
    if experiment.edits:
        repairs.append(DROP_EDITS)
    if experiment.mask is not None:
        repairs.append(DROP_MASK)
    if any(given != default_recipe(spec) for given, spec in zip(experiment.inputs, card.inputs, strict=False)):
        shapes = ", ".join(" × ".join(map(str, spec.shape)) or "()" for spec in card.inputs)
        repairs.append(
            Repair(Message("Use the usual input ({shapes})", {"shapes": shapes}), {"inputs": [], "edits": []})
        )
    if experiment.params:
        repairs.append(_usual_parameters(card, experiment))
    return tuple(repairs)


def _usual_parameters(card: Card, experiment: Experiment) -> Repair:
    """The defaults, named as far as they are few."""
    usual = {field.name: field.default for field in card.fields}
    told = ", ".join(f"{name}={usual.get(name)!r}" for name in experiment.params)
    if len(told) > MOST_TOLD:
        return Repair(Message("Use the usual parameters"), {"params": {}})
    return Repair(Message("Use the usual parameters ({params})", {"params": told}), {"params": {}})


MOST_TOLD = 60
"""So many characters of parameters a button says at most."""
DROP_EDITS = Repair(Message("Drop the edited cells"), {"edits": []})
DROP_MASK = Repair(Message("Drop the mask"), {"mask": None})


def _vocabulary_repairs(detail: str, card: Card) -> tuple[Repair, ...]:
    match = re.search(VOCABULARY, detail)
    sizes = [field for field in card.fields if field.name == "input_dim"]
    if not match or not sizes:
        return ()
    needed = int(match[2]) + 1
    if needed < 1 or needed > (sizes[0].maximum or needed):
        return ()
    return (Repair(Message("Set input_dim to {size}", {"size": needed}), {"params.input_dim": needed}),)


def _dtype_repairs(detail: str, card: Card, experiment: Experiment) -> tuple[Repair, ...]:
    """The dtype that everything exists in; and, if it helps, an initializer that needs no such operation."""
    if experiment.dtype == "float32":
        return ()
    repairs = [Repair(Message("Set the dtype to {dtype}", {"dtype": "float32"}), {"dtype": "float32"})]
    for field in card.fields if "Op<name=Qr;" in detail else ():
        if field.default == "orthogonal" and _OTHER_INITIALIZER in field.choices:
            label = Message("Set {name} to {value}", {"name": field.name, "value": _OTHER_INITIALIZER})
            repairs.append(Repair(label, {f"params.{field.name}": _OTHER_INITIALIZER}))
    return tuple(repairs)


_OTHER_INITIALIZER = "glorot_uniform"


def _refused(known: str) -> tuple[str, str] | None:
    """What was expected and received, where a message has such words."""
    for pattern in _WORDS:
        match = re.search(pattern, known, re.DOTALL)
        if match:
            return match[1], match[2]
    return None


_WORDS = (
    r"[Ee]xpected:? (.{1,80}?)[,.] (?:but )?[Rr]eceived:? (.{1,120}?)(?:\n|$)",
    r"^\w+: (?:Exception encountered when calling [^\n]*\n+)?([^\n]{1,240}?)\s*Received:? ([^\n]{1,160})",
)
