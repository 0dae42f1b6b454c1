"""How numbers are written so that the arithmetic on the page adds up as printed."""

from __future__ import annotations

import decimal
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from explorer.model.explanation import Scalar

MOST_DIGITS = 9
"""Nine significant digits tell every float32 from its neighbours; more would be decoration."""
LEAST_DIGITS = 4
_CONTEXT = decimal.Context(prec=120, rounding=ROUND_HALF_EVEN, Emin=-9999, Emax=9999)
_LONGEST_FIXED = 15
"""Beyond so many places a number is written with an exponent."""
_LONGEST_WHOLE = 19
"""Whole numbers are written whole up to the largest integer."""


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
    """The number rounded to so many decimals (fewer than none: to tens, hundreds, with an exponent), never "-0"."""
    rounded = _round(number, decimals)
    rounded = abs(rounded) if rounded == 0 else rounded
    return format(rounded, "f" if 0 <= decimals <= _LONGEST_FIXED else "E")


@dataclass(frozen=True)
class Sum:
    """A sum as printed: `terms` and `rounding`, which is "" for nothing, add to `value`."""

    terms: tuple[str, ...]
    value: str
    rounding: str = ""


def printed_sum(
    terms: Sequence[Decimal], value: Decimal, text: str, digits: tuple[int, int] = (MOST_DIGITS, LEAST_DIGITS)
) -> Sum:
    """The terms and their sum, each rounded to the same decimals, and what rounding has added.

    The most decimals are taken at which nothing is left over, while the value keeps its least digits. If there are
    none, the value keeps all its digits as far as the largest number has the most, and the rounding is told.

    Args:
        terms: exact in terms of the numbers printed beside them.
        value: what they should give.
        text: the shortest text of the value.
        digits: the most significant digits of the largest number, and the least of the value.
    """
    largest = max((_magnitude(x) for x in (*terms, value) if x), default=0)
    if largest <= _LONGEST_WHOLE and all(x == x.to_integral_value(context=_CONTEXT) for x in (*terms, value)):
        return _rounded(terms, value, 0)
    own = max(-int(Decimal(text).normalize().as_tuple().exponent), 0)
    high = digits[0] - 1 - largest
    low = max(digits[1] - 1 - _magnitude(value), min(high, 0)) if value else high
    tries = (_rounded(terms, value, decimals) for decimals in range(high, low - 1, -1))
    found = next((total for total in tries if not total.rounding), None)
    return _short(found or _rounded(terms, value, sorted((low, own, high))[1]))


def _rounded(terms: Sequence[Decimal], value: Decimal, decimals: int) -> Sum:
    rounded = [_round(x, decimals) for x in terms]
    total = _round(value, decimals)
    with decimal.localcontext(_CONTEXT):
        left = total - sum(rounded, Decimal(0))
    texts = tuple(written(x, decimals) for x in rounded)
    return Sum(texts, written(total, decimals), written(left, decimals) if left else "")


def _short(total: Sum) -> Sum:
    """The same numbers without the decimals that are 0 in all of them: "2.500", "-0.500" as "2.5", "-0.5"."""
    texts = (*total.terms, total.value, *filter(None, [total.rounding]))
    if not all("." in text and "E" not in text for text in texts):
        return total
    spare = min(len(text) - len(text.rstrip("0")) for text in texts)
    short = [text[: len(text) - spare].rstrip(".") for text in texts]
    count = len(total.terms)
    return Sum(tuple(short[:count]), short[count], short[-1] if total.rounding else "")


def _round(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals, _CONTEXT), context=_CONTEXT)


def _magnitude(number: Decimal) -> int:
    return number.adjusted() if number else 0
