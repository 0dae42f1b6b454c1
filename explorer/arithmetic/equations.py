"""Equations built from columns of numbers: sums, choices, formulas, copies."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from explorer.arithmetic import printing
from explorer.arithmetic.rounding import exact_sum, of_sum, residue, tiniest
from explorer.model.explanation import Equation, Number, Rest, Scalar, Term
from explorer.model.trace import Message

SHOWN = 12
"""So many terms of a long sum are listed unless more are asked for."""
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
"""The distance from 1 to the next number, by dtype."""


RECOMPUTED_DIGITS = (10, 7)
"""What was not recorded is printed with some more digits: other numbers are computed from it."""


@dataclass(frozen=True, eq=False)
class Column:
    """The numbers of one factor, for all terms. What `explain` gives out is checked against the tensors it names.

    Attributes:
        values: shape (n,); of a tensor, exactly the numbers of its cells.
        tensor: the id of the tensor they are cells of, or "".
        indices: shape (n, rank), or None without a tensor.
        dtype: their type, for writing them.
        recomputed: whether they were computed for this explanation.
        name: what a formula calls it.
    """

    values: np.ndarray
    tensor: str = ""
    indices: np.ndarray | None = None
    dtype: str = "float32"
    recomputed: bool = False
    name: str = ""

    def number(self, position: int) -> Number:
        """The factor of one term."""
        value = scalar(self.values[position])
        index = () if self.indices is None else tuple(int(i) for i in self.indices[position])
        text = printing.shortest(value, self.dtype)
        return Number(value, text, self.tensor, index, self.name, self.recomputed)


class Listed(Column):
    """Numbers that each come from a place of their own, from the first again where there are more terms."""

    def __init__(self, *numbers: Number, count: int = 0) -> None:
        values = np.asarray([number.value for number in numbers])
        super().__init__(np.resize(values, count) if count else values)
        object.__setattr__(self, "numbers", numbers)

    def number(self, position: int) -> Number:
        """The factor of one term."""
        numbers: tuple[Number, ...] = self.numbers  # type: ignore[attr-defined]
        return numbers[position % len(numbers)]


@dataclass(frozen=True)
class Each:
    """How a term comes from its factors.

    Attributes:
        formula: in the names of the columns.
        evaluate: the same in float64, for arrays, in the order of the columns.
    """

    formula: str = ""
    evaluate: Callable[..., Any] = lambda *factors: np.prod(factors, axis=0)


PRODUCT = Each()
"""The factors multiplied."""


def compared(sign: str, number: Any, text: str) -> Each:
    """1 for what stands so to a number ("x <= 0.5"), else 0."""
    compare = {"==": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater}[sign]
    return Each(f"x {sign} {text}", lambda x: compare(x, number))


def scalar(value: Any) -> Scalar:
    """A NumPy number as Python's own."""
    result: Scalar = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    return result


def sum_of(
    form: str,
    columns: Sequence[Column],
    recorded: Scalar | None,
    dtype: str,
    shown: int | None = SHOWN,
    label: Message | None = None,
    rounds: int = 0,
    each: Each = PRODUCT,
    slack: float = 0.0,
) -> Equation:
    """A sum that adds up as printed.

    Args:
        form: one of `SUMS`.
        columns: the factors, each with one number for each term.
        recorded: the sum that was recorded; None if it was not, and is recomputed here.
        dtype: of the sum.
        shown: how many terms to list, the largest; None for all.
        label: what a recomputed sum is called.
        rounds: how many roundings there were besides those of the sum (an operand that was cast on its way in).
        each: how a term comes from its factors.
        slack: what the operation may be off besides, where it computes the factors itself.
    """
    with np.errstate(all="ignore"):
        values = np.asarray(each.evaluate(*(column.values.astype("float64") for column in columns)), "float64")
        magnitude = float(np.abs(values).sum())
    exact = exact_sum(values)
    bound = (of_sum(len(values)) + rounds) * EPSILON.get(dtype, 0.0) * magnitude + slack
    chosen = _largest(values, shown)
    terms = [Term(tuple(column.number(k) for column in columns), float(values[k]), "", int(k)) for k in chosen]
    left_out = np.delete(values, chosen)
    rest = Rest(len(left_out), exact_sum(left_out), "") if len(left_out) else None
    value = exact if recorded is None else recorded
    equation = Equation(
        form, value, "", tuple(terms), len(values), rest, exact, residue(value, exact, magnitude, dtype),
        bound if math.isfinite(bound) else 0.0, each.formula, label, recorded is None,
    )  # fmt: skip
    return _printed(equation, each, "float64" if recorded is None else dtype)


def formula_of(
    form: str,
    formula: str,
    numbers: Sequence[Number],
    evaluate: Callable[..., float],
    recorded: Scalar | None,
    dtype: str,
    scale: float = 0.0,
    roundings: float = 8,
    label: Message | None = None,
) -> Equation:
    """A formula whose printed numbers give the printed value.

    Args:
        form: one of `FORMULAS`.
        formula: in the names of the numbers.
        numbers: in the order in which `evaluate` takes them.
        evaluate: the formula in float64.
        recorded: the number that was recorded; None if it was not, and is recomputed here.
        dtype: of the result.
        scale: the largest magnitude met on the way, where it exceeds the result's (`1 + erf(x)`).
        roundings: how many units of the last place the type's own arithmetic may be off.
        label: what a recomputed number is called.
    """
    exact = _evaluated(evaluate, [_plain(number.value) for number in numbers])
    value = exact if recorded is None else recorded
    magnitude = max(abs(exact), scale)
    bound = roundings * EPSILON.get(dtype, 0.0) * magnitude if math.isfinite(magnitude) else 0.0
    equation = Equation(
        form, value, "", (Term(tuple(numbers), exact, ""),), 1, None, exact,
        residue(value, exact, magnitude, dtype), bound + tiniest(dtype), formula, label, recorded is None,
    )  # fmt: skip
    each = Each(formula, lambda *values: _evaluated(evaluate, values))
    return _printed(equation, each, "float64" if recorded is None else dtype)


