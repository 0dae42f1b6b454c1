"""What the numbers mean: axes that change places, the axis of a softmax, and a future that is hidden."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.source_edits import keyword_of
from explorer.model.trace import Message

_SWAPPED: Mapping[int, tuple[str, ...]] = {3: ("(0, 2, 1)",), 4: ("(0, 2, 1, 3)", "(0, 1, 3, 2)", "(0, 2, 3, 1)")}
"""By how many axes there are, those orders that are usual."""
_HEADS = "(0, 2, 1, 3)"
_OTHER_WAY: Mapping[type[ast.cmpop], str] = {ast.Lt: ">", ast.LtE: ">=", ast.Gt: "<", ast.GtE: "<="}


@cure("reshape_order")
def transposed(ill: Ill) -> Iterator[Change]:
    """A transpose in the place of a reshape, behind one that splits heads, or in front of one that merges them."""
    for node in ill.calls("reshape"):
        shape = node.args[1] if len(node.args) > 1 else None
        if not ill.is_blamed(node) or not isinstance(shape, (ast.Tuple, ast.List)):
            continue
        given, wanted, transpose = ill.text(node.args[0]), ill.text(shape), ill.ops("transpose")
        reshape = ill.text(node.func)
        for order in _SWAPPED.get(len(shape.elts), ()):
            text = f"{transpose}({given}, {order})"
            yield Change(Message("Exchange the axes: {code}", {"code": text}), (ill.source.put(node, text),))
        if len(shape.elts) == 4:
            a, b, c, d = map(ill.text, shape.elts)
            text = f"{transpose}({reshape}({given}, ({a}, {c}, {b}, {d})), {_HEADS})"
            yield Change(Message("Split the axis where it stands, then exchange"), (ill.source.put(node, text),))
        text = f"{reshape}({transpose}({given}, {_HEADS}), {wanted})"
        yield Change(Message("Exchange the axes before they are merged"), (ill.source.put(node, text),))


@cure("softmax_axis")
def other_axis(ill: Ill) -> Iterator[Change]:
    """A softmax along another axis."""
    for node in ill.calls("softmax"):
        if not ill.is_blamed(node):
            continue
        axis = keyword_of(node, "axis")
        now = ill.text(axis.value) if axis else ill.text(node.args[1]) if len(node.args) > 1 else "-1"
        for other in ("-1", "1", "-2", "2"):
            if other != now:
                what = Message("Take the softmax along axis {axis}", {"axis": other})
                yield Change(what, (ill.argument_set(node, "axis", other, 1),))


@cure("future_unseen")
def future_hidden(ill: Ill) -> Iterator[Change]:
    """A triangle that is turned round or off by one, a comparison of steps, a part that can be causal by itself."""
    for node in ill.calls("triu", "tril", within="call"):
        own = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if called(node) == "triu" and own:
            text = ill.text(node.func).removesuffix("triu") + "tril"
            yield Change(Message("Keep the lower triangle: tril"), (ill.source.put(node.func, text),))
        if keyword_of(node, "k") is not None or len(node.args) > 1:
            for k in ("0", "-1"):
                what = Message("Let the triangle begin at k={k}", {"k": k})
                yield Change(what, (ill.argument_set(node, "k", k, 1),))
    for one in ill.nodes:
        if isinstance(one, ast.Compare) and len(one.ops) == 1 and type(one.ops[0]) in _OTHER_WAY:
            text = f"{ill.text(one.left)} {_OTHER_WAY[type(one.ops[0])]} {ill.text(one.comparators[0])}"
            yield Change(Message("Turn the comparison round: {code}", {"code": text}), (ill.source.put(one, text),))
    for node in ill.calls_of_parts():
        what = Message("Hide the future from {part}: use_causal_mask=True", {"part": ill.text(node.func)})
        yield Change(what, (ill.argument_set(node, "use_causal_mask", "True"),))
    for node in ill.calls("Conv1D", "SeparableConv1D", "DepthwiseConv1D"):
        if not self_attribute(node.func):
            what = Message('Let the convolution see the past only: padding="causal"')
            yield Change(what, (ill.argument_set(node, "padding", '"causal"'),))
