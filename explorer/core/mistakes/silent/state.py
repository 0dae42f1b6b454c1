"""Weights that Keras does not see, that are made too late, or that call loses; and counters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import keras
import tensorflow as tf

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading, class_of
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message

_BIRTH = ("__init__", "build")
_FILLED = ("zeros", "ones", "full", "empty", "eye", "fill", "random", "normal", "uniform", "rand", "randn",
           "truncated_normal", "random_sample", "standard_normal", "glorot_uniform")  # fmt: skip
"""Functions that make an array that is filled with something to start from. What is counted, listed or computed is a
constant, and may well be meant as one."""


@silent
def untracked_weight(reading: Reading) -> Iterator[Diagnosis]:
    """A `tf.Variable`, or an array or tensor that stands in a weight's place."""
    seen: set[int] = set()
    for method in reading.reachable(*_BIRTH):
        for node in method.nodes:
            if isinstance(node, ast.Call) and _is_tf_variable(method.resolve(node.func)):
                seen.add(node.lineno)
                cause = Message("A tf.Variable is no weight to Keras: it is neither counted, nor trained, nor saved.")
                yield diagnosis("untracked_weight", cause, method.place(node), _VARIABLE_MENDS)
    used = {name for m in reading.reachable("call") for name in map(self_attribute, m.nodes) if name}
    for method, name, statement in reading.assignments(*_BIRTH):
        value = getattr(statement, "value", None)
        function = _filled(method, value) if value is not None and statement.lineno not in seen else ""  # type: ignore[attr-defined]
        if function and name in used:
            cause = Message(
                "self.{name} holds plain numbers, made by {function}: Keras neither trains nor saves them.",
                {"name": name, "function": function},
            )
            fixes = (
                Fix(Message("Make it with self.add_weight(shape=..., initializer=...).")),
                Fix(Message("If it is meant to stay as it is, add trainable=False.")),
            )
            yield diagnosis("untracked_weight", cause, method.place(statement), fixes)


@silent
def state_in_call(reading: Reading) -> Iterator[Diagnosis]:
    """Weights and sub-layers that are made in call."""
    yield from made_in_call(reading)


def made_in_call(reading: Reading) -> list[Diagnosis]:
    """Every weight and every sub-layer that call, or what it calls, makes."""
    found = []
    for method in reading.reachable("call"):
        if method.name in _BIRTH:
            continue
        for node in method.nodes:
            if not isinstance(node, ast.Call):
                continue
            thing = method.resolve(node.func)
            is_class = isinstance(thing, type)
            if self_attribute(node.func) == "add_weight" or (
                is_class and (issubclass(thing, keras.Variable) or _is_tf_variable(thing))
            ):
                cause = Message("A weight is made in {method}, which runs for every batch.", {"method": method.name})
                fixes = (Fix(Message("Make it in build, and use it here.")),)
                found.append(diagnosis("weight_in_call", cause, method.place(node), fixes))
            elif is_class and class_of(thing) is not None and not issubclass(thing, keras.Model):
                cause = Message(
                    "A layer {layer} is made in {method}, which runs for every batch.",
                    {"layer": thing.__name__, "method": method.name},
                )
                fixes = (Fix(Message("Make it in __init__, and only call it here.")),)
                found.append(diagnosis("layer_in_call", cause, method.place(node), fixes))
    return found


@silent
def changed_in_call(reading: Reading) -> Iterator[Diagnosis]:
    """A weight that call replaces by a tensor, and a Python number that call counts up."""
    weights = {
        name for method, name, s in reading.assignments(*_BIRTH) if _makes_weight(method, getattr(s, "value", None))
    }
    for method in reading.reachable("call"):
        if method.name in _BIRTH:
            continue
        for node in method.nodes:
            for name in filter(None, map(self_attribute, targets(node))):
                place = method.place(node)
                reads = isinstance(node, ast.AugAssign) or any(
                    self_attribute(n) == name for n in ast.walk(getattr(node, "value", node))
                )
                if name in weights and not _makes_weight(method, getattr(node, "value", None)):
                    yield _reassigned(name, node, place, reads)
                elif reads and _is_number(reading, name):
                    yield _counted(name, place)


def _reassigned(name: str, node: ast.AST, place: SourceLine, reads: bool) -> Diagnosis:
    cause = Message("self.{name} is a weight, and call puts a tensor in its place.", {"name": name})
    fixes = [Fix(Message("Change the weight itself: self.{name}.assign(...)", {"name": name}))]
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and node.lineno == node.end_lineno:
        new = f"self.{name}.assign({ast.unparse(node.value)})"
        fixes = [Fix(fixes[0].what, place.text, new, place.line)]
    fixes.append(Fix(Message("If only the result of this call is meant, use a local name.")))
    return diagnosis("weight_reassigned", cause, place, fixes if reads else fixes[::-1] if len(fixes) > 2 else fixes)


def _counted(name: str, place: SourceLine) -> Diagnosis:
    cause = Message("call counts in self.{name}, a plain number of Python.", {"name": name})
    text = Message(
        'Count in a weight: add_weight(shape=(), trainable=False, initializer="zeros"), and self.{name}.assign_add(1)',
        {"name": name},
    )
    return diagnosis("counter_in_call", cause, place, (Fix(text),))


def _is_number(reading: Reading, name: str) -> bool:
    """Whether an attribute starts as a number, or as an argument whose default is one."""
    for method, attribute, statement in reading.assignments(*_BIRTH):
        value = getattr(statement, "value", None)
        if attribute != name or value is None:
            continue
        if (
            isinstance(value, ast.Constant)
            and isinstance(value.value, (int, float))
            and not isinstance(value.value, bool)
        ):
            return True
        if isinstance(value, ast.Name):
            arguments = method.tree.args
            names = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
            defaults = dict(zip(names[len(names) - len(arguments.defaults) :], arguments.defaults, strict=True))
            default = defaults.get(value.id)
            return isinstance(default, ast.Constant) and type(default.value) in (int, float)
    return False


def _makes_weight(method: Method, value: ast.AST | None) -> bool:
    if not isinstance(value, ast.Call):
        return False
    thing = method.resolve(value.func)
    return self_attribute(value.func) == "add_weight" or (isinstance(thing, type) and issubclass(thing, keras.Variable))


def _is_tf_variable(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, tf.Variable)


def _filled(method: Method, value: ast.AST) -> str:
    """The function that fills an array or a tensor anywhere in an expression; "" if none does.

    What a weight is made from is no weight: arguments of other calls, of `add_weight` above all, are not looked at.
    """
    if isinstance(value, ast.Call):
        thing = method.resolve(value.func)
        module = str(getattr(thing, "__module__", None) or "").split(".")[0]
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        bound = type(getattr(thing, "__self__", None)).__module__.split(".")[0]  # np.random.normal is a method
        if thing is not None and name in _FILLED and (module in ("numpy", "keras", "tensorflow") or bound == "numpy"):
            return ast.unparse(value.func)
        if isinstance(value.func, ast.Attribute) and name in ("astype", "copy", "reshape"):
            return _filled(method, value.func.value)
        return ""
    if isinstance(value, ast.BinOp):
        return _filled(method, value.left) or _filled(method, value.right)
    return ""


_VARIABLE_MENDS = (
    Fix(Message("Make it in build: self.add_weight(shape=..., initializer=...).")),
    Fix(Message("Or use keras.Variable in the place of tf.Variable, as an attribute of the layer.")),
)
