"""What goes wrong while a layer is made: its constructor, and names that Keras does not know."""

from __future__ import annotations

import difflib
import re

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.names import misspelled_methods
from explorer.core.mistakes.reading import Reading
from explorer.core.mistakes.rules import raised
from explorer.core.mistakes.silent.construction import super_fix
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@raised(r"In layer '(\w+)', you forgot to call `super\(\)\.__init__\(\)`")
def no_super_init(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """Keras itself found that its constructor never ran."""
    reading = evidence.reading_of(match[1])
    constructor = reading.methods.get("__init__") if reading else None
    cause = Message("The constructor of {layer} never calls super().__init__().", {"layer": match[1]})
    fixes = (super_fix(constructor),) if constructor else ()
    return diagnosis("no_super_init", cause, constructor.place() if constructor else evidence.place, fixes)


@raised(
    r"Unrecognized keyword arguments passed to (\w+): \{'(\w+)'",
    r"(\w+)\.__init__\(\) takes 1 positional argument but \d+ were given",
    r"(\w+)\(\) takes no arguments",
)
def constructor_not_found(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """Arguments arrive at Keras's constructor, because the one that should take them has another name."""
    reading = evidence.reading if match[1] == "Layer" else evidence.reading_of(match[1])
    return _misspelled(reading, "__init__")


@raised(r"Layer (\w+) does not have a `call` method implemented", r"Model (\w+) does not have a `call\(\)` method")
def no_call(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """There is no call, or one under another name."""
    reading = evidence.reading_of(match[1])
    if reading is None or reading.layer_class.__name__ != match[1]:
        return None
    cause = Message("{layer} has no method call, so it computes nothing.", {"layer": match[1]})
    return _misspelled(reading, "call") or diagnosis("no_call", cause, None)


@raised(r"'(\w+)' object has no attribute '(\w+)'")
def no_attribute(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """An attribute that a misspelled method would have made, or that is misspelled itself."""
    reading = evidence.reading_of(match[1])
    if reading is None or reading.layer_class.__name__ != match[1]:
        return None
    missing = match[2]
    for method, _, hook in misspelled_methods(reading):
        made = {name for owner, name, _ in reading.assignments(method.name)}
        if missing in made and hook in ("__init__", "build"):
            return _misspelled(reading, hook)
    names = {name for _, name, _ in reading.assignments(*reading.methods)}
    near = difflib.get_close_matches(missing, sorted(names - {missing}), 1, 0.75)
    if missing in names or not near or not any(self_attribute(n) == missing for n in evidence.line_nodes):
        return None
    cause = Message("The layer has no attribute {name}; it has {other}.", {"name": missing, "other": near[0]})
    return diagnosis(
        "misspelled_attribute", cause, evidence.place, _replaced(evidence, missing, near[0]), near[0], missing
    )


@raised(r"property '(\w+)' of '(\w+)' object has no setter", r"can't set attribute '(\w+)'()")
def reserved_attribute(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """An attribute that is one of Keras's properties is set."""
    import keras

    reading = evidence.reading_of(match[2]) if match[2] else evidence.reading
    owner = reading.layer_class if reading else keras.layers.Layer
    if not isinstance(getattr(keras.layers.Layer, match[1], None), property) or getattr(
        owner, match[1], None
    ) is not getattr(keras.layers.Layer, match[1]):
        return None
    cause = Message("Every layer has a property {name} of Keras's own, which cannot be set.", {"name": match[1]})
    return diagnosis("reserved_attribute", cause, evidence.place, _replaced(evidence, match[1], f"own_{match[1]}"))


@raised(r"module 'keras(?:\.[\w.]*)?\.backend(?:\.[\w.]*)?' has no attribute '(\w+)'")
def dead_backend_function(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A function of the keras.backend of Keras 1 and 2."""
    import keras

    modern = {"dot": "matmul", "pool2d": "max_pool", "batch_dot": "matmul", "variable": ""}.get(match[1], match[1])
    known = modern if hasattr(keras.ops, modern or "-") else ""
    cause = Message("keras.backend has no function {name} any more.", {"name": match[1]})
    text = (
        Message("Use keras.ops.{name}.", {"name": known}) if known else Message("Look for its successor in keras.ops.")
    )
    return diagnosis("dead_backend_function", cause, evidence.place, (Fix(text),))


def _misspelled(reading: Reading | None, wanted: str) -> Diagnosis | None:
    if reading is None:
        return None
    for method, name, hook in misspelled_methods(reading):
        if hook == wanted:
            from explorer.core.mistakes.silent.names import misspelled_method

            return misspelled_method(method, name, hook)
    return None


def _replaced(evidence: Evidence, old: str, new: str) -> tuple[Fix, ...]:
    place = evidence.place
    if place is None:
        return ()
    text = Message("Give it another name, everywhere in the class: self.{name}", {"name": new})
    changed = re.sub(rf"\bself\.{old}\b", f"self.{new}", place.text)
    reading = evidence.reading
    nodes = [n for m in (reading.methods.values() if reading else ()) for n in m.nodes if self_attribute(n) == old]
    alone = all(getattr(node, "lineno", 0) == place.line for node in nodes)
    return (Fix(text, place.text, changed, place.line) if changed != place.text and alone else Fix(text),)
