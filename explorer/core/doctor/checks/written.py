"""What the source shows to be connected to nothing, or to the wrong thing: arguments, names, TensorFlow's functions."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import keras

from explorer.core.doctor.blame import is_keras
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, check, failed, passed
from explorer.core.mistakes.reading import Method, Reading, parsed, read
from explorer.core.mistakes.syntax import self_attribute
from explorer.model.fix import Fix
from explorer.model.trace import Message

READ_BY_KERAS = frozenset({"state_size", "output_size", "return_sequences", "return_state", "go_backwards", "seed"})
"""Attributes that one of Keras's own layers reads of the layers that it holds."""
_INDIRECT = frozenset({"getattr", "vars", "locals", "__dict__"})
CALLED_OTHERWISE: Mapping[str, str] = {
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_logsumexp": "logsumexp",
    "concat": "concatenate",
    "pow": "power",
    "range": "arange",
    "gather": "take",
    "l2_normalize": "normalize",
}
"""Functions of TensorFlow that `keras.ops` has under another name."""


def _reading(patient: Patient) -> Reading:
    """The source of the layer's class.

    Raises:
        NotApplicable: if it is one of Keras's, or has none.
    """
    known = patient.known
    if not issubclass(known, keras.layers.Layer) or is_keras(known):
        raise NotApplicable(Message("There is no class to read."))
    return read(known)


@check(
    Message("Every argument is used"),
    Message("The source of the class was read: where does each argument of the constructor and of the call go?"),
    Message("Each is read where it was taken, or kept and read later."),
    Message("Whoever sets such an argument changes nothing, and is told nothing."),
    after=("returns_tensors", "masked_steps"),
)
def arguments_used(patient: Patient) -> Verdict | list[Verdict]:
    """Arguments that are taken and never read, or kept and never used."""
    reading = _reading(patient)
    counts = patient.outcomes.get("masked_steps") in ("failed", "advice")
    found = [*_unread(reading, "call", () if counts else ("mask",)), *_unread(reading, "__init__"), *_kept(reading)]
    return found or passed(Message("Each argument is read."))


def _unread(reading: Reading, name: str, excused: tuple[str, ...] = ()) -> Iterator[Verdict]:
    method = reading.methods.get(name)
    if method is None or _has_no_body(method) or _is_indirect(method):
        return
    read_names = {n.id for n in method.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    for parameter in method.parameters[1:]:
        argument = parameter.arg
        if argument in read_names or argument.startswith("_") or argument in ("training", *excused):
            continue
        seen = Message("{method} takes {argument} and never reads it.", {"method": method.name, "argument": argument})
        yield advice(seen, "argument_never_read", place=method.place(parameter))


def _has_no_body(method: Method) -> bool:
    statements = [s for s in method.tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return all(isinstance(s, (ast.Raise, ast.Pass)) for s in statements)


def _is_indirect(method: Method) -> bool:
    names = {getattr(n, "id", getattr(n, "attr", "")) for n in method.nodes}
    return bool(names & _INDIRECT)


def _kept(reading: Reading) -> Iterator[Verdict]:
    """Arguments of the constructor that become an attribute which nothing but get_config reads."""
    constructor = reading.methods.get("__init__")
    if constructor is None or any(_is_indirect(m) for m in reading.methods.values()):
        return
    module = inspect.getmodule(reading.layer_class)
    try:
        tree = parsed(inspect.getsource(module)) if module is not None else None
    except (OSError, TypeError):
        return
    if tree is None:
        return
    aside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name in ("get_config", "__repr__")
        for node in ast.walk(function)
    }
    loads = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) and id(n) not in aside
    }
    every_layers = set(vars(keras.layers.Layer())) | set(dir(keras.layers.Layer)) | READ_BY_KERAS
    for node in constructor.tree.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Name):
            continue
        argument = node.value.id
        attributes = [name for name in map(self_attribute, node.targets) if name]
        if not attributes or argument not in {p.arg for p in constructor.parameters}:
            continue
        reads = sum(
            isinstance(n, ast.Name) and n.id == argument and isinstance(n.ctx, ast.Load) for n in constructor.nodes
        )
        if reads == 1 and not any(name in loads or name in every_layers for name in attributes):
            seen = Message(
                "The constructor keeps {argument} as self.{attribute}, and nothing but get_config reads it.",
                {"argument": argument, "attribute": attributes[0]},
            )
            yield advice(seen, "argument_never_used", place=constructor.place(node))


