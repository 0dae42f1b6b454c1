"""What goes wrong when a layer is saved, or made again from its config."""

from __future__ import annotations

import re

import keras

from explorer.core.mistakes.configs import missing_arguments, serialization_fix
from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.reading import Reading
from explorer.core.mistakes.rules import raised
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@raised(
    r"Could not locate (?:class|function) '(\w+)'", r"Could not interpret [\w ]+ identifier: \{.*?'class_name': '(\w+)'"
)
def unregistered_class(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A name in a config that Keras cannot resolve."""
    name = match[1]
    if hasattr(keras.layers, name):
        cause = Message("The description of {name} does not say in which module it is.", {"name": name})
        text = Message('Add "module": "keras.layers" to it, or make it with keras.layers.serialize(layer).')
        return diagnosis("unregistered_class", cause, evidence.place, (Fix(text),))
    cause = Message("Keras does not know what {name} is.", {"name": name})
    fixes = (
        Fix(Message("Put @keras.saving.register_keras_serializable() above it, and import it before loading.")),
        Fix(Message("Or tell load_model: custom_objects={objects}", {"objects": f'{{"{name}": {name}}}'})),
    )
    return diagnosis("unregistered_class", cause, evidence.place, fixes)


@raised(
    r"Object (\w+) was created by passing\s+non-serializable argument values",
    r"Cannot serialize object .{0,300}? of type (\w*)",
)
def unserializable_argument(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A config cannot be made, because it would have to hold an object."""
    reading = evidence.reading_of(match[1]) if match[1] else evidence.reading
    constructor = reading.methods.get("__init__") if reading else None
    cause = Message("An argument of the constructor is an object that Keras cannot write into a config.")
    fix = serialization_fix(reading) if reading else None
    return diagnosis(
        "unserializable_argument", cause, constructor.place() if constructor else None, (fix,) if fix else ()
    )


@raised(r"(\w+)\.__init__\(\) missing \d+ required (?:positional|keyword-only) arguments?: ([^\n]*)")
def argument_missing_from_config(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """A constructor misses an argument while it is called with a config."""
    if "deserializ" not in evidence.text:
        return None
    reading = evidence.reading_of(match[1])
    names = ", ".join(re.findall(r"'(\w+)'", match[2]))
    config = reading.methods.get("get_config") if reading else None
    cause = Message("The constructor needs {names}, and get_config does not say it.", {"names": names})
    fixes = missing_arguments(config, names.split(", ")) if config else ()
    return diagnosis("argument_missing_from_config", cause, config.place() if config else None, fixes)


@raised(
    r"Error when deserializing class '(\w+)'.*?__init__\(\) got an unexpected keyword argument '(name|trainable|dtype)'"
)
def constructor_without_kwargs(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A constructor gets what every config holds, and does not take it."""
    reading = evidence.reading_of(match[1])
    constructor = reading.methods.get("__init__") if reading else None
    cause = Message("The constructor does not take {name}, which every config holds.", {"name": match[2]})
    fix = Fix(Message("Take **kwargs, and pass them on: super().__init__(**kwargs)"))
    return diagnosis("constructor_without_kwargs", cause, constructor.place() if constructor else None, (fix,))


@raised(r"'TrackedDict' object is not callable", r"'TrackedDict' object has no attribute '\w+'")
def argument_not_deserialized(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """A dictionary from a config is used as if it were the layer or the function that it describes."""
    if not _has_own_config(evidence.reading):
        return None
    cause = Message("A layer or a function came back from the config as a dictionary, and was not made again.")
    text = Message("Make it again in __init__ or from_config: keras.saving.deserialize_keras_object(...)")
    return diagnosis("argument_not_deserialized", cause, evidence.place, (Fix(text),))


def _has_own_config(reading: Reading | None) -> bool:
    return reading is not None and "get_config" in reading.methods
