"""Printed sums add up digit for digit, with at least four significant digits where nothing cancelled."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.arithmetic.printing import (
    LEAST_DIGITS,
    printed_formula,
    printed_sum,
    printed_total,
    shortest,
    significant,
)

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
    exact = [Decimal(shortest(x)) for x in terms]
    found = printed_sum(exact, Decimal(float(total)))
    assert found.adds_up
    assert sum(map(Decimal, found.terms), Decimal(0)) == Decimal(found.value)
    unit = Decimal(1).scaleb(Decimal(found.value).as_tuple().exponent)
    assert abs(Decimal(found.value) - Decimal(float(total))) <= unit / 2
    for text, term, nudged in zip(found.terms, exact, found.nudged, strict=True):
        assert abs(Decimal(text) - term) <= (unit if nudged else unit / 2)
    largest = max(abs(x) for x in terms)
    if total and abs(float(total)) > largest / 100:  # nothing cancelled
        digits = Decimal(found.value).adjusted() - Decimal(found.value).as_tuple().exponent + 1
        assert digits >= LEAST_DIGITS


def test_what_cannot_add_up_says_so() -> None:
    assert not printed_sum([Decimal(1), Decimal(1)], Decimal(5)).adds_up


@given(st.lists(FLOATS, min_size=1, max_size=12))
def test_a_recomputed_sum_is_the_sum_of_what_is_printed(terms: list[float]) -> None:
    exact = [Decimal(x) for x in terms]
    found = printed_total(exact, sum(exact, Decimal(0)))
    assert sum(map(Decimal, found.terms), Decimal(0)) == Decimal(found.value)


def test_a_formula_prints_the_digits_that_are_right() -> None:
    assert printed_formula(0.123456789, 0.123456789) == ("0.123456789", True)
    assert printed_formula(0.12341, 0.12349) == ("0.123", True)
    assert printed_formula(1.0, 2.0)[1] is False
