"""What goes wrong when there are no numbers yet: while a model is made, or a graph is traced."""

from __future__ import annotations

import ast
import re

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.rules import raised
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message

_FIRST_SIZE = r"\b(\w+)\.shape\[0\]"


@raised(r"Cannot convert a symbolic (?:tf\.)?Tensor .{0,200}?to a numpy array", r"__array__\(\).{0,80}symbolic")
def numpy_in_call(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """NumPy asks a symbolic tensor for its numbers."""
    function = next((name for name in map(_name, _calls(evidence)) if name), "")
    called = [node for node in _calls(evidence) if _module(evidence, node.func) == "numpy"]
    if called:
        function = ast.unparse(called[0].func)
    cause = Message(
        "NumPy is asked to compute with a tensor that has no numbers yet: {function}", {"function": function}
    )
    if not function:
        cause = Message("NumPy is asked to compute with a tensor that has no numbers yet.")
    return diagnosis("numpy_in_call", cause, evidence.place, _ops_mends(evidence, called))


@raised(
    r"'(?:SymbolicTensor|KerasTensor|Tensor)' object has no attribute '(?:numpy|item|tolist)'",
    r"(?:float|int)\(\) argument must be .{0,80}not '(?:SymbolicTensor|KerasTensor)'",
    r"numpy\(\) is only available when eager execution is enabled",
)
def numpy_method(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """The code itself asks a symbolic tensor for its numbers."""
    cause = Message("A tensor that has no numbers yet is asked for them.")
    fixes = (Fix(Message("Compute with the tensor itself, through keras.ops.")),)
    return diagnosis("numpy_method", cause, evidence.place, fixes)


@raised(
    r"Using a symbolic `tf\.Tensor` as a Python `bool`",
    r"A symbolic KerasTensor cannot be used as a boolean",
    r"Iterating over a symbolic (?:`tf\.Tensor`|KerasTensor)",
)
def python_branch_on_tensor(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """`if`, `while`, `and`, `for` on a symbolic tensor."""
    if match[0].startswith("Iterating"):
        cause = Message("A Python loop runs over a tensor, and nobody knows yet how long it is.")
        text = Message("Compute with the whole tensor at once, or use keras.ops.vectorized_map or keras.ops.scan.")
    else:
        cause = Message("Python has to decide by the value of a tensor that has no value yet.")
        text = Message("Use keras.ops.where for values, keras.ops.cond for branches, keras.ops.while_loop for loops.")
    return diagnosis("python_branch_on_tensor", cause, evidence.place, (Fix(text),))


@raised(
    r"'(?:NoneType|SymbolicTensor)' object cannot be interpreted as an integer",
    r"unsupported operand type\(s\) for \S+: (?:'NoneType' and '\w+'|'\w+' and 'NoneType')",
)
def unknown_size(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """A loop over an axis of unknown size, or other arithmetic with None."""
    nodes = evidence.line_nodes
    called = {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in _calls(evidence)}
    if called & {"range", "arange"}:
        cause = Message("A Python loop counts over an axis whose size is not known yet.")
        fixes = (
            Fix(
                Message(
                    "Compute with the whole axis at once; where numbers 0, 1, 2, ... are needed, use keras.ops.arange."
                )
            ),
        )
        return diagnosis("loop_over_unknown_dimension", cause, evidence.place, fixes, "int", "None")
    if not any(
        (isinstance(n, ast.Attribute) and n.attr == "shape") or (isinstance(n, ast.Name) and "shape" in n.id)
        for n in nodes
    ):
        return None
    cause = Message("A size that is not known yet is used as a number.")
    fixes = (Fix(Message("Use keras.ops.shape(x), whose entries are numbers or tensors, or a size that is known.")),)
    return diagnosis("unknown_dimension", cause, evidence.place, fixes, "int", "None")


@raised(
    r"Failed to convert elements of ([(\[][^)\]]*[)\]]) to Tensor",
    r"Cannot convert a partially known TensorShape (\([^)]*\)) to a Tensor",
    r"Expected int(?:32|64), but got None of type 'NoneType'()",
)
def static_batch_size(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """None in a shape that is made from `x.shape`."""
    shape = match[1]
    if shape and "None" not in shape:
        return None
    first = not shape or shape[1:].strip().startswith("None")
    place = evidence.place
    fixes = (_fix_of_size(place, free="-1" not in shape),)
    cause = Message("A shape is made with a size that is not known yet: {shape}", {"shape": shape or "None"})
    return diagnosis("static_batch_size" if first else "unknown_dimension", cause, place, fixes, "int", shape or "None")


def _fix_of_size(place: SourceLine | None, free: bool) -> Fix:
    """Leave the size of the batch to reshape, which finds one size by itself (`free`), or ask for it while it runs."""
    asked = re.search(_FIRST_SIZE, place.text) if place else None
    if place and asked and free and "reshape" in place.text:
        new = re.sub(_FIRST_SIZE, "-1", place.text, count=1)
        return Fix(Message("Let reshape find the size of the batch: -1."), place.text, new, place.line)
    if place and asked:
        new = re.sub(_FIRST_SIZE, r"ops.shape(\1)[0]", place.text)
        return Fix(Message("Ask for the size while it runs: keras.ops.shape(x)[0]."), place.text, new, place.line)
    if free:
        return Fix(Message("Use -1 in a reshape, and keras.ops.shape(x)[0] elsewhere."))
    return Fix(Message("Ask for the size while it runs: keras.ops.shape(x)[0]."))


@raised(r"A KerasTensor cannot be used as input to a TensorFlow function")
def tf_operation_on_keras_tensor(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """tf.* on a keras.Input."""
    called = [node for node in _calls(evidence) if _module(evidence, node.func) == "tensorflow"]
    place = evidence.place
    cause = Message("A TensorFlow function is given a keras.Input, or what was made of one.")
    return diagnosis("tf_operation_on_keras_tensor", cause, place, _ops_mends(evidence, called))


def _ops_mends(evidence: Evidence, calls: list[ast.Call]) -> tuple[Fix, ...]:
    """keras.ops in the place of a function of NumPy or TensorFlow, where it has one of that name."""
    import keras

    place = evidence.place
    renamed = {
        "reduce_mean": "mean",
        "reduce_sum": "sum",
        "reduce_max": "max",
        "reduce_min": "min",
        "concat": "concatenate",
    }
    new = place.text if place else ""
    used: list[str] = []
    for call in calls:
        old = ast.unparse(call.func)
        name = renamed.get(old.rpartition(".")[2], old.rpartition(".")[2])
        if not hasattr(keras.ops, name) or f"{old}(" not in new:
            used = []
            break
        used.append(f"keras.ops.{name}")
        new = re.sub(rf"(?<![\w.]){re.escape(old)}\(", f"keras.ops.{name}(", new)
    if place and used:
        return (Fix(Message("Use {names}.", {"names": ", ".join(used)}), place.text, new, place.line),)
    return (Fix(Message("Use the function of keras.ops that does the same.")),)


def _calls(evidence: Evidence) -> list[ast.Call]:
    return [node for node in evidence.line_nodes if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func) if isinstance(call.func, (ast.Attribute, ast.Name)) else ""


def _module(evidence: Evidence, node: ast.AST) -> str:
    """The package of the function that a name stands for."""
    found = evidence.resolve(node)
    module = str(getattr(found, "__module__", None) or getattr(type(found), "__module__", ""))
    return module.split(".")[0] if found is not None else ""
