"""More operations of two numbers, as a table: how each is written and how it is computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.arithmetic.binary import pair
from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Listed, formula_of, scalar, sum_of
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number

Evaluate = Callable[[Any, Any], Any]


def _logaddexp2(a: float, b: float) -> float:
    return float(np.logaddexp2(np.float64(a), np.float64(b)))


def _larger(a: float, b: float) -> float:
    return b if math.isnan(a) else a if math.isnan(b) else max(a, b)


def _smaller(a: float, b: float) -> float:
    return b if math.isnan(a) else a if math.isnan(b) else min(a, b)


def _step(a: float, b: float) -> float:
    return b if a == 0 else float(a > 0)


def _times_log(a: float, b: float) -> float:
    return 0.0 if a == 0 else a * math.log(b)


def _of_integers(function: Callable[[int, int], int]) -> Evaluate:
    return lambda a, b: function(int(a), int(b))


PAIRS: dict[str, tuple[str, Evaluate, str]] = {
    "fmax": ("max(a, b)", _larger, "The larger of two numbers; NaN does not count."),
    "fmin": ("min(a, b)", _smaller, "The smaller of two numbers; NaN does not count."),
    "fmod": ("a - b * trunc(a / b)", math.fmod, "What a division leaves, with the sign of the first."),
    "hypot": ("sqrt(a * a + b * b)", math.hypot, "The length of the longest side of a right triangle."),
    "logaddexp": ("log(exp(a) + exp(b))", np.logaddexp, "The logarithm of a sum of exponentials."),
    "logaddexp2": ("log2(2^a + 2^b)", _logaddexp2, "The logarithm of a sum of powers of 2."),
    "heaviside": ("0 if a < 0, b if a = 0, 1 if a > 0", _step, "A step at 0."),
    "gcd": ("the greatest common divisor of a and b", _of_integers(math.gcd), "The greatest common divisor."),
    "lcm": ("the least common multiple of a and b", _of_integers(math.lcm), "The least common multiple."),
    "ldexp": ("a * 2^b", lambda a, b: math.ldexp(a, int(b)), "A number times a power of 2."),
    "xlogy": ("a * log(b)", _times_log, "A number times a logarithm; 0 if the number is 0."),
    "xlog1py": ("a * log(1 + b)", lambda a, b: _times_log(a, 1 + b), "A number times a logarithm."),
    "xdivy": ("a / b", lambda a, b: 0.0 if a == 0 else a / b, "A quotient; 0 if the first number is 0."),
    "multiply_no_nan": ("a * b", lambda a, b: 0.0 if b == 0 else a * b, "A product; 0 if the second number is 0."),
}
"""By their short names: the formula, its computation, a sentence."""


def _explain(case: Case, formula: str, evaluate: Evaluate, headline: str) -> Explanation:
    numbers = [
        Number(n.value, n.printed, n.tensor, n.index, name, n.recomputed)
        for n, name in zip(pair(case), "ab", strict=True)
    ]
    scale = max(abs(float(n.value)) for n in numbers)  # type: ignore[arg-type]
    result = formula_of(
        "function of",
        formula,
        numbers,
        lambda a, b: float(evaluate(a, b)),
        case.value,
        case.dtype,
        scale=scale if math.isfinite(scale) else 0.0,
        roundings=8,
    )
    return case.answer(headline, result)


def _register(name: str, formula: str, evaluate: Evaluate, headline: str) -> None:
    @explains(f"keras.ops.{name}")
    def explain(case: Case) -> Explanation:
        return _explain(case, formula, evaluate, headline)

    del explain


for _name, _row in PAIRS.items():
    _register(_name, *_row)


@explains("keras.ops.nextafter")
def next_after(case: Case) -> Explanation:
    """The neighbour among the numbers of the type."""
    kind = case.tensor.value.dtype.type
    return _explain(
        case,
        "the neighbour of a towards b",
        lambda a, b: np.nextafter(kind(a), kind(b)),
        "The next number of its type.",
    )


@explains("keras.ops.isclose")
def is_close(case: Case) -> Explanation:
    """A comparison with a tolerance."""
    first, second = pair(case)
    most, least = (case.literal(name, place) for name, place in (("rtol", 2), ("atol", 3)))
    numbers = [
        Number(first.value, first.printed, first.tensor, first.index, "a"),
        Number(second.value, second.printed, second.tensor, second.index, "b"),
        *(Number(scalar(v), repr(v), name=n) for n, v in (("rtol", most), ("atol", least))),
    ]
    result = formula_of(
        "logical",
        "|a - b| <= atol + rtol * |b|",
        numbers,
        lambda a, b, r, t: float(a == b or abs(a - b) <= t + r * abs(b)),
        case.value,
        case.dtype,
    )
    return case.answer("A comparison of two numbers with a tolerance.", result)


@explains("tf.bias_add")
def bias_add(case: Case) -> Explanation:
    """One number for each channel, added."""
    x, bias = case.need("x", 0), case.need("bias", 1)
    first = str(case.literal("data_format", 2) or "").startswith("NC")
    own, added = x.number(case.index), bias.number((case.index[1 if first else -1],))
    result = sum_of("sum", [Listed(own, added)], case.value, case.dtype, case.shown)
    return case.answer("A sum of two numbers.", result)
