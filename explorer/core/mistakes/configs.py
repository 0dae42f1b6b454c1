"""What get_config holds, as its source tells; and what it should."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from explorer.core.mistakes.reading import Method, Reading, called_on_self
from explorer.core.mistakes.syntax import self_attribute
from explorer.model.fix import Fix
from explorer.model.trace import Message

BASE = ("name", "trainable", "dtype", "autocast", "activity_regularizer", "implementation")
"""Arguments that Keras's own Layer takes and writes."""


def writers(reading: Reading) -> list[Method]:
    """The methods that write the config: get_config, those of parents that it asks, and helpers."""
    found: list[Method] = []
    for method in reading.overridden.get("get_config", []):
        found.append(method)
        called = set(called_on_self(method))
        found += [reading.methods[name] for name in called if name in reading.methods and name != "get_config"]
        if not any(isinstance(n, ast.Attribute) and n.attr == "get_config" for n in method.nodes):
            break
    return found


def keys(reading: Reading) -> set[str] | None:
    """The keys that get_config writes, and the attributes it reads; None if they cannot be told from the source."""
    found: set[str] = set()
    for method in writers(reading):
        for node in method.nodes:
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant):
                        found.add(str(key.value))
                    elif key is not None or not _harmless(value):
                        return None
            elif isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg is None and not _harmless(keyword.value):
                        return None
                    found.add(keyword.arg or "")
                if isinstance(node.func, ast.Name) and node.func.id in ("vars", "getattr", "locals", "zip"):
                    return None
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                if not isinstance(node.slice, ast.Constant):
                    return None
                found.add(str(node.slice.value))
            elif isinstance(node, (ast.DictComp, ast.For)) or (
                isinstance(node, ast.Attribute) and node.attr == "__dict__"
            ):
                return None
            elif self_attribute(node):
                found.add(self_attribute(node))
    return found


def _harmless(value: ast.AST) -> bool:
    """Whether a dictionary that is unpacked is known: the parent's config, or one whose making is read anyway."""
    if isinstance(value, (ast.Name, ast.Dict)):
        return True
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get_config"


def parameters(constructor: Method) -> list[str]:
    """What a constructor takes by name, without what Keras's Layer takes."""
    return [argument.arg for argument in constructor.parameters[1:] if argument.arg not in BASE]


def missing_arguments(config: Method, names: Sequence[str], plain: bool = True) -> tuple[Fix, ...]:
    """How to write arguments into a config; as a change of code only if they are plain data."""
    items = ", ".join(f'"{name}": self.{name}' for name in names)
    text = Message("Write it into the config: {items}", {"items": items})
    returned = [n for n in config.nodes if isinstance(n, ast.Return) and n.value is not None]
    if plain and len(returned) == 1 and returned[0].lineno == returned[0].end_lineno:
        line = config.place(returned[0])
        new = f"return {{**{ast.unparse(returned[0].value)}, {items}}}"  # type: ignore[arg-type]
        return (Fix(text, line.text, new, line.line),)
    return (Fix(text),)


def serialization_fix(reading: Reading) -> Fix | None:
    """A get_config that writes every argument of the constructor."""
    constructor = reading.methods.get("__init__")
    if constructor is None:
        return None
    items = ", ".join(f'"{n}": keras.saving.serialize_keras_object(self.{n})' for n in parameters(constructor))
    return Fix(Message("Write a get_config that says them in plain data: {items}", {"items": items}))
