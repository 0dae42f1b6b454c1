"""NumPy in the path of tensors."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message

_FACTS = ("shape", "ndim", "dtype", "name", "rank")
_PLAIN = (
    "len",
    "isinstance",
    "hasattr",
    "getattr",
    "type",
    "callable",
    "shape",
    "ndim",
    "standardize_dtype",
    "is_tensor",
)


@silent
def numpy_in_call(reading: Reading) -> Iterator[Diagnosis]:
    """Functions of NumPy, or `.numpy()`, on what call was given."""
    call = reading.methods.get("call")
    waiting = [(call, tuple(a.arg for a in call.parameters[1:] if a.arg not in ("training", "mask")))] if call else []
    seen = set()
    while waiting:
        method, given = waiting.pop()
        if (method.name, given) in seen:
            continue
        seen.add((method.name, given))
        tensors = _tensors(method, set(given))
        guarded = _guarded(method)
        for node in method.nodes:
            if not isinstance(node, ast.Call) or id(node) in guarded:
                continue
            carried = [carries(argument, tensors) for argument in [*node.args, *(k.value for k in node.keywords)]]
            helper = reading.methods.get(self_attribute(node.func))
            if helper is not None and any(carried):
                names = [a.arg for a in helper.parameters[1:]]
                waiting.append((helper, tuple(n for n, has in zip(names, carried, strict=False) if has)))
            elif any(carried) and _is_numpy(method, node.func):
                cause = Message("NumPy computes with a tensor: {function}", {"function": ast.unparse(node.func)})
                fixes = (Fix(Message("Use the function of keras.ops that does the same.")),)
                yield diagnosis("numpy_in_call", cause, method.place(node), fixes)
            elif (
                isinstance(node.func, ast.Attribute) and node.func.attr == "numpy" and carries(node.func.value, tensors)
            ):
                cause = Message("A tensor is asked for its numbers, which it does not have while a model is made.")
                fixes = (Fix(Message("Compute with the tensor itself, through keras.ops.")),)
                yield diagnosis("numpy_method", cause, method.place(node), fixes)


def carries(node: ast.AST, tensors: set[str]) -> bool:
    """Whether the value of an expression is, or holds, one of these tensors; its shape or dtype does not count."""
    if isinstance(node, ast.Attribute) and node.attr in _FACTS:
        return False
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _PLAIN:
            return False
    if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
        return False
    if isinstance(node, ast.Lambda):
        return False
    if isinstance(node, ast.Name):
        return node.id in tensors
    return any(carries(child, tensors) for child in ast.iter_child_nodes(node))


def _tensors(method: Method, given: set[str]) -> set[str]:
    """All local names that hold what was given, or what was computed from it."""
    found = set(given)
    for _ in range(3):
        for node in method.nodes:
            value = getattr(node, "value", None)
            if value is not None and targets(node) and carries(value, found):
                found |= {target.id for target in targets(node) if isinstance(target, ast.Name)}
    return found


def _guarded(method: Method) -> set[int]:
    """Nodes of branches that ask first what they were given, or where they run: those may be right."""
    found = set()
    for node in method.nodes:
        if isinstance(node, (ast.If, ast.IfExp)):
            test = ast.unparse(node.test).lower()
            if any(word in test for word in ("isinstance", "backend", "eager", "symbolic", "is_tensor", "hasattr")):
                found |= {id(inner) for inner in ast.walk(node)}
    return found


def _is_numpy(method: Method, node: ast.AST) -> bool:
    thing = method.resolve(node)
    if thing is None or isinstance(thing, type):
        return False
    return str(getattr(thing, "__module__", None) or type(thing).__module__).split(".")[0] == "numpy"
