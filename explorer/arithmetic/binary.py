"""Two operands and a sign, with broadcasting: sums, differences, products, quotients, powers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import Listed, choice_of, formula_of, scalar, sum_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number


def pair(case: Case) -> tuple[Number, Number]:
    """The two numbers that meet in the cell."""
    numbers = []
    for name, position in (("x1", 0), ("x2", 1)):
        given = case.given(name, position) or case.need("x", position)
        if (
            not given.tensor
            and given.literal is not None
            and given.array.dtype.kind not in "biu"
            and np.isnan(given.array).all()
        ):
            raise CannotExplain(f"`{given.text}` is no number")
        dtype = _partner_dtype(case) if not given.tensor else given.dtype
        number = given.number(given.index_for(case.index), dtype)
        numbers.append(number)
    return numbers[0], numbers[1]


def _partner_dtype(case: Case) -> str:
    """A literal takes the type of the tensor it meets; a fraction that meets integers makes a fraction."""
    if case.dtype != "bool":
        return case.dtype
    dtypes = [case.find(name).dtype for operand in case.step.operands for name in operand.tensors]
    return dtypes[0] if dtypes else case.dtype


def _casts(case: Case) -> int:
    single = [operand.tensors[0] for operand in case.step.operands if len(operand.tensors) == 1]
    return 2 * any(case.find(name).dtype != case.dtype for name in single)


@explains("+", "keras.ops.add")
def add(case: Case) -> Explanation:
    """Two numbers added."""
    if case.dtype == "string":
        raise CannotExplain("texts")
    first, second = pair(case)
    result = sum_of("sum", [Listed(first, second)], case.value, case.dtype, case.shown, rounds=_casts(case))
    return case.answer("A sum of two numbers.", result)


@explains("-", "keras.ops.subtract")
def subtract(case: Case) -> Explanation:
    """One number taken from another: the second term has the factor -1."""
    first, second = pair(case)
    sign = Listed(Number(1, "1"), Number(-1, "-1"))
    result = sum_of("sum", [sign, Listed(first, second)], case.value, case.dtype, case.shown, rounds=_casts(case))
    return case.answer("A difference of two numbers.", result)


@explains("*", "keras.ops.multiply")
def multiply(case: Case) -> Explanation:
    """Two numbers multiplied."""
    first, second = pair(case)
    result = sum_of("product", [Listed(first), Listed(second)], case.value, case.dtype, rounds=_casts(case))
    return case.answer("A product of two numbers.", result)


@explains("neg", "keras.ops.negative")
def negative(case: Case) -> Explanation:
    """The other sign."""
    x = case.given("x", 0) or case.need("x1", 0)
    number = x.number(x.index_for(case.index))
    result = sum_of("product", [Listed(Number(-1, "-1")), Listed(number)], case.value, case.dtype)
    return case.answer("The same number with the other sign.", result)


def _formula(
    operations: tuple[str, ...], form: str, formula: str, evaluate: Callable[..., float], headline: str
) -> None:
    @explains(*operations)
    def explain(case: Case) -> Explanation:
        first, second = (_named(n, name) for n, name in zip(pair(case), "ab", strict=True))
        result = formula_of(
            form,
            formula,
            (first, second),
            evaluate,
            case.value,
            case.dtype,
            roundings=2 + 4 * (form == "power") + _casts(case),
        )
        return case.answer(headline, result)

    del explain


def _named(number: Number, name: str) -> Number:
    return Number(number.value, number.printed, number.tensor, number.index, name, number.recomputed)


def _divide(a: Any, b: Any) -> float:
    return float(np.float64(a) / np.float64(b))


_formula(("/", "keras.ops.true_divide", "keras.ops.divide"), "quotient", "a / b", _divide, "A quotient of two numbers.")
_formula(
    ("keras.ops.divide_no_nan", "tf.div_no_nan"),
    "quotient",
    "a / b",
    lambda a, b: 0.0 if b == 0 else _divide(a, b),
    "A quotient of two numbers; 0 where it would divide by 0.",
)
_formula(
    ("**", "keras.ops.power", "pow"), "power", "a ^ b", lambda a, b: float(np.float64(a) ** np.float64(b)), "A power."
)
_formula(
    ("//", "keras.ops.floor_divide"),
    "quotient",
    "floor(a / b)",
    lambda a, b: math.floor(_divide(a, b)),
    "A quotient, rounded down.",
)
_formula(
    ("%", "keras.ops.mod", "tf.floormod", "tf.floor_mod"),
    "function of",
    "a mod b",
    lambda a, b: float(np.mod(np.float64(a), np.float64(b))),
    "What a division leaves.",
)
_formula(
    ("keras.ops.arctan2", "tf.atan2"),
    "function of",
    "atan2(a, b)",
    lambda a, b: math.atan2(a, b),
    "The angle of two numbers.",
)
_formula(
    ("keras.ops.squared_difference", "tf.squared_difference"),
    "function of",
    "(a - b)^2",
    lambda a, b: (a - b) ** 2,
    "The square of a difference.",
)
for _name, _sign in (
    ("<", "less"),
    ("<=", "less_equal"),
    (">", "greater"),
    (">=", "greater_equal"),
    ("==", "equal"),
    ("!=", "not_equal"),
):
    _evaluate = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
    }[_name]
    _formula((_name, f"keras.ops.{_sign}"), "logical", f"a {_name} b", _evaluate, "A comparison of two numbers.")
for _name, _sign, _bits in (
    ("&", "and", lambda a, b: a & b),
    ("|", "or", lambda a, b: a | b),
    ("^", "xor", lambda a, b: a ^ b),
    ("<<", "left_shift", lambda a, b: a << b),
    (">>", "right_shift", lambda a, b: a >> b),
):

    def _of_integers(a: Any, b: Any, bits: Callable[[int, int], int] = _bits) -> float:
        return bits(int(a), int(b))

    _formula(
        (_name, f"keras.ops.logical_{_sign}", f"keras.ops.bitwise_{_sign}"),
        "logical",
        f"a {_name} b",
        _of_integers,
        "Bit by bit.",
    )


@explains("keras.ops.maximum")
def maximum(case: Case) -> Explanation:
    """The larger of two."""
    return _extreme(case, "maximum of", "The larger of two numbers.")


@explains("keras.ops.minimum")
def minimum(case: Case) -> Explanation:
    """The smaller of two."""
    return _extreme(case, "minimum of", "The smaller of two numbers.")


def _extreme(case: Case, form: str, headline: str) -> Explanation:
    first, second = pair(case)
    values = np.array([first.value, second.value], dtype="float64")
    winner = int(np.argmax(values) if form == "maximum of" else np.argmin(values))  # the first NaN wins, as it does
    column = Listed(first, second)
    return case.answer(headline, choice_of(form, column, winner, case.value, case.dtype))


def given_number(given: Given, index: tuple[int, ...], name: str) -> Number:
    """One cell of an operand, under the name that a formula gives it."""
    cell = given.index_for(index)
    value = scalar(given.array[cell])
    return Number(value, shortest(value, given.dtype or "float64"), given.tensor, cell if given.tensor else (), name)
