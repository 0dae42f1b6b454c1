"""Sums of products over shared axes: matmul, dot, tensordot, einsum."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, copy_of, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation

_HEADLINE = "A sum of {count} products."
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@explains("@", "keras.ops.matmul")
def matmul(case: Case) -> Explanation:
    """The last axis of the first operand with the last but one of the second, either of them turned if it says so."""
    flags = [bool(case.literal(f"transpose_{x}")) or bool(case.literal(f"adjoint_{x}")) for x in "ab"]
    return _matmul(case, case.need("x1", 0), case.need("x2", 1), *flags)


@explains("tf.matvec")
def matvec(case: Case) -> Explanation:
    """The last axis of a matrix with the last of a vector."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    turned = bool(case.literal("transpose_a")) or bool(case.literal("adjoint_a"))
    lead = _LETTERS[: first.array.ndim - 2]
    left = lead + ("zx" if turned else "xz")
    return contraction(case, [first, second], [left, lead[len(lead) + 1 - second.array.ndim :] + "z"], lead + "x")


def _matmul(
    case: Case, first: Given, second: Given, turn_first: bool = False, turn_second: bool = False
) -> Explanation:
    one, two = first.array.ndim, second.array.ndim
    if not one or not two:
        raise CannotExplain("an operand without axes")
    batch = max(one, two, 2) - 2
    lead = _LETTERS[:batch]
    left = (lead[batch - (one - 2) :] if one > 2 else "") + ("zx" if turn_first else "xz" if one > 1 else "z")
    right = (lead[batch - (two - 2) :] if two > 2 else "") + ("yz" if turn_second else "zy" if two > 1 else "z")
    out = lead + ("x" if one > 1 else "") + ("y" if two > 1 else "")
    return contraction(case, [first, second], [left, right], out)


@explains("keras.ops.dot")
def dot(case: Case) -> Explanation:
    """The last axis of the first operand with the last but one of the second; other axes do not pair."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    one, two = first.array.ndim, second.array.ndim
    if one < 2 or two < 3:
        return _matmul(case, first, second)
    left = _LETTERS[: one - 1] + "z"
    kept = _LETTERS[one - 1 : one + two - 2]
    return contraction(case, [first, second], [left, kept[:-1] + "z" + kept[-1]], left[:-1] + kept)


@explains("keras.ops.tensordot")
def tensordot(case: Case) -> Explanation:
    """Some axes of the first operand with as many of the second."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    axes = case.literal("axes", 2, 2)
    one, two = first.array.ndim, second.array.ndim
    if isinstance(axes, int):
        pairs = [(one - axes + k, k) for k in range(axes)]
    else:
        ones, twos = ([x] if isinstance(x, int) else list(x) for x in axes)
        pairs = [(a % one, b % two) for a, b in zip(ones, twos, strict=True)]
    left, right = list(_LETTERS[:one]), list(_LETTERS[one : one + two])
    for a, b in pairs:
        right[b] = left[a]
    used = {left[a] for a, _ in pairs}
    out = "".join(x for x in (*left, *right) if x not in used)
    return contraction(case, [first, second], ["".join(left), "".join(right)], out)


@explains("keras.ops.einsum")
def einsum(case: Case) -> Explanation:
    """Whatever its subscripts say."""
    subscripts = case.literal("subscripts", 0)
    if not isinstance(subscripts, str):
        raise CannotExplain("the equation was not recorded")
    operands = _factors(case)
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, out = subscripts.partition("->")
    names = inputs.split(",")
    if len(names) != len(operands):
        raise CannotExplain(f"{len(operands)} operands were recorded for {subscripts}")
    if not arrow:
        letters = inputs.replace(",", "").replace("...", "")
        out = ("..." if "..." in inputs else "") + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    spare = [chr(code) for code in range(0x3B1, 0x3B1 + 16)]  # Greek: no equation has these
    widest = max(
        (o.array.ndim - len(n.replace("...", "")) for n, o in zip(names, operands, strict=True) if "..." in n),
        default=0,
    )
    filled = []
    for name, operand in zip(names, operands, strict=True):
        own = operand.array.ndim - len(name.replace("...", ""))
        filled.append(name.replace("...", "".join(spare[widest - own : widest])))
    return contraction(case, operands, filled, out.replace("...", "".join(spare[:widest])))


def _factors(case: Case) -> list[Given]:
    """What is behind the equation."""
    if case.bound.starred:
        return [case.read(operand) for operand in case.bound.starred]
    placed = [operand for operand in case.step.operands if not operand.name]
    return [case.read(operand) for operand in placed[1:]]


