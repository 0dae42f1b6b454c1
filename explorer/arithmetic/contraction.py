"""Sums of products over shared axes: matmul, dot, tensordot, einsum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Column, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.explanation import Explanation

_HEADLINE = "A sum of {count} products."
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@explains("@", "keras.ops.matmul")
def matmul(case: Case) -> Explanation:
    """The last axis of the first operand with the last but one of the second."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    if case.step.operation.startswith("tf.") and any(
        case.literal(f"{w}_{x}") for w in ("transpose", "adjoint") for x in "ab"
    ):
        raise CannotExplain("a transposed operand")
    return _matmul(case, first, second)


def _matmul(case: Case, first: Given, second: Given) -> Explanation:
    one, two = first.array.ndim, second.array.ndim
    if not one or not two:
        raise CannotExplain("an operand without axes")
    batch = max(one, two, 2) - 2
    lead = _LETTERS[:batch]
    left = (lead[batch - (one - 2) :] if one > 2 else "") + ("xz" if one > 1 else "z")
    right = (lead[batch - (two - 2) :] if two > 2 else "") + ("zy" if two > 1 else "z")
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
    operands = [case.read(o) for o in case.step.operands if not o.name][1:]
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, out = subscripts.partition("->")
    names = inputs.split(",")
    if not arrow:
        letters = inputs.replace(",", "").replace("...", "")
        out = ("..." if "..." in inputs else "") + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    spare = [x for x in _LETTERS.upper() if x not in subscripts]
    widest = max(
        (o.array.ndim - len(n.replace("...", "")) for n, o in zip(names, operands, strict=True) if "..." in n),
        default=0,
    )
    filled = []
    for name, operand in zip(names, operands, strict=True):
        own = operand.array.ndim - len(name.replace("...", ""))
        filled.append(name.replace("...", "".join(spare[widest - own : widest])))
    return contraction(case, operands, filled, out.replace("...", "".join(spare[:widest])))


@explains("keras.ops.vdot", "keras.ops.inner")
def inner(case: Case) -> Explanation:
    """The last axes of both."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    if first.array.ndim != 1 or second.array.ndim != 1:
        raise CannotExplain("operands of several axes")
    return _matmul(case, first, second)


def contraction(case: Case, operands: Sequence[Given], names: Sequence[str], out: str) -> Explanation:
    """The sum over every letter that the result does not have.

    Args:
        case: the cell.
        operands: what is multiplied.
        names: one letter for each axis of each operand; an axis of size 1 broadcasts.
        out: the letters of the result's axes.
    """
    columns = contracted(operands, names, out, case.index)
    if len(columns) == 1:
        result = sum_of("sum", columns, case.value, case.dtype, case.shown)
        return case.answer("A sum of {count} numbers.", result, count=result.count)
    cast = any(o.dtype != case.dtype for o in operands)
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=2 * cast)
    return case.answer(_HEADLINE, result, count=result.count)


def contracted(operands: Sequence[Given], names: Sequence[str], out: str, index: tuple[int, ...]) -> list[Column]:
    """The factors of every product in the sum."""
    at = dict(zip(out, index, strict=True))
    sizes: dict[str, int] = {}
    for operand, letters in zip(operands, names, strict=True):
        if len(letters) != operand.array.ndim:
            raise CannotExplain(f"{letters} for {operand.array.ndim} axes")
        for letter, size in zip(letters, operand.array.shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size) if size else 0
    free = sorted(set("".join(names)) - set(out))
    grid = np.indices([sizes[x] for x in free]).reshape(len(free), -1)
    count = grid.shape[1]
    place = {letter: grid[k] for k, letter in enumerate(free)}
    columns = []
    for operand, letters in zip(operands, names, strict=True):
        rows = [
            np.zeros(count, int) if size == 1 else place.get(x, np.full(count, at.get(x, 0)))
            for x, size in zip(letters, operand.array.shape, strict=True)
        ]
        columns.append(operand.column(np.array(rows, int).reshape(len(rows), count).T))
    return columns
