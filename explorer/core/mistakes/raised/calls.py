"""What goes wrong when a layer is called: what it is given, what it does with tensors, what it gives back."""

from __future__ import annotations

import ast
import re

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.reading import Method, Reading, class_of, read
from explorer.core.mistakes.rules import raised
from explorer.core.mistakes.sides import dtype_name
from explorer.core.mistakes.silent.gradients import cut
from explorer.core.mistakes.silent.returns import missing_return
from explorer.core.mistakes.syntax import falls_through, self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message


@raised(
    r"cannot compute \w+ as input #\d+\(zero-based\) was expected to be an? (\w+) tensor but is an? (\w+) ",
    r"Input '\w+' of '\w+' Op has type (\w+) that does not match type (\w+) of argument",
    r"Tensor conversion requested dtype (\w+) for Tensor with dtype (\w+)",
)
def integer_times_float(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """Two dtypes meet, of which one counts and one measures."""
    expected, received = dtype_name(match[1]), dtype_name(match[2])
    if ("float" in expected) == ("float" in received):
        return None
    cause = Message("An operation of TensorFlow meets {a} and {b}.", {"a": expected, "b": received})
    integer = expected if "float" in received else received
    fixes = (
        Fix(Message('Convert the {dtype} first: keras.ops.cast(x, "float32")', {"dtype": integer})),
        Fix(Message("keras.ops.multiply, keras.ops.add, ... convert by themselves.")),
    )
    return diagnosis("integer_times_float", cause, evidence.place, fixes, expected, received)


@raised(
    r"attr 'T\w+' of (half|float|double|bfloat16) is not in the list of allowed values: ((?:u?int\d+(?:, )?)+)",
    r"Cannot convert [^\n]{0,80}?\d\.\d[^\n]{0,80}? to EagerTensor of dtype ()(int\d+)",
)
def float_for_whole_number(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A shape, a size or a position is not a whole number."""
    received = dtype_name(match[1]) if match[1] else "float"
    cause = Message("A shape, a size or a position is given as {dtype}.", {"dtype": received})
    divisions = [n for n in evidence.line_nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    text, place = Message("Divide whole numbers with //: / always gives a float."), evidence.place
    fixes = [] if not divisions else [Fix(text)]
    if place and len(divisions) == 1 and place.text.count("/") == 1:
        fixes = [Fix(text, place.text, place.text.replace("/", "//"), place.line)]
    return diagnosis("float_for_whole_number", cause, place, fixes, match[2], received)


@raised(
    r"Only input tensors may be passed as positional arguments\. The following argument value should be passed as a "
    r"keyword argument: (.{0,200}?) \(of type <class '([\w.]+)'>\)"
)
def non_tensor_argument(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """A number, a text or a list stands where Keras expects an input."""
    cause = Message("{value} is no tensor, and is given to a layer as if it were an input.", {"value": match[1]})
    fixes = (
        Fix(Message("Pass it by its keyword: layer(x, name={value})", {"value": match[1]})),
        Fix(
            Message("If it belongs to a list of numbers, make that a tensor first: keras.ops.convert_to_tensor(values)")
        ),
    )
    return diagnosis("non_tensor_argument", cause, evidence.place, fixes, "tensor", match[2])


@raised(r"'[\w.]*(?:Tensor|Variable)' object (?:does not|doesn't) support item (?:assignment|deletion)")
def item_assignment(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """`x[...] = ...` and `del x[...]` on a tensor or a weight."""
    cause = Message("A cell of a tensor is set, or deleted, as if it were an array.")
    fixes = (
        Fix(
            Message(
                "Make a new tensor: keras.ops.where(condition, a, b), keras.ops.slice_update, or a product with a mask."
            )
        ),
        Fix(Message("Set a weight as a whole: self.w.assign(values)")),
    )
    return diagnosis("item_assignment", cause, evidence.place, fixes[::-1] if "Variable" in match[0] else fixes)


@raised(r"`add_loss\(\)` can only be called .{0,80}?Received invalid value: ([^\n]{0,120})")
def loss_not_a_tensor(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """add_loss of a number."""
    cause = Message("add_loss was given {value}, which is no tensor.", {"value": match[1]})
    fixes = (Fix(Message("Give it a tensor that was computed from the input or the weights, with keras.ops.")),)
    return diagnosis("loss_not_a_tensor", cause, evidence.place, fixes, "tensor", match[1])


@raised(
    r"(\w+)\.compute_mask\(\) takes (\d+) positional arguments? but (\d+) were given",
    r"(\w+)\.compute_mask\(\) missing (\d+) required positional",
)
def compute_mask_signature(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """compute_mask with other arguments than Keras gives it."""
    reading = evidence.reading_of(match[1])
    method = reading.methods.get("compute_mask") if reading else None
    place = method.place() if method else evidence.place
    cause = Message("compute_mask does not take what Keras gives it: the inputs and their mask.")
    wanted = "def compute_mask(self, inputs, mask=None):"
    text = Message("Take both: {code}", {"code": wanted})
    if method is None or place is None:
        return diagnosis("compute_mask_signature", cause, place, (Fix(text),))
    names = [argument.arg for argument in method.parameters]
    given = (
        names[1] if len(names) > 1 and names[0] == "self" else names[0] if names and names[0] != "self" else "inputs"
    )
    new = f"def compute_mask(self, {given}, mask=None):"
    one_line = place.text.endswith(":")
    received = f"compute_mask({', '.join(names)})"
    fix = Fix(text, place.text, new, place.line) if one_line else Fix(text)
    return diagnosis("compute_mask_signature", cause, place, (fix,), "compute_mask(self, inputs, mask)", received)


@raised(r"All `outputs` values must be KerasTensors\. Received: outputs=None including invalid value None")
def returns_nothing(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """A model is made of what call returned, and that is None."""
    return _call_without_return(evidence.reading)


@raised(
    r"Inputs to a layer should be tensors\. Got 'None'",
    r"Attempt to convert a value \(None\) with an unsupported type",
    r"unsupported operand type\(s\) for \S+: 'NoneType' and '\w*(?:Tensor|float|Variable)'",
    r"unsupported operand type\(s\) for \S+: '\w*(?:Tensor|float|Variable)' and 'NoneType'",
)
def none_given(evidence: Evidence, match: re.Match[str]) -> Diagnosis | None:
    """None arrived somewhere: because a helper, a sub-layer, or the layer before has no return."""
    reading = evidence.reading
    if reading is None:
        return None
    ran = [method for method in reading.methods.values() if any(_inside(method, place) for place in evidence.places)]
    for method in ran:
        for node in method.nodes:
            found = _returning_nothing(reading, method, node) if isinstance(node, ast.Call) else None
            if found is not None:
                return found
    return None if ran else _call_without_return(reading)


@raised(r"No gradients provided for any variable")
def no_gradient_path(evidence: Evidence, match: re.Match[str]) -> Diagnosis:
    """Training found no gradient for any weight."""
    found = cut(evidence.reading) if evidence.reading else None
    if found is not None:
        return found
    cause = Message("No gradient reaches any weight from the loss.")
    fixes = (Fix(Message("Check that the weights reach the output through operations that can be differentiated.")),)
    return diagnosis("no_gradient_path", cause, None, fixes)


def _inside(method: Method, place: SourceLine) -> bool:
    return method.file == place.file and method.tree.lineno <= place.line <= (method.tree.end_lineno or 0)


def _returning_nothing(reading: Reading, method: Method, node: ast.Call) -> Diagnosis | None:
    """The helper or the sub-layer that this expression calls, if nothing comes back from it."""
    name = self_attribute(node.func)
    if name in reading.methods:
        helper = reading.methods[name]
        used = any(node in ast.iter_child_nodes(n) for n in method.nodes if not isinstance(n, ast.Expr))
        return missing_return(helper) if used and falls_through(helper.tree.body) else None
    for owner, attribute, statement in reading.assignments("__init__", "build"):
        value = getattr(statement, "value", None)
        if attribute == name and name and isinstance(value, ast.Call) and targets(statement):
            inner = class_of(owner.resolve(value.func))
            if inner is not None and inner is not reading.layer_class:
                return _call_without_return(read(inner))
    return None


def _call_without_return(reading: Reading | None) -> Diagnosis | None:
    call = reading.methods.get("call") if reading else None
    if call is None:
        return None
    returned = [n.value for n in call.nodes if isinstance(n, ast.Return) and n.value is not None]
    if falls_through(call.tree.body):
        return missing_return(call)
    for value in returned:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
            return missing_return(call, value)
        helper = reading.methods.get(self_attribute(value.func)) if reading and isinstance(value, ast.Call) else None
        if helper is not None and falls_through(helper.tree.body):
            return missing_return(helper)
    return None
