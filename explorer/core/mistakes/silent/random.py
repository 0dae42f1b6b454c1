"""Random numbers that are the same at every call."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import keras

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@silent
def constant_seed(reading: Reading) -> Iterator[Diagnosis]:
    """A number as the seed of random numbers that call draws."""
    for method in reading.reachable("call"):
        if method.name in ("__init__", "build"):
            continue
        for node in method.nodes:
            if not isinstance(node, ast.Call):
                continue
            thing = method.resolve(node.func)
            seed = _seed(thing, node)
            fresh = thing is keras.random.SeedGenerator and not _kept(method, node)
            if (fresh and _is_number(reading, method, seed)) or (
                seed is not None and _draws(thing) and _is_number(reading, method, seed)
            ):
                cause = Message(
                    "{function} draws with the same seed in every call.", {"function": ast.unparse(node.func)}
                )
                fixes = (
                    Fix(Message("Make a keras.random.SeedGenerator(seed) in __init__, keep it, and pass it as seed.")),
                )
                yield diagnosis("constant_seed", cause, method.place(node), fixes)


def _kept(method: Method, node: ast.Call) -> bool:
    """Whether what is made here is kept in the layer, for the next call."""
    names = {
        t.id for n in method.nodes if getattr(n, "value", None) is node for t in targets(n) if isinstance(t, ast.Name)
    }
    for statement in method.nodes:
        value = getattr(statement, "value", None)
        for target in targets(statement):
            inner = target.value if isinstance(target, ast.Subscript) else target
            if self_attribute(inner) and (value is node or (isinstance(value, ast.Name) and value.id in names)):
                return True
    return False


def _draws(thing: object) -> bool:
    """Whether a function draws random numbers that depend on its seed alone."""
    module, name = str(getattr(thing, "__module__", "")), str(getattr(thing, "__name__", ""))
    if module.startswith("keras."):
        return "random" in module and not isinstance(thing, type)
    return module.startswith("tensorflow.") and "stateless" in f"{module}.{name}"


def _seed(thing: object, node: ast.Call) -> ast.AST | None:
    for keyword in node.keywords:
        if keyword.arg == "seed":
            return keyword.value
    try:
        names = list(inspect.signature(thing).parameters) if callable(thing) else []
    except (TypeError, ValueError):
        return None
    position = names.index("seed") if "seed" in names else len(node.args)
    return node.args[position] if position < len(node.args) else None


def _is_number(reading: Reading, method: Method, node: ast.AST | None) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int) and not isinstance(node.value, bool)
    if isinstance(node, (ast.Tuple, ast.List)):
        return bool(node.elts) and all(_is_number(reading, method, element) for element in node.elts)
    name = self_attribute(node)
    if not name:
        return False
    for owner, attribute, statement in reading.assignments("__init__", "build"):
        value = getattr(statement, "value", None)
        if attribute == name and isinstance(value, ast.Name):
            return value.id in [argument.arg for argument in owner.parameters] and "generator" not in name
        if attribute == name:
            return _is_number(reading, owner, value)
    return False