@explains("keras.src.layers.merging.dot.batch_dot")
def batch_dot(case: Case) -> Explanation:
    """One axis of each, entry by entry of the batch."""
    first, second = case.need("x", 0), case.need("y", 1)
    one, two = first.array.ndim, second.array.ndim
    axes = case.literal("axes", 2)
    pair = (axes, axes) if isinstance(axes, int) else axes or (one - 1, max(two - 2, 1))
    left, right = list("a" + _LETTERS[1:one]), list("a" + _LETTERS[one : one + two - 1])
    left[int(pair[0])] = right[int(pair[1])] = "z"
    out = "".join(x for x in (*left, *right[1:]) if x != "z")
    index = case.index[: len(out)] if len(out) == 1 else case.index  # two vectors leave an axis of size 1
    return contraction(case, [first, second], ["".join(left), "".join(right)], out, index)


@explains("keras.ops.inner")
def inner(case: Case) -> Explanation:
    """The last axes of both."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    one, two = first.array.ndim, second.array.ndim
    if not one or not two:
        return contraction(case, [first, second], [_LETTERS[:one], _LETTERS[:two]], _LETTERS[: one or two])
    left, right = _LETTERS[: one - 1], _LETTERS[one - 1 : one + two - 2]
    return contraction(case, [first, second], [left + "z", right + "z"], left + right)


@explains("keras.ops.vdot")
def vdot(case: Case) -> Explanation:
    """All cells of both, in order."""
    pair = [flat(case.need(name, place)) for name, place in (("x1", 0), ("x2", 1))]
    return contraction(case, pair, ["z", "z"], "")


@explains("keras.ops.outer")
def outer(case: Case) -> Explanation:
    """Every cell of the first with every cell of the second."""
    pair = [flat(case.need(name, place)) for name, place in (("x1", 0), ("x2", 1))]
    return contraction(case, pair, ["a", "b"], "ab")


@explains("keras.ops.trace")
def trace(case: Case) -> Explanation:
    """The cells of a diagonal, added."""
    x = case.need("x", 0)
    if case.literal("offset", 1, 0):
        raise CannotExplain("a diagonal beside the main one")
    axes = [int(case.literal(f"axis{k}", k + 1, k - 1)) % x.array.ndim for k in (1, 2)]
    if case.step.operation.startswith("tf."):
        axes = [x.array.ndim - 2, x.array.ndim - 1]
    rest = iter(_LETTERS)
    letters = ["z" if a in axes else next(rest) for a in range(x.array.ndim)]
    return contraction(case, [x], ["".join(letters)], "".join(x for x in letters if x != "z"))


def flat(given: Given) -> Given:
    """An operand read cell after cell: its numbers keep their own places."""
    return Given(given.tensor, given.array, given.dtype, given.literal, given.text, flat=True)


def contraction(
    case: Case, operands: Sequence[Given], names: Sequence[str], out: str, index: tuple[int, ...] | None = None
) -> Explanation:
    """The sum over every letter that the result does not have.

    Args:
        case: the cell.
        operands: what is multiplied.
        names: one letter for each axis of each operand; an axis of size 1 broadcasts.
        out: the letters of the result's axes.
        index: the cell, where the result has more axes than those.
    """
    columns = contracted(operands, names, out, case.index if index is None else index)
    summed = set("".join(names)) - set(out)
    if len(columns) == 1 and not summed:
        return _handed_on(case, columns[0])
    if len(columns) == 1:
        result = sum_of("sum", columns, case.value, case.dtype, case.shown)
        return case.answer("A sum of {count} numbers.", result, count=result.count)
    cast = any(o.dtype != case.dtype for o in operands)
    form = "sum of products" if summed else "product"
    result = sum_of(form, columns, case.value, case.dtype, case.shown, rounds=2 * cast + len(columns))
    if not summed:
        return case.answer("A product of {count} numbers.", result, count=len(columns))
    return case.answer(_HEADLINE, result, count=result.count)


def _handed_on(case: Case, column: Column) -> Explanation:
    """No letter is summed, and there is one operand: its axes are only put in another order."""
    number = column.number(0)
    copy = copy_of("same number from", number, case.value, case.dtype)
    return case.answer("The same number, from {source}.", copy, source=number.tensor)


def contracted(operands: Sequence[Given], names: Sequence[str], out: str, index: tuple[int, ...]) -> list[Column]:
    """The factors of every product in the sum."""
    at = dict(zip(out, index, strict=True))
    sizes: dict[str, int] = {}
    for operand, letters in zip(operands, names, strict=True):
        if len(letters) != len(operand.shape):
            raise CannotExplain(f"{letters} for {len(operand.shape)} axes")
        for letter, size in zip(letters, operand.shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size) if size else 0
    free = sorted(set("".join(names)) - set(out))
    count = math.prod(sizes[x] for x in free)
    grid = np.indices([sizes[x] for x in free]).reshape(len(free), count)
    place = {letter: grid[k] for k, letter in enumerate(free)}
    columns = []
    for operand, letters in zip(operands, names, strict=True):
        rows = [
            np.zeros(count, int) if size == 1 else place.get(x, np.full(count, at.get(x, 0)))
            for x, size in zip(letters, operand.shape, strict=True)
        ]
        columns.append(operand.column(np.array(rows, int).reshape(len(rows), count).T))
    return columns
