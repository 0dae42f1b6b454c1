"""Where the way from the output back to the weights ends: the source of call, followed from weight to output."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import keras

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading, class_of, is_keras
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message

_CUTS = (
    "argmax", "argmin", "argsort", "round", "rint", "sign", "floor", "ceil", "trunc", "stop_gradient",
    "floor_divide", "one_hot", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
    "logical_and", "logical_or", "logical_not",
    "isnan", "isfinite", "bincount", "digitize", "searchsorted", "nonzero", "shape", "count_nonzero",
)  # fmt: skip
"""Functions through which no gradient comes."""
_INTEGERS = ("int", "uint", "bool")


@dataclass(frozen=True)
class _Flow:
    """What an expression has from the weights.

    Attributes:
        weights: whether its value depends on a weight.
        gradient: whether a gradient comes back from it to one.
        cuts: the operations that let no gradient through.
    """

    weights: bool = False
    gradient: bool = False
    cuts: tuple[ast.AST, ...] = ()

    def __or__(self, other: _Flow) -> _Flow:
        return _Flow(self.weights or other.weights, self.gradient or other.gradient, (*self.cuts, *other.cuts)[:8])


@silent
def no_gradient_path(reading: Reading) -> Iterator[Diagnosis]:
    """A call whose output depends on weights only through operations without a gradient."""
    found = cut(reading)
    if found is not None:
        yield found


def cut(reading: Reading) -> Diagnosis | None:
    """The first such operation, if no other way leads from the output to a weight."""
    call = reading.methods.get("call")
    if call is None:
        return None
    flow = _Reader(reading).method(call, {})
    if not flow.weights or flow.gradient or not flow.cuts:
        return None
    method, node = next(
        (m, n) for n in flow.cuts for m in reading.methods.values() if any(n is inside for inside in m.nodes)
    )
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(node)
    cause = Message(
        "{operation} has no gradient, and nothing else leads from the output to the weights.", {"operation": name}
    )
    fixes = (
        Fix(Message("Give back what goes into it, and take it only when the numbers are read.")),
        Fix(Message("Or use a soft form of it, such as softmax for argmax and sigmoid for a threshold.")),
    )
    return diagnosis("no_gradient_path", cause, method.place(node), fixes)


class _Reader:
    """Follows the weights through the methods of one class."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.depth = 0
        self.sources = {
            name
            for method, name, statement in reading.assignments("__init__", "build")
            if any(_is_source(method, node) for node in ast.walk(getattr(statement, "value", None) or ast.Pass()))
        }

    def method(self, method: Method, given: dict[str, _Flow]) -> _Flow:
        """What comes back from a method."""
        if self.depth > 8:
            return _Flow(True, True)
        self.depth += 1
        names = dict(given)
        result = _Flow()
        for _ in range(2):  # a loop may hand on what it made in the round before
            for node in _in_order(method.tree.body):
                if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
                    flow = self.value(method, node.value, names)
                    goals = node.targets if isinstance(node, ast.Assign) else [node.target]
                    for name in [n.id for goal in goals for n in ast.walk(goal) if isinstance(n, ast.Name)]:
                        direct = isinstance(node, ast.Assign) and any(isinstance(g, ast.Name) for g in goals)
                        names[name] = (
                            flow if direct and not _in_branch(method, node) else names.get(name, _Flow()) | flow
                        )
                elif isinstance(node, ast.For):
                    flow = self.value(method, node.iter, names)
                    names |= {n.id: flow for n in ast.walk(node.target) if isinstance(n, ast.Name)}
                elif isinstance(node, ast.Return) and node.value is not None:
                    result |= self.value(method, node.value, names)
        self.depth -= 1
        return result

    def value(self, method: Method, node: ast.AST, names: dict[str, _Flow]) -> _Flow:
        """What an expression has from the weights."""
        if isinstance(node, ast.Name):
            return names.get(node.id, _Flow())
        if self_attribute(node):
            known = self_attribute(node) in self.sources
            return _Flow(known, known)
        if isinstance(node, ast.Attribute) and node.attr in ("shape", "dtype", "ndim"):
            return _Flow()
        flow = _Flow()
        if isinstance(node, ast.Call):
            helper = self.reading.methods.get(self_attribute(node.func))
            if helper is not None:
                given = [self.value(method, argument, names) for argument in node.args]
                return self.method(helper, dict(zip([a.arg for a in helper.parameters[1:]], given, strict=False)))
            if self_attribute(node.func) in self.sources:
                return _Flow(True, True)
        for child in ast.iter_child_nodes(node):
            flow |= self.value(method, child, names)
        if flow.weights and _cuts(method, node):
            return _Flow(True, False, (*flow.cuts, node) if not flow.gradient else (node, *flow.cuts))
        return flow


def _in_branch(method: Method, node: ast.AST) -> bool:
    return not any(node is statement for statement in method.tree.body)


def _in_order(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        yield statement
        for part in ("body", "orelse", "finalbody"):
            yield from _in_order(getattr(statement, part, []))


def _cuts(method: Method, node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return not any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.FloorDiv)
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "cast":
        wanted = (
            node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "dtype"), None)
        )
        text = wanted.value if isinstance(wanted, ast.Constant) else getattr(wanted, "attr", "")
        return str(text).startswith(_INTEGERS)
    module = str(getattr(method.resolve(node.func), "__module__", "")).split(".")[0]
    return name in _CUTS and module in ("keras", "tensorflow", "numpy")


def _is_source(method: Method, node: ast.AST) -> bool:
    """Whether an expression makes a weight that trains, or a layer that may have some."""
    if not isinstance(node, ast.Call):
        return False
    thing = method.resolve(node.func)
    is_variable = isinstance(thing, type) and issubclass(thing, keras.Variable)
    if self_attribute(node.func) == "add_weight" or is_variable:
        frozen = [k.value for k in node.keywords if k.arg == "trainable"]
        return not (frozen and isinstance(frozen[0], ast.Constant) and frozen[0].value is False)
    made = class_of(thing) if isinstance(thing, type) else None
    return made is not None and not (is_keras(made) and getattr(made, "build", None) is keras.layers.Layer.build)
