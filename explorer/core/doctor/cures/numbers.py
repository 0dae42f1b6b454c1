"""Numbers that stay finite: roots, logarithms and quotients near zero, and a minus infinity that meets itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.core.doctor.curing.proposing import Change, Ill, called, cure
from explorer.model.trace import Message

SMALL = "1e-7"
"""What Keras itself adds (keras.config.epsilon())."""
LOW = "-1e9"
"""In the place of minus infinity: its exponential is 0 as well."""


@cure("all_masked", "finite", "finite_gradients")
def lowest_number(ill: Ill) -> Iterator[Change]:
    """A large negative number in the place of minus infinity."""
    edits = [ill.source.put(node, LOW) for node in ill.nodes if _is_minus_infinity(ill, node)]
    yield Change(Message("Use {number} in the place of minus infinity", {"number": LOW}), tuple(edits))


def _is_minus_infinity(ill: Ill, node: ast.AST) -> bool:
    text = ill.text(node).replace("'", '"').replace(" ", "") if isinstance(node, (ast.UnaryOp, ast.Call)) else ""
    if isinstance(node, ast.Call):
        return text in ('float("-inf")', 'float("-infinity")')
    return text == '-float("inf")' or (text.startswith("-") and text.rpartition(".")[2] == "inf" and "(" not in text)


@cure("finite", "finite_gradients", "all_masked")
def away_from_zero(ill: Ill) -> Iterator[Change]:
    """An epsilon, or a lower limit, under roots and logarithms and in denominators of the line to blame."""
    for node in ill.nodes:
        if not ill.is_blamed(node):
            continue
        for inner in _under(node):
            more = f"{ill.bracketed(inner)} + {SMALL}"
            what = Message("Add {number} to {code}", {"number": SMALL, "code": ill.text(inner)})
            yield Change(what, (ill.source.put(inner, more if isinstance(node, ast.Call) else f"({more})"),))
            limited = f"{ill.ops('maximum')}({ill.text(inner)}, {SMALL})"
            what = Message("Let {code} be at least {number}", {"code": ill.text(inner), "number": SMALL})
            yield Change(what, (ill.source.put(inner, limited),))


def _under(node: ast.AST) -> Iterator[ast.expr]:
    """What must not be zero: under a root or a logarithm, or a denominator."""
    if isinstance(node, ast.Call) and called(node) in ("sqrt", "rsqrt", "log", "log2", "log10", "reciprocal"):
        yield from node.args[:1]
    elif isinstance(node, ast.Call) and called(node) in ("divide", "true_divide") and len(node.args) > 1:
        yield node.args[1]
    elif isinstance(node, ast.Call) and called(node) in ("power", "pow") and node.args:
        yield node.args[0]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield node.right
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
        yield node.left


@cure("finite", "all_masked", "finite_gradients")
def no_quotient(ill: Ill) -> Iterator[Change]:
    """0 where the denominator is 0."""
    for node in ill.nodes:
        if ill.is_blamed(node) and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = f"{ill.ops('divide_no_nan')}({ill.text(node.left)}, {ill.text(node.right)})"
            yield Change(Message("Let the quotient be 0 where its denominator is 0"), (ill.source.put(node, text),))


@cure("finite", "finite_gradients")
def by_parts(ill: Ill) -> Iterator[Change]:
    """A norm or a deviation as the root of what stands under it, which then can have a lower limit."""
    for node in ill.nodes:
        if not (ill.is_blamed(node) and isinstance(node, ast.Call) and called(node) in ("std", "norm") and node.args):
            continue
        rest = "".join(f", {ill.text(part)}" for part in (*node.args[1:], *node.keywords))
        squares = f"{ill.ops('sum')}({ill.ops('square')}({ill.text(node.args[0])}){rest})"
        under = squares if called(node) == "norm" else f"{ill.ops('var')}({ill.text(node.args[0])}{rest})"
        text = f"{ill.ops('sqrt')}({ill.ops('maximum')}({under}, {SMALL}))"
        what = Message(
            "Let what stands under the root of {code} be at least {number}", {"code": called(node), "number": SMALL}
        )
        yield Change(what, (ill.source.put(node, text),))


@cure("finite")
def without_overflow(ill: Ill) -> Iterator[Change]:
    """Exponentials that overflow: the function of Keras that avoids it, or the largest number taken off first."""
    for node in ill.nodes:
        if not ill.is_blamed(node) or not isinstance(node, ast.Call):
            continue
        inner = node.args[0] if node.args else None
        if called(node) == "log" and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            for part in (inner.left, inner.right):
                if called(part) == "exp":
                    text = f"{ill.ops('softplus')}({ill.text(part.args[0])})"  # type: ignore[attr-defined]
                    yield Change(Message("Use softplus"), (ill.source.put(node, text),))
    for node in ill.calls("exp", within="call"):
        if node.args:
            largest = f"{ill.ops('max')}({ill.text(node.args[0])}, axis=-1, keepdims=True)"
            text = f"{ill.bracketed(node.args[0])} - {largest}"
            what = Message("Take the largest number off before the exponential")
            yield Change(what, (ill.source.put(node.args[0], text),))
