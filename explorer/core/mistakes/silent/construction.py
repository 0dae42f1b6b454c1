"""A constructor that calls its parent's too late, or never."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import keras

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading, class_of
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@silent
def late_super(reading: Reading) -> Iterator[Diagnosis]:
    """State that is set before `super().__init__()` is not tracked."""
    constructor = reading.methods.get("__init__")
    if constructor is None:
        return
    calls = [node.lineno for node in constructor.nodes if isinstance(node, ast.Call) and _is_super(node)]
    if not calls:
        cause = Message(
            "The constructor of {layer} never calls super().__init__().", {"layer": constructor.owner.__name__}
        )
        yield diagnosis("no_super_init", cause, constructor.place(), (super_fix(constructor),))
        return
    for node in constructor.nodes:
        for target in targets(node):
            if self_attribute(target) and node.lineno < min(calls) and _is_state(constructor, node):  # type: ignore[attr-defined]
                cause = Message(
                    "self.{name} is set before super().__init__() has run.", {"name": self_attribute(target)}
                )
                fixes = (Fix(Message("Call super().__init__() first.")),)
                yield diagnosis("no_super_init", cause, constructor.place(node), fixes)


def super_fix(constructor: Method) -> Fix:
    """`super().__init__()` as the first statement."""
    has_keywords = constructor.tree.args.kwarg is not None
    call = f"super().__init__({f'**{constructor.tree.args.kwarg.arg}' if has_keywords else ''})"  # type: ignore[union-attr]
    text = Message("Make {code} the first statement of __init__.", {"code": call})
    place = constructor.place()
    if not place.text.endswith(":"):
        return Fix(text)
    return Fix(text, place.text, f"{place.text}\n    {call}", place.line)


def _is_super(node: ast.Call) -> bool:
    on = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "__init__" else None
    return on is not None


def _is_state(method: Method, statement: ast.AST) -> bool:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            found = method.resolve(node.func)
            if isinstance(found, type) and (class_of(found) is not None or issubclass(found, keras.Variable)):
                return True
    return False
