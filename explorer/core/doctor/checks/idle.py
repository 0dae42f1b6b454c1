"""What is there and does nothing: arguments of the constructor that change nothing, state that no call uses."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_variables, to_array
from explorer.core.doctor.blame import assignment_place, is_keras, method_place
from explorer.core.doctor.compare import is_floating, same
from explorer.core.doctor.effects import NAMES, apart, effects
from explorer.core.doctor.isolation import reseed
from explorer.core.doctor.others import named, others, parameters
from explorer.core.doctor.patient import BASE, Patient
from explorer.core.doctor.registry import HUNT, NotApplicable, Verdict, advice, check, passed
from explorer.core.doctor.remaking import alike, decoded, made, short
from explorer.core.keras_private import own_variables, parts_of
from explorer.core.names import reset_names
from explorer.model.trace import Message

ENOUGH = 3
"""So many other values that change nothing are enough, 2 of a number or a text of which no more are known, else 1."""
MOST = 6
"""So many values are tried."""
SECONDS = 2.0
"""After so much computing no further argument is tried: other hunts follow."""
LOWEST = (2, 0, -3)
"""From where on the numbers are that a state is given: of several sizes and signs, for it may be compared with one."""


@check(
    Message("Every argument of its constructor changes something"),
    Message(
        "It was made with other values of each argument, and compared in all that it does: weights, outputs, "
        "training, losses."
    ),
    Message("Another value makes another layer."),
    Message("Whoever sets such an argument changes nothing, and is told nothing."),
    after=("config_complete", "remade", "repeatable", "returns_tensors"),
    stage=HUNT,
    reads=("arguments_used",),
)
def arguments_matter(patient: Patient) -> Verdict:
    """Arguments that are read and change nothing, such as a rate that is handed to a part which no call reaches."""
    if is_keras(patient.known):
        raise NotApplicable(Message("Its class is one of Keras's own."))
    if patient.outcomes.get("arguments_used") == "advice":
        raise NotApplicable(Message("An argument that is never read was found already."))
    config = patient.subject.get_config()
    own = [
        name
        for name in parameters(patient.known)
        if name not in BASE and name in config and (config[name] is not None or named(name))
    ]
    if not own:
        raise NotApplicable(Message("Its constructor takes no argument of its own that has a value."))
    end = time.thread_time() + SECONDS
    same_with = {name: _same_with(patient, config, name) for name in own if time.thread_time() < end}
    tried = {name: values for name, values in same_with.items() if values is not None}
    idle = {name: values for name, values in tried.items() if values}
    if not tried:
        raise NotApplicable(Message("No other value was tried, for none is known that its constructor takes."))
    if not idle:
        return passed(Message("Other values of these change something: {names}.", {"names": ", ".join(tried)}))
    told = "; ".join(f"{name}={value}" for name, values in idle.items() for value in values)
    seen = Message("Other values gave the same layer: {values}.", {"values": told})
    return advice(seen, "argument_changes_nothing", place=method_place(patient.known, "__init__"))


def _same_with(patient: Patient, config: dict[str, Any], name: str) -> list[str] | None:
    """Other values of an argument that change nothing; empty if one changes something, None if too few were tried."""
    known: Any = type(patient.subject)
    now, (usual, again) = decoded(config, name), alike(patient)
    large = _on_large_numbers(patient, lambda: made(known, config))
    tried: list[str] = []

    def make(value: Any) -> Any:
        decoded(config, name)  # an initializer takes a random number when it is made: so do both layers
        return made(known, {**config, name: value})

    for value in (others(known, name, now) if now is not None else named(name))[:MOST]:
        try:
            other, _ = effects(patient, functools.partial(make, value))
            also_large = same(large, _on_large_numbers(patient, functools.partial(make, value)))
        except Exception:  # a value that the constructor refuses tells nothing
            continue
        if not also_large or any(apart(usual, other, e) and not apart(usual, again, e) for e in NAMES):
            return []
        tried.append(short(value))
        if len(tried) == ENOUGH:
            break
    fewest = 2 if isinstance(now, (int, float, str)) and not isinstance(now, bool) else 1
    return tried if len(tried) >= fewest else None


def _on_large_numbers(patient: Patient, make: Callable[[], Any]) -> list[Any]:
    """What a new layer gives on large numbers, if it takes them: a bound does nothing on small ones."""
    reset_names()
    reseed()
    try:
        return patient.outputs(make(), [x * 100 if is_floating(x) else x for x in patient.tensors])
    except Exception:
        return []


@check(
    Message("Its state is used"),
    Message("Each weight that is not trained got other numbers; calls at inference and in training were compared."),
    Message("A call reads it; and if it is new with equal numbers, a call changes it."),
    Message("A state that nothing reads is saved for nothing, and one that nothing writes stays what it was."),
    after=("tracked_state", "repeatable", "attributes_stay", "returns_tensors"),
    stage=HUNT,
)
def state_used(patient: Patient) -> Verdict:
    """Weights that are not trained, and that no call reads or writes."""
    layer = patient.copy()
    of_a_person = {
        id(variable)
        for part in parts_of(layer)
        if not is_keras(type(part)) and part.trainable and not isinstance(part, keras.random.SeedGenerator)
        for variable in own_variables(part)
        if not variable.trainable
    }
    state = {
        name: variable
        for name, variable in named_variables(layer, layer.variables).items()
        if id(variable) in of_a_person
    }
    if not state:
        raise NotApplicable(Message("It has no weights that are not trained."))
    start = {name: to_array(variable) for name, variable in state.items()}
    usual = _done(patient, layer)
    written = {name for name, variable in state.items() if not np.array_equal(start[name], to_array(variable))}
    for name in state:
        if name in written:
            continue
        read = any(_matters(patient, name, low, usual) for low in LOWEST)
        attribute = name.rpartition("/")[2]
        place = assignment_place(patient.known, attribute) or method_place(patient.known, "build")
        if not read:
            seen = Message("No call reads {name}, and none changes it.", {"name": name})
            return advice(seen, "state_never_used", place=place)
        if start[name].size > 1 and len(np.unique(start[name])) == 1:  # a single number may be set from outside
            seen = Message(
                "{name} is {value} when it is new, and no call changes it. Is it meant to stay so?",
                {"name": name, "value": f"{start[name].flat[0]:g}"},
            )
            return advice(seen, "state_never_written", place=place)
    return passed(Message("{count} weights, all used.", {"count": len(state)}))


def _matters(patient: Patient, name: str, low: int, usual: dict[str, list[Any]]) -> bool:
    """Whether calls do something else when a weight holds other numbers, from `low` on."""
    layer = patient.copy()
    variable = named_variables(layer, layer.variables)[name]
    variable.assign(tf.cast(np.random.default_rng(7).integers(low, low + 3, variable.shape), variable.dtype))
    try:
        done = _done(patient, layer)
    except Exception:
        return True
    return any(not same(value, done[part]) for part, value in usual.items() if part != name)


def _done(patient: Patient, layer: Any) -> dict[str, list[Any]]:
    """What a call at inference and one in training give, the losses, and each weight afterwards, by its name."""
    outputs = [patient.outputs(layer, training=training) for training in (False, True)]
    losses = [tf.convert_to_tensor(loss) for loss in layer.losses]
    after = {
        name: [tf.convert_to_tensor(variable)] for name, variable in named_variables(layer, layer.variables).items()
    }
    return {"at inference": outputs[0], "in training": outputs[1], "of losses": losses, **after}