@check(
    Message("Every value that it computes is used"),
    Message("The source of the class was read: is each value that a method gives a name to read later?"),
    Message("Each is read."),
    Message("What is computed and not used was meant for a later line: a mask that is never applied to the scores."),
    after=("returns_tensors",),
)
def values_used(patient: Patient) -> Verdict | list[Verdict]:
    """Names that a method gives to a value and never reads."""
    reading = _reading(patient)
    found = []
    for method in reading.reachable("call", "build", "__init__"):
        if is_keras(method.owner) or _is_indirect(method):
            continue
        named = [n.targets[0] for n in method.nodes if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)]
        other = {n.id for n in method.nodes if isinstance(n, ast.Name) and n not in named}
        for name in {one.id: one for one in named if one.id not in other}.values():
            if not name.id.startswith("_"):
                words = {"method": method.name, "name": name.id}
                seen = Message("{method} computes {name} and never reads it.", words)
                found.append(advice(seen, "value_never_used", place=method.place(name)))
    return found or passed(Message("Each value is read."))


@check(
    Message("Its attributes have names of their own"),
    Message("The source of the class was read: which attributes does it set?"),
    Message("None by a name under which Keras keeps its own lists, or that is a method of every layer."),
    Message("Keras and the class write over each other's list: weights are counted, saved and loaded wrongly."),
    after=(),
)
def own_names(patient: Patient) -> Verdict | list[Verdict]:
    """`self._layers`, `self._metrics` and the like; `self.quantize = quantize`, which hides the method."""
    reading = _reading(patient)
    private = _lists_of_keras()
    found: dict[str, Verdict] = {}
    for method in reading.methods.values():
        for node in method.nodes:
            name = self_attribute(node)
            if name in private and isinstance(getattr(node, "ctx", None), ast.Store) and name not in found:
                place = method.place(node)
                fix = Fix(Message("Give it another name, everywhere."))
                seen = Message("self.{name} is a list that Keras keeps for itself.", {"name": name})
                found[name] = failed(seen, "reserved_name", place=place, fix=fix)
            for name in _hidden(node):
                seen = Message("self.{name} hides the method of that name, which every layer has.", {"name": name})
                found.setdefault(name, advice(seen, "method_hidden", place=method.place(node)))
    return [*found.values()] or passed(Message("It sets no attribute of such a name."))


def _hidden(node: Any) -> list[str]:
    """The methods of every layer in whose place a statement puts a plain value."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, (ast.Name, ast.Constant)):
        return []
    names = [name for name in map(self_attribute, node.targets) if name and not name.startswith("_")]
    meant = ("call", "build")  # nobody replaces these by accident
    return [name for name in names if name not in meant and callable(getattr(keras.layers.Layer, name, None))]


def _lists_of_keras() -> frozenset[str]:
    kinds = (list, set, dict)
    kept = vars(keras.layers.Layer())
    return frozenset(name for name, value in kept.items() if name.startswith("_") and isinstance(value, kinds))


@check(
    Message("It runs on every backend of Keras"),
    Message("The source of the class was read: does it call TensorFlow where keras.ops has the same?"),
    Message("Functions of keras.ops."),
    Message("On JAX and PyTorch such a call fails; on symbols of keras.Input it may fail on TensorFlow, too."),
    after=(),
)
def backends(patient: Patient) -> Verdict:
    """Direct calls of tf.*; advice, for who needs one backend only needs no more."""
    reading = _reading(patient)
    for method in reading.reachable("call", "build", "__init__"):
        for node in method.nodes:
            function = node.func if isinstance(node, ast.Call) else None
            name = function.attr if isinstance(function, ast.Attribute) else ""
            ours = CALLED_OTHERWISE.get(name, name)
            if not name or not _is_tensorflow(method, function):
                continue
            where = next((m for m in (keras.ops, keras.activations, keras.random) if hasattr(m, ours)), None)
            if where is None:
                continue
            words = {"call": ast.unparse(function or node), "instead": f"{_public(where)}.{ours}"}
            seen = Message("{call} is TensorFlow's own; {instead} does the same on every backend.", words)
            return advice(seen, "tensorflow_only", place=method.place(node))
    return passed(Message("It calls no function of TensorFlow that keras.ops has."))


def _public(module: ModuleType) -> str:
    return f"keras.{module.__name__.rpartition('.')[2]}"


def _is_tensorflow(method: Method, function: Any) -> bool:
    root = function
    while isinstance(root, ast.Attribute):
        root = root.value
    found = method.resolve(root) if isinstance(root, ast.Name) else None
    return isinstance(found, ModuleType) and found.__name__.partition(".")[0] == "tensorflow"
