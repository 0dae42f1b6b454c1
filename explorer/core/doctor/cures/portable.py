"""Functions of keras.ops in the place of TensorFlow's, and the dtype that the layer computes in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import keras

from explorer.core.doctor.checks.written import CALLED_OTHERWISE
from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.core.source_edits import Edit, keyword_of
from explorer.model.trace import Message

_FILLED = ("zeros", "ones", "full", "eye", "arange", "linspace")


@cure("backends", "symbolic")
def keras_function(ill: Ill) -> Iterator[Change]:
    """All functions of TensorFlow that `keras.ops` has, then the blamed one alone."""
    edits: list[tuple[ast.Call, Edit]] = []
    for node in ill.nodes:
        if isinstance(node, ast.Call) and ill.source.full_name(node.func).startswith("tensorflow."):
            name = CALLED_OTHERWISE.get(called(node), called(node))
            home = next((m for m in ("ops", "activations", "random") if hasattr(getattr(keras, m), name)), "")
            if home:
                text = ill.ops(name) if home == "ops" else f"keras.{home}.{name}"
                edits.append((node, ill.source.put(node.func, text)))
    names = ", ".join(dict.fromkeys(edit.text for _, edit in edits))
    what = Message("Use {names}", {"names": names})
    yield Change(what, tuple(edit for _, edit in edits))
    for node, edit in edits:
        if ill.is_blamed(node):
            yield Change(Message(what.msgid, {"names": edit.text}), (edit,))


@cure("graph", "symbolic", "call", "source")
def not_numpy(ill: Ill) -> Iterator[Change]:
    """Functions of NumPy in `call` that `keras.ops` has."""
    edits = []
    for node in ast.walk(ill.methods["call"]) if "call" in ill.methods else ():
        name = ill.source.full_name(node.func) if isinstance(node, ast.Call) else ""
        if name.startswith("numpy.") and hasattr(keras.ops, called(node)):
            edits.append(ill.source.put(node.func, ill.ops(called(node))))  # type: ignore[attr-defined]
    names = ", ".join(dict.fromkeys(edit.text for edit in edits))
    yield Change(Message("Use {names}", {"names": names}), tuple(edits))


@cure("dtype_policy")
def dtype_of_layer(ill: Ill) -> Iterator[Change]:
    """Numbers that take the dtype of what they meet, and `self.compute_dtype` in the place of float32."""
    plain: list[Edit] = []
    for node in ill.calls("constant", "convert_to_tensor", "float32"):
        if len(node.args) == 1 and isinstance(node.args[0], (ast.Constant, ast.UnaryOp)):
            plain.append(ill.source.put(node, ill.text(node.args[0])))
    named = [ill.source.put(node, "self.compute_dtype") for node in ill.nodes if _is_float32(ill, node)]
    made = [
        ill.source.added(node, "dtype=self.compute_dtype")
        for node in ill.calls(*_FILLED, within="call")
        if keyword_of(node, "dtype") is None
    ]
    for what, edits in (
        (Message("Use plain numbers: they take the dtype of what they meet"), plain),
        (Message("Use the dtype that the layer computes in: self.compute_dtype"), named),
        (Message("Make it in the dtype that the layer computes in: self.compute_dtype"), made),
        (Message("Use plain numbers, and self.compute_dtype in the place of float32"), [*plain, *named]),
        (Message("Use self.compute_dtype wherever a dtype is named or may be named"), [*plain, *named, *made]),
    ):
        yield Change(what, tuple(edits))


def _is_float32(ill: Ill, node: ast.AST) -> bool:
    """A dtype that is named in `call`: "float32", tf.float32."""
    method = ill.methods.get("call")
    if method is None or not any(node is inner for inner in ast.walk(method)):
        return False
    if isinstance(node, ast.Attribute):
        return node.attr == "float32"
    return isinstance(node, ast.Constant) and node.value == "float32"