def choice_of(
    form: str,
    column: Column,
    winner: int,
    recorded: Scalar,
    dtype: str,
    shown: int | None = SHOWN,
    each: Each = PRODUCT,
) -> Equation:
    """The largest or smallest of some numbers, or of what `each` makes of them, the one that was taken marked."""
    values = np.asarray(each.evaluate(column.values)) if each.formula else column.values
    order = np.argsort(values if form == "minimum of" else -values.astype("float64"), kind="stable")
    listed = len(values) if shown is None else shown
    chosen = sorted({winner, *(int(k) for k in order[:listed])})
    terms = []
    for k in chosen:
        number = column.number(k)
        text = str(scalar(values[k])) if each.formula else number.printed
        terms.append(Term((number,), float(values[k]), text, k, k == winner))
    others = [int(k) for k in order if int(k) not in set(chosen)]
    rest = None
    if others:
        text = str(scalar(values[others[0]])) if each.formula else column.number(others[0]).printed
        rest = Rest(len(others), float(values[others[0]]), text)
    exact: Scalar = scalar(values[winner]) if form != "position of" else recorded
    text = printing.shortest(recorded, dtype)
    magnitude = abs(float(values[winner]))
    return Equation(
        form, recorded, text, tuple(terms), len(values), rest, exact,
        residue(recorded, exact, magnitude, dtype), 0.0, each.formula,
    )  # fmt: skip


def recomputed(equation: Equation, name: str) -> Number:
    """What an equation gave, as a number of the next one."""
    return Number(equation.value, equation.printed, name=name, recomputed=True)


def copy_of(form: str, number: Number, recorded: Scalar, dtype: str) -> Equation:
    """The same number, from another cell."""
    text = printing.shortest(recorded, dtype)
    value = number.value
    same = value == recorded or (value != value and recorded != recorded)
    term = Term((number,), as_float(value), number.printed, marked=True)
    return Equation(form, recorded, text, (term,), 1, None, value, 0.0 if same else math.nan, 0.0, adds_up=same)


def origin_of(form: str, recorded: Scalar, dtype: str, numbers: Sequence[Number] = ()) -> Equation:
    """A number that is not computed from other cells, or not by anything known here."""
    terms = tuple(Term((number,), as_float(number.value), number.printed, k) for k, number in enumerate(numbers))
    return Equation(form, recorded, printing.shortest(recorded, dtype), terms, len(terms), None, recorded)


def _printed(equation: Equation, each: Each, dtype: str) -> Equation:
    """The equation with its texts."""
    value, terms, rest = as_float(equation.value), equation.terms, equation.rest
    finite = [term.value for term in terms] + ([rest.value] if rest else []) + [value]
    if not all(math.isfinite(x) for x in finite):
        texts = [printing.significant(x, 7) for x in finite]
        adds_up = equation.exact == equation.value or (math.isnan(value) and math.isnan(as_float(equation.exact)))
        total = printing.Sum(tuple(texts[:-1]), texts[-1])
    else:
        products = [_from_printed(term, each) for term in terms] + ([Decimal(rest.value)] if rest else [])
        if equation.recomputed:  # it is what the printed numbers give
            value = float(_added(products))
            equation = replace(equation, value=value, exact=value)
        digits = RECOMPUTED_DIGITS if equation.recomputed else (printing.MOST_DIGITS, printing.LEAST_DIGITS)
        text = str(int(value)) if isinstance(equation.value, bool) else printing.shortest(equation.value, dtype)
        total = printing.printed_sum(products, Decimal(equation.value), text, digits)  # type: ignore[arg-type]
        adds_up = equation.holds
    written = tuple(replace(term, printed=text) for term, text in zip(terms, total.terms, strict=False))
    rest = replace(rest, printed=total.terms[-1]) if rest else None
    printed = str(equation.value) if isinstance(equation.value, bool) else total.value
    return replace(equation, terms=written, rest=rest, printed=printed, rounding=total.rounding, adds_up=adds_up)


def _added(numbers: Sequence[Decimal]) -> Decimal:
    with decimal.localcontext(prec=120, Emin=-9999, Emax=9999):
        return sum(numbers, Decimal(0))


def _from_printed(term: Term, each: Each) -> Decimal:
    """What the factors give as they are printed."""
    if each.formula:
        return Decimal(float(each.evaluate(*(_read(factor) for factor in term.factors))))
    with decimal.localcontext(prec=120, Emin=-9999, Emax=9999):
        result = Decimal(1)
        for factor in term.factors:
            result *= Decimal(int(factor.value)) if isinstance(factor.value, bool) else Decimal(factor.printed)
        return result


def _largest(values: np.ndarray, shown: int | None) -> np.ndarray:
    """Positions of the terms to list, in order: those that are no numbers first of all, then the largest."""
    if shown is None or len(values) <= shown:
        return np.arange(len(values))
    weight = np.where(np.isfinite(values), np.abs(values), np.inf)
    return np.sort(np.argsort(-weight, kind="stable")[:shown])


def _evaluated(evaluate: Callable[..., float], values: Sequence[Any]) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(evaluate(*values))
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _plain(value: Scalar) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _read(number: Number) -> Any:
    """The number as it is printed."""
    return float(number.printed) if isinstance(number.value, float) else _plain(number.value)


def as_float(value: Scalar) -> float:
    """A real number as it is; NaN for anything else."""
    return math.nan if isinstance(value, (str, complex)) else float(value)
