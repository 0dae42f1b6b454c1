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
from explorer.explanation import Equation, Number, Rest, Scalar, Term
from explorer.trace import Message

SHOWN = 12
"""So many terms of a long sum are listed unless more are asked for."""
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
LARGEST = {"float16": 65504.0, "bfloat16": 3.3895314e38, "float32": 3.4028235e38, "float64": 1.7976931348623157e308}
"""The distance from 1 to the next number, and the largest finite number, by dtype."""


@dataclass(frozen=True, eq=False)
class Column:
    """The numbers of one factor, for all terms.

    Attributes:
        values: shape (n,).
        tensor: the id of the tensor they are cells of, or "".
        indices: shape (n, rank), or None without a tensor.
        dtype: their type, for writing them.
        recomputed: whether they were computed for this explanation.
    """

    values: np.ndarray
    tensor: str = ""
    indices: np.ndarray | None = None
    dtype: str = "float32"
    recomputed: bool = False

    def number(self, position: int) -> Number:
        """The factor of one term."""
        value = scalar(self.values[position])
        index = () if self.indices is None else tuple(int(i) for i in self.indices[position])
        text = printing.shortest(value, self.dtype)
        return Number(value, text, self.tensor, index, recomputed=self.recomputed)


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
) -> Equation:
    """A sum of products that adds up as printed.

    Args:
        form: one of `SUMS`.
        columns: the factors, each with one number for each term.
        recorded: the sum that was recorded; None if it was not, and is recomputed here.
        dtype: of the sum.
        shown: how many terms to list, the largest; None for all.
        label: what a recomputed sum is called.
        rounds: how many roundings there were besides those of the sum (an operand that was cast on its way in).
    """
    with np.errstate(all="ignore"):
        values = np.prod([column.values.astype("float64") for column in columns], axis=0)
        magnitude = float(np.abs(values).sum())
    count = len(values)
    exact = exact_sum(values)
    value = exact if recorded is None else recorded
    bound = (max(count, 1) + rounds) * EPSILON.get(dtype, 0.0) * magnitude
    bound = bound if math.isfinite(bound) else 0.0
    chosen = _largest(values, shown)
    terms = [Term(tuple(column.number(k) for column in columns), float(values[k]), "", int(k)) for k in chosen]
    left_out = np.delete(values, chosen)
    rest = Rest(len(left_out), exact_sum(left_out), "") if len(left_out) else None
    equation = Equation(
        form, value, "", tuple(terms), count, rest, exact, residue(value, exact, magnitude, dtype), bound,
        label=label, recomputed=recorded is None,
    )  # fmt: skip
    return _printed(equation)


def formula_of(
    form: str,
    formula: str,
    numbers: Sequence[Number],
    evaluate: Callable[..., float],
    recorded: Scalar,
    dtype: str,
    scale: float = 0.0,
    roundings: int = 16,
) -> Equation:
    """A formula whose printed numbers give the printed value.

    Args:
        form: one of `FORMULAS`.
        formula: in the names of the numbers.
        numbers: in the order in which `evaluate` takes them.
        evaluate: the formula in float64.
        recorded: the number that was recorded.
        dtype: of the result.
        scale: the largest magnitude met on the way, where it exceeds the result's (`1 + erf(x)`).
        roundings: how many units of the last place the type's own arithmetic may be off.
    """
    exact = _evaluated(evaluate, [_plain(number.value) for number in numbers])
    value = float(recorded) if not isinstance(recorded, (str, complex)) else math.nan
    if dtype in EPSILON:
        text, adds_up = printing.printed_formula(
            _evaluated(evaluate, [_plain(_read(number)) for number in numbers]), value
        )
    else:
        text, adds_up = printing.shortest(recorded, dtype), exact == value
    bound = roundings * EPSILON.get(dtype, 0.0) * max(abs(exact), scale) if math.isfinite(exact) else 0.0
    bound += _tiniest(dtype)
    term = Term(tuple(numbers), exact, text)
    return Equation(
        form, recorded, text, (term,), 1, None, exact, residue(value, exact, max(abs(exact), scale), dtype), bound,
        formula, adds_up=adds_up,
    )  # fmt: skip


