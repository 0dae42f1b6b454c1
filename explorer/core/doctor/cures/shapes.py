"""The batch in a shape, and shapes and dtypes that are declared wrongly."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.core.mistakes.syntax import self_attribute
from explorer.model.trace import Message

REDUCTIONS = (
    "mean",
    "sum",
    "max",
    "min",
    "std",
    "var",
    "prod",
    "logsumexp",
    "norm",
    "reduce_mean",
    "reduce_sum",
    "reduce_max",
    "reduce_min",
)


@cure("declared_shape", "declared_dtype", "symbolic", "keras_file")
def not_declared(ill: Ill) -> Iterator[Change]:
    """A method that declares what Keras works out by itself."""
    for name in ("compute_output_shape", "compute_output_spec"):
        method = ill.methods.get(name)
        if method is not None:
            yield Change(
                Message("Leave {name} out: Keras works it out from call", {"name": name}), (ill.method_removed(method),)
            )


@cure("graph", "symbolic", "batch_axis", "call", "declared_shape", "stateless")
def size_asked(ill: Ill) -> Iterator[Change]:
    """The size of the batch: left to reshape, or asked for while the layer runs."""
    method = ill.methods.get("call")
    if method is None:
        return
    sizes = [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "shape"
        and isinstance(node.slice, ast.Constant)
        and node.slice.value == 0
    ]
    asked = {id(node): f"{ill.ops('shape')}({ill.text(node.value.value)})[0]" for node in sizes}  # type: ignore[attr-defined]
    for call in ill.calls("reshape", within="call"):
        shape = call.args[1] if len(call.args) > 1 else None
        first = shape.elts[0] if isinstance(shape, (ast.Tuple, ast.List)) and shape.elts else None
        if first in sizes:
            yield Change(Message("Let reshape find the size of the batch: -1"), (ill.source.put(first, "-1"),))
        elif isinstance(first, ast.Constant) and first.value != -1:
            text = f"{ill.ops('shape')}({ill.text(call.args[0])})[0]"
            what = Message("Ask for the size of the batch while it runs: {code}", {"code": text})
            yield Change(what, (ill.source.put(first, text),))
    if sizes:
        what = Message("Ask for the size of the batch while it runs: {code}", {"code": asked[id(sizes[0])]})
        yield Change(what, tuple(ill.source.put(node, asked[id(node)]) for node in sizes))
    shapes = [
        n for n in ast.walk(method) if isinstance(n, ast.Attribute) and n.attr == "shape" and not self_attribute(n)
    ]
    if shapes:
        what = Message("Ask for all sizes while it runs: {code}", {"code": ill.ops("shape")})
        yield Change(what, tuple(ill.source.put(n, f"{ill.ops('shape')}({ill.text(n.value)})") for n in shapes))


@cure("batch_axis", "call", "symbolic", "graph")
def axis_kept(ill: Ill) -> Iterator[Change]:
    """A reduced axis that broadcasting then takes for another one."""
    for node in ill.calls(*REDUCTIONS, within="call"):
        if not any(keyword.arg == "keepdims" for keyword in node.keywords) and (node.keywords or len(node.args) > 1):
            what = Message("Keep the axis of {code}", {"code": called(node)})
            yield Change(what, (ill.source.added(node, "keepdims=True"),))


@cure("batch_independence", "batch_axis")
def axis_of_samples(ill: Ill) -> Iterator[Change]:
    """Axis 0, where another one was meant."""
    for node in ill.calls(*REDUCTIONS, "roll", "softmax", "cumsum", "sort", "flip", within="call"):
        for other in ("1", "-1"):
            keyword = next((k for k in node.keywords if k.arg == "axis"), None)
            place = keyword.value if keyword else node.args[-1] if len(node.args) > 1 else None
            if isinstance(place, ast.Constant) and place.value == 0:
                what = Message("Let {code} work along axis {axis}", {"code": called(node), "axis": other})
                yield Change(what, (ill.source.put(place, other),))
