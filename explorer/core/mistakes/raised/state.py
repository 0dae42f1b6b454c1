"""What goes wrong with weights and sub-layers: their names and shapes, and the moment when they are made."""

from __future__ import annotations

import ast
import re

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.rules import raised
from explorer.core.mistakes.silent.children import unbuilt_children
from explorer.core.mistakes.silent.state import made_in_call
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@raised(
    r"`name` must be passed as a keyword argument\. Received: add_weight",
    r"`shape` was passed both positionally and as a keyword argument",
)
def add_weight_positional_name(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A text where the shape belongs."""
    cause = Message("The first argument of add_weight is not its shape.")
    fixes = [Fix(Message("Pass the name by its keyword: name=..."))]
    place = evidence.place
    calls = [n for n in evidence.line_nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)]
    for call in calls:
        if place and call.func.attr == "add_weight" and call.args and call.lineno == call.end_lineno == place.line:  # type: ignore[attr-defined]
            new = _named(place.text, call)
            if new:
                fixes = [Fix(fixes[0].what, place.text, new, place.line)]
    return diagnosis("add_weight_positional_name", cause, place, fixes)


def _named(line: str, call: ast.Call) -> str:
    """The line with the first argument of the call as `name=`, behind the other positional ones."""
    if any(keyword.arg in ("name", "shape") and len(call.args) > 1 for keyword in call.keywords):
        return ""
    if not isinstance(call.args[0], (ast.Constant, ast.Name)):
        return ""
    old = ast.unparse(call)
    named = ast.keyword("name", call.args[0])
    keywords = [named, *call.keywords] if len(call.args) == 1 else [*call.keywords, named]
    new = ast.unparse(ast.Call(call.func, call.args[1:], keywords))
    quoted = old.replace("'", '"')
    if quoted in line:
        return line.replace(quoted, new.replace("'", '"'))
    return line.replace(old, new) if old in line else ""


@raised(r"Shapes used to initialize variables must be fully-defined.*?Received: shape=(\([^)]*\))")
def batch_in_weight_shape(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A weight whose shape holds None."""
    cause = Message(
        "The shape of a weight is {shape}: None stands for a size that may change, as the batch does.",
        {"shape": match[1]},
    )
    fixes = (
        Fix(Message("Leave the batch out of the shape: use input_shape[-1], or input_shape[1:], not input_shape[0].")),
    )
    return diagnosis("batch_in_weight_shape", cause, evidence.place, fixes, received=match[1])


@raised(
    r"You cannot add new elements of state",
    r"tf\.function only supports singleton tf\.Variables",
    r"tf\.function-decorated function tried to create variables on non-first call",
)
def made_too_late(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """A weight or a sub-layer that is made in call."""
    found = made_in_call(evidence.reading) if evidence.reading else []
    here = [d for d in found if d.place and evidence.place and d.place.line == evidence.place.line]
    if here or found:
        return (here or found)[0]
    if evidence.method_at(evidence.place) is None and evidence.reading is not None:
        return None
    cause = Message("A weight or a sub-layer is made when the layer is already built.")
    return diagnosis("weight_in_call", cause, evidence.place, (Fix(Message("Make it in __init__ or in build.")),))


@raised(r"For a `build\(\)` method with more than one argument.*?[Ff]or layer '(\w+)'")
def build_argument_names(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """build with several shapes under names of its own."""
    reading = evidence.reading_of(match[1])
    build = reading.methods.get("build") if reading else None
    call = reading.methods.get("call") if reading else None
    cause = Message("build takes several shapes, and their names do not say to which argument of call they belong.")
    if build is None or call is None:
        return diagnosis("build_argument_names", cause, evidence.place)
    wanted = [f"{argument.arg}_shape" for argument in call.parameters[1 : len(build.parameters)]]
    text = Message("Name them after the arguments of call: {names}", {"names": ", ".join(wanted)})
    received = [argument.arg for argument in build.parameters[1:]]
    return diagnosis("build_argument_names", cause, build.place(), (Fix(text),), ", ".join(wanted), ", ".join(received))


@raised(
    r"expected (\d+) variables, but received (0) variables during loading",
    r"was never built and thus it doesn't have any variables",
)
def children_not_built(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """Saved weights that find no sub-layer to go to."""
    found = unbuilt_children(evidence.reading) if evidence.reading else []
    if found:
        return found[0]
    cause = Message("The saved weights belong to a sub-layer that did not exist yet when they were loaded.")
    fixes = (Fix(Message("Build every sub-layer in build: self.dense.build(input_shape)")),)
    return diagnosis("children_not_built", cause, evidence.place, fixes)
