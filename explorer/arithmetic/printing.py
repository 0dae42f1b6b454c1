"""How numbers are written so that the arithmetic on the page adds up as printed."""

from __future__ import annotations

import decimal
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from explorer.explanation import Scalar

MOST_DIGITS = 9
"""Nine significant digits tell every float32 from its neighbours; more would be decoration."""
LEAST_DIGITS = 4
_CONTEXT = decimal.Context(prec=120, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999)
_LONGEST_FIXED = 15
"""Beyond so many places a number is written with an exponent."""


def shortest(value: Scalar, dtype: str = "float32") -> str:
    """The shortest text that reads back as the same number of that type.

    Args:
        value: the number.
        dtype: "float32" also serves float16 and bfloat16, whose numbers are all float32 numbers.
    """
    if isinstance(value, (str, bool, int, complex)):
        return str(value)
    if not math.isfinite(value):
        return str(float(value))
    number: Any = np.float64(value) if dtype == "float64" else np.float32(value)
    if number != 0 and not 1e-5 <= abs(number) < 1e9:
        return np.format_float_scientific(number, unique=True, trim="-", exp_digits=1)
    return np.format_float_positional(number, unique=True, trim="-")


def significant(value: float, digits: int) -> str:
    """The number at so many significant digits."""
    if not math.isfinite(value):
        return str(float(value))
    number = Decimal(value)
    return written(number, digits - 1 - _magnitude(number))


def written(number: Decimal, decimals: int) -> str:
    """The number rounded to so many decimals (fewer than none: to tens, hundreds), never "-0"."""
    rounded = _round(number, decimals)
    rounded = abs(rounded) if rounded == 0 else rounded
    return format(rounded, "f" if abs(decimals) <= _LONGEST_FIXED else "E")


@dataclass(frozen=True)
class Sum:
    """A sum as printed: `terms` are the texts, `nudged` which of them are rounded the other way."""

    terms: tuple[str, ...]
    value: str
    nudged: tuple[bool, ...]
    adds_up: bool = True


def printed_sum(terms: Sequence[Decimal], value: Decimal) -> Sum:
    """The terms and their sum with the most digits at which what is printed adds up.

    Between nine and four significant digits the first number of decimals is taken at which the rounded terms add to
    the rounded value. If there is none, the fewest terms that will do are rounded the other way. Where cancellation
    or a coarse type has eaten the digits, fewer are printed.

    Args:
        terms: the terms that are listed, exact in terms of the numbers printed beside them.
        value: the number that was recorded.
    """
    largest = max((_magnitude(x) for x in (*terms, value) if x), default=0)
    high = MOST_DIGITS - 1 - largest
    low = min(high, LEAST_DIGITS - 1 - (_magnitude(value) if value else largest))
    for ladder in (range(high, low - 1, -1), range(low - 1, low - 2 - MOST_DIGITS, -1)):
        tries = [_attempt(terms, value, decimals) for decimals in ladder]
        found = [(moves, place) for place, (moves, _) in enumerate(tries) if moves is not None]
        if found:
            return tries[min(found)[1]][1]  # the fewest nudges; among equals the most decimals
        if any(_round(value, decimals) == 0 for decimals in ladder):
            break
    sums = [written(x, low) for x in terms]
    return Sum(tuple(sums), written(value, low), (False,) * len(sums), adds_up=False)


def printed_total(terms: Sequence[Decimal], exact: Decimal) -> Sum:
    """The same for a sum that was not recorded: the printed value is the sum of the printed terms."""
    largest = max((_magnitude(x) for x in terms if x), default=0)
    decimals = MOST_DIGITS - largest
    rounded = [_round(x, decimals) for x in terms]
    total = sum(rounded, Decimal(0)) if rounded else exact
    return Sum(tuple(written(x, decimals) for x in rounded), written(total, decimals), (False,) * len(rounded))


def without_common_zeros(total: Sum) -> Sum:
    """The same numbers without the decimals that are 0 in all of them: "2.500", "-0.500" as "2.5", "-0.5"."""
    texts = (*total.terms, total.value)
    if not all("." in text and "E" not in text for text in texts):
        return total
    spare = min(len(text) - len(text.rstrip("0")) for text in texts)
    short = [text[: len(text) - spare].rstrip(".") for text in texts]
    return replace(total, terms=tuple(short[:-1]), value=short[-1])


def printed_formula(from_printed: float, value: float) -> tuple[str, bool]:
    """The most significant digits at which the formula of the printed numbers gives the recorded value."""
    if not (math.isfinite(from_printed) and math.isfinite(value)):
        return str(float(value)), math.isnan(from_printed) == math.isnan(value)
    for digits in range(MOST_DIGITS, 0, -1):
        text = significant(value, digits)
        decimals = digits - 1 - _magnitude(Decimal(value))
        if Decimal(text) == _round(Decimal(from_printed), decimals):
            return text, True
    return significant(value, LEAST_DIGITS), False


def _attempt(terms: Sequence[Decimal], value: Decimal, decimals: int) -> tuple[int | None, Sum]:
    """How many terms must be rounded the other way at so many decimals, and the sum; None if it cannot be done."""
    unit = Decimal(1).scaleb(-decimals, _CONTEXT)
    rounded = [_round(x, decimals) for x in terms]
    target = _round(value, decimals)
    with decimal.localcontext(_CONTEXT):
        gap = int((target - sum(rounded, Decimal(0))) / unit)
        step = unit if gap > 0 else -unit
        room = sorted(  # those that lost most on the way to their rounded number
            (k for k, x in enumerate(terms) if (x - rounded[k]) * step > 0), key=lambda k: -abs(terms[k] - rounded[k])
        )
        moved = frozenset(room[: abs(gap)])
        rounded = [x + step if k in moved else x for k, x in enumerate(rounded)]
    result = Sum(
        tuple(written(x, decimals) for x in rounded),
        written(target, decimals),
        tuple(k in moved for k in range(len(rounded))),
    )
    vanished = not any(rounded) and any(terms)
    return (None if vanished or len(room) < abs(gap) else abs(gap)), result


def _round(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals, _CONTEXT), context=_CONTEXT)


def _magnitude(number: Decimal) -> int:
    return number.adjusted() if number else 0
