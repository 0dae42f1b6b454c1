"""Printed sums add up digit for digit, with at least four significant digits where nothing cancelled."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arithmetic.printing import LEAST_DIGITS, printed_sum, shortest, significant

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False).filter(
    lambda x: abs(x) < 1e30
)


@given(FLOATS)
def test_the_shortest_text_reads_back(value: float) -> None:
    text = shortest(value)
    assert np.float32(text) == np.float32(value)
    assert len(text) <= len(repr(float(np.float32(value))))


def test_texts() -> None:
    assert shortest(float(np.float32(0.1))) == "0.1"
    assert shortest(float("nan")) == "nan" and shortest(-np.inf) == "-inf"
    assert shortest(True) == "True" and shortest(3) == "3"
    assert shortest(0.1 + 0.2, "float64") == "0.30000000000000004"
    assert significant(1234.5678, 4) == "1235" and significant(-0.00001, 2) == "-0.000010"


@given(st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=13), st.integers(0, 2**32))
def test_float32_sums_add_up(terms: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(terms))
    total = np.float32(0)
    for k in order:
        total = np.float32(total + np.float32(terms[k]))
    kept(terms, float(total))


@given(st.lists(FLOATS, min_size=1, max_size=13), FLOATS)
def test_any_terms_and_any_value_add_up_with_the_rounding_that_is_told(terms: list[float], value: float) -> None:
    kept(terms, value)


def kept(terms: list[float], value: float) -> None:
    """Every number rounded, none the other way; the value recognisable; nothing hidden in missing digits."""
    exact = [Decimal(shortest(x)) for x in terms]
    found = printed_sum(exact, Decimal(value), shortest(value))
    with localcontext(prec=200):
        assert sum(map(Decimal, found.terms), Decimal(0)) + Decimal(found.rounding or 0) == Decimal(found.value)
        for text, number in zip((*found.terms, found.value), (*exact, Decimal(value)), strict=True):
            assert abs(Decimal(text) - number) <= Decimal(1).scaleb(exponent(text)) / 2
        least = Decimal(1).scaleb(Decimal(value).adjusted() - LEAST_DIGITS + 1) / 2 if value else 0
        assert abs(Decimal(found.value) - Decimal(value)) <= least or np.float32(found.value) == np.float32(value)


def exponent(text: str) -> int:
    return int(Decimal(text).as_tuple().exponent)


@pytest.mark.parametrize(
    ("terms", "value", "texts", "rounding"),
    [
        ([1e8, 1, -1e8, 3], 3, ("100000000", "1", "-100000000", "3"), "-1"),
        ([1e8, 1, -1e8, 3.5], 3, ("100000000", "1", "-100000000", "4"), "-2"),
        ([0.25, 0.5], 0.75, ("0.25", "0.50"), ""),
        ([1, 1], 5, ("1", "1"), "3"),
        ([1.5, -1.5], 0, ("1.5", "-1.5"), ""),
    ],
)
def test_what_is_left_over_is_told(terms: list[float], value: float, texts: tuple[str, ...], rounding: str) -> None:
    found = printed_sum([Decimal(x) for x in terms], Decimal(value), shortest(float(value)))
    assert (found.terms, found.rounding) == (texts, rounding)


def test_a_formula_is_a_sum_of_one_term() -> None:
    def formula(gives: float, recorded: float) -> tuple[str, str, str]:
        found = printed_sum([Decimal(gives)], Decimal(recorded), shortest(recorded))
        return found.terms[0], found.rounding, found.value

    assert formula(0.123456789, 0.123456789) == ("0.123456789", "", "0.123456789")
    assert formula(0.12341, 0.12349) == ("0.12341", "0.00008", "0.12349")
    assert formula(0.123443, 0.123449) == ("0.1234", "", "0.1234")