def choice_of(
    form: str, column: Column, winner: int, recorded: Scalar, dtype: str, shown: int | None = SHOWN
) -> Equation:
    """The largest or smallest of some numbers, the one that was taken marked."""
    values = column.values
    order = np.argsort(values if form == "minimum of" else -values.astype("float64"), kind="stable")
    listed = len(values) if shown is None else shown
    chosen = sorted({winner, *(int(k) for k in order[:listed])})
    terms = []
    for k in chosen:
        number = column.number(k)
        terms.append(Term((number,), float(values[k]), number.printed, k, k == winner))
    others = [int(k) for k in order if int(k) not in set(chosen)]
    next_one = column.number(others[0]) if others else None
    rest = Rest(len(others), float(values[others[0]]), next_one.printed) if next_one else None
    exact: Scalar = scalar(values[winner]) if form != "position of" else recorded
    text = printing.shortest(recorded, dtype)
    magnitude = abs(float(values[winner]))
    return Equation(
        form, recorded, text, tuple(terms), len(values), rest, exact,
        residue(recorded, exact, magnitude, dtype), 0.0,
    )  # fmt: skip


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


def exact_sum(values: np.ndarray) -> float:
    """The sum without rounding on the way; NaN and infinities as IEEE has them."""
    if np.isfinite(values).all():
        return math.fsum(values.tolist())
    with np.errstate(all="ignore"):
        return float(values.sum())


def residue(value: Scalar, exact: Scalar, magnitude: float, dtype: str) -> float:
    """`value - exact`. NaN agrees with NaN, an infinity with the same infinity, and either with an overflow."""
    if isinstance(value, (str, complex)) or isinstance(exact, (str, complex)):
        return 0.0 if value == exact else math.nan
    if value == exact or (math.isnan(value) and math.isnan(exact)):
        return 0.0
    if not (math.isfinite(value) and math.isfinite(exact)):
        overflow = math.isfinite(exact) and LARGEST.get(dtype, math.inf) < magnitude < math.inf
        return 0.0 if overflow else math.nan
    return float(value) - float(exact)


def _printed(equation: Equation) -> Equation:
    """The equation with its texts."""
    value, terms, rest = equation.value, equation.terms, equation.rest
    finite = [t.value for t in terms] + ([rest.value] if rest else []) + [as_float(value)]
    if not all(math.isfinite(x) for x in finite):
        written = tuple(replace(term, printed=printing.significant(term.value, 7)) for term in terms)
        rest = replace(rest, printed=printing.significant(rest.value, 7)) if rest else None
        return replace(equation, terms=written, rest=rest, printed=str(as_float(value)))
    products = [_product(term) for term in terms] + ([Decimal(rest.value)] if rest else [])
    if isinstance(value, (bool, int)) and all(x == x.to_integral_value() for x in products):
        adds_up = sum(products) == int(value)
        total = printing.Sum(tuple(str(int(x)) for x in products), str(value), (False,) * len(products), adds_up)
    elif equation.recomputed:
        total = printing.printed_total(products, Decimal(equation.exact))  # type: ignore[arg-type]
    else:
        total = printing.printed_sum(products, Decimal(value))  # type: ignore[arg-type]
    total = printing.without_common_zeros(total)
    written = tuple(
        replace(term, printed=text, nudged=nudged)
        for term, text, nudged in zip(terms, total.terms, total.nudged, strict=False)
    )
    rest = replace(rest, printed=total.terms[-1], nudged=total.nudged[-1]) if rest else None
    return replace(equation, terms=written, rest=rest, printed=total.value, adds_up=total.adds_up)


def _product(term: Term) -> Decimal:
    """The product of the factors as they are printed."""
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


def _read(number: Number) -> Scalar:
    return float(number.printed) if isinstance(number.value, float) else number.value


def as_float(value: Scalar) -> float:
    """A real number as it is; NaN for anything else."""
    return math.nan if isinstance(value, (str, complex)) else float(value)


def _tiniest(dtype: str) -> float:
    """Below the smallest normal number some processors say 0."""
    return {"float16": 6.2e-5, "bfloat16": 1.2e-38, "float32": 1.2e-38, "float64": 2.3e-308}.get(dtype, 0.0)
