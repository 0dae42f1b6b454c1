"""A build that leaves out sub-layers, which have weights of their own."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import keras

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading, class_of
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@silent
def children_not_built(reading: Reading) -> Iterator[Diagnosis]:
    """A build that does not build every sub-layer that __init__ made."""
    yield from unbuilt_children(reading)


def unbuilt_children(reading: Reading) -> list[Diagnosis]:
    """At most one diagnosis, of the class's own build."""
    build = reading.methods.get("build")
    if build is None:
        return []
    named = {name for m in reading.reachable("build") for name in map(self_attribute, m.nodes) if name}
    children = {
        name for method, name, s in reading.assignments("__init__") if _has_weights(method, getattr(s, "value", None))
    }
    forgotten = sorted(children - named)
    delegated = any(
        isinstance(n, ast.Call) and getattr(n.func, "attr", "") == "build" and "super" in ast.unparse(n.func)
        for n in build.nodes
    ) and any(issubclass(base, keras.layers.Wrapper) for base in reading.layer_class.__mro__)
    if not forgotten or delegated:
        return []
    cause = Message(
        "build does not build {names}, whose weights then come with the first call.", {"names": ", ".join(forgotten)}
    )
    argument = build.parameters[1].arg if len(build.parameters) > 1 else "input_shape"
    code = f"self.{forgotten[0]}.build({argument})"
    fixes = (Fix(Message("Build each of them, with the shape that it is given: {code}", {"code": code})),)
    return [diagnosis("children_not_built", cause, build.place(), fixes, received=", ".join(forgotten))]


def _has_weights(method: Method, value: ast.AST | None) -> bool:
    """Whether an expression makes a layer, or a list of layers, of a class that makes weights in its build."""
    if isinstance(value, ast.ListComp):
        return _has_weights(method, value.elt)
    if isinstance(value, (ast.List, ast.Tuple)):
        return any(_has_weights(method, element) for element in value.elts)
    made = class_of(method.resolve(value.func)) if isinstance(value, ast.Call) else None
    build: Any = getattr(made, "build", None)
    if made is None or build is keras.layers.Layer.build:
        return False
    code = getattr(inspect.unwrap(build), "__code__", None)
    return (
        code is None or "add_weight" in code.co_names or "build" in code.co_names or "_build" in "".join(code.co_names)
    )
