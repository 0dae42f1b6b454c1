"""Functions of one number: the cell in the same place goes in, the result comes out."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import EPSILON, as_float, copy_of, formula_of
from explorer.arithmetic.operands import CannotExplain, Given
from explorer.arithmetic.registry import explains
from explorer.arithmetic.rounding import LARGEST
from explorer.model.explanation import Explanation, Number


@dataclass(frozen=True)
class Function:
    """A function as it is written and as it is computed.

    Attributes:
        formula: in `x` and the names of its settings.
        evaluate: in float64; takes x, then the settings.
        settings: names, and what they are if they are left out.
        scale: the largest magnitude met on the way, if that can exceed the result.
    """

    formula: str
    evaluate: Callable[..., float]
    settings: Mapping[str, float | None] = field(default_factory=dict)
    scale: Callable[[float], float] = lambda x: 0.0


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _erf_half(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _gelu(x: float, approximate: Any = True) -> float:
    if approximate:
        return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * _erf_half(x)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _relu(x: float, slope: float = 0.0, most: Any = None, threshold: float = 0.0) -> float:
    if math.isnan(x):
        return x
    y = x if (x >= threshold and x > 0) or (x >= threshold and threshold < 0) else slope * (x - threshold)
    return y if most is None else min(y, most)


def _log_sigmoid(x: float) -> float:
    return -_softplus(-x)


def _shrink(x: float, threshold: float = 0.5) -> float:
    return math.copysign(max(abs(x) - threshold, 0.0), x)


def _erfinv(x: float) -> float:
    return statistics.NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2)


def _or_number(x: float, nan: float = 0.0, most: Any = None, least: Any = None) -> float:
    if math.isnan(x):
        return nan
    limit = LARGEST["float32"]
    return x if math.isfinite(x) else (limit if most is None else most) if x > 0 else -limit if least is None else least


def _np(function: Callable[[Any], Any]) -> Callable[..., float]:
    return lambda x: float(function(np.float64(x)))


def _plus_one(x: float) -> float:
    return abs(x) + 1


FUNCTIONS: dict[str, Function] = {
    "tanh": Function("tanh(x)", math.tanh),
    "sigmoid": Function("1 / (1 + exp(-x))", _sigmoid),
    "relu": Function("max(x, 0)", _relu, {"slope": 0.0, "max_value": None, "threshold": 0.0}),
    "relu6": Function("min(max(x, 0), 6)", lambda x: x if math.isnan(x) else min(max(x, 0.0), 6.0)),
    "leaky_relu": Function("x if x > 0 else slope * x", lambda x, a: x if x > 0 else a * x, {"slope": 0.2}),
    "elu": Function(
        "x if x > 0 else slope * (exp(x) - 1)",
        lambda x, a: x if x > 0 else a * math.expm1(x),
        {"slope": 1.0},
        lambda x: 1.0,
    ),
    "selu": Function(
        "1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (exp(x) - 1))",
        lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
        scale=lambda x: 1.8,
    ),
    "celu": Function(
        "max(x, 0) + min(0, slope * (exp(x / slope) - 1))",
        lambda x, a: max(x, 0) + min(0, a * math.expm1(x / a)),
        {"slope": 1.0},
        lambda x: 1.0,
    ),
    "gelu": Function("x * (share of a normal distribution below x)", _gelu, {"approximate": 1.0}, _plus_one),
    "silu": Function("x / (1 + exp(-x))", lambda x: x * _sigmoid(x)),
    "softplus": Function("log(1 + exp(x))", _softplus),
    "softsign": Function("x / (1 + |x|)", lambda x: x / (1 + abs(x))),
    "log_sigmoid": Function("-log(1 + exp(-x))", _log_sigmoid),
    "mish": Function("x * tanh(log(1 + exp(x)))", lambda x: x * math.tanh(_softplus(x))),
    "hard_sigmoid": Function(
        "min(max(x / 6 + 0.5, 0), 1)",
        lambda x: x if math.isnan(x) else min(max(x / 6 + 0.5, 0.0), 1.0),
        scale=_plus_one,
    ),
    "hard_silu": Function(
        "x * min(max(x / 6 + 0.5, 0), 1)", lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0), scale=lambda x: x * x + abs(x)
    ),
    "hard_swish": Function(
        "x * min(max(x / 6 + 0.5, 0), 1)", lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0), scale=lambda x: x * x + abs(x)
    ),
    "hard_tanh": Function("min(max(x, -1), 1)", lambda x: x if math.isnan(x) else min(max(x, -1.0), 1.0)),
    "tanh_shrink": Function("x - tanh(x)", lambda x: x - math.tanh(x), scale=_plus_one),
    "soft_shrink": Function("sign(x) * max(|x| - threshold, 0)", _shrink, {"threshold": 0.5}, _plus_one),
    "hard_shrink": Function(
        "x if |x| > threshold else 0", lambda x, t: x if abs(x) > t or math.isnan(x) else 0.0, {"threshold": 0.5}
    ),
    "threshold": Function(
        "x if x > threshold else default", lambda x, t, d: x if x > t else d, {"threshold": 0.0, "default_value": 0.0}
    ),
    "squareplus": Function(
        "(x + sqrt(x * x + b)) / 2", lambda x, b: (x + math.sqrt(x * x + b)) / 2, {"b": 4.0}, _plus_one
    ),
    "sparse_plus": Function(
        "0 if x <= -1, x if x >= 1, else (x + 1)^2 / 4",
        lambda x: 0.0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
        scale=_plus_one,
    ),
    "sparse_sigmoid": Function(
        "min(max((x + 1) / 2, 0), 1)", lambda x: min(max((x + 1) / 2, 0.0), 1.0), scale=_plus_one
    ),
    "exponential": Function("exp(x)", math.exp, scale=lambda x: abs(x) * math.exp(min(x, 700.0))),
    "exp": Function("exp(x)", math.exp, scale=lambda x: abs(x) * math.exp(min(x, 700.0))),
    "exp2": Function("2^x", lambda x: 2.0**x),
    "expm1": Function("exp(x) - 1", math.expm1),
    "log": Function("log(x)", _np(np.log), scale=lambda x: 1.0),
    "log1p": Function("log(1 + x)", _np(np.log1p)),
    "log2": Function("log2(x)", _np(np.log2), scale=lambda x: 1.0),
    "log10": Function("log10(x)", _np(np.log10), scale=lambda x: 1.0),
    "sqrt": Function("sqrt(x)", _np(np.sqrt)),
    "rsqrt": Function("1 / sqrt(x)", _np(lambda x: 1 / np.sqrt(x))),
    "square": Function("x * x", lambda x: x * x),
    "abs": Function("|x|", abs),
    "sign": Function("-1, 0 or 1 by the sign of x", _np(np.sign)),
    "reciprocal": Function("1 / x", _np(lambda x: 1 / x)),
    "floor": Function("floor(x)", _np(np.floor)),
    "ceil": Function("ceil(x)", _np(np.ceil)),
    "round": Function("round(x), halves to even", lambda x, d: float(np.round(np.float64(x), int(d))), {"decimals": 0}),
    "trunc": Function("x without its fraction", _np(np.trunc)),
    "sin": Function("sin(x)", _np(np.sin), scale=lambda x: 1.0),
    "cos": Function("cos(x)", _np(np.cos), scale=lambda x: 1.0),
    "tan": Function("tan(x)", _np(np.tan), scale=_plus_one),
    "sinh": Function("sinh(x)", _np(np.sinh)),
    "cosh": Function("cosh(x)", _np(np.cosh)),
    "arctan": Function("atan(x)", math.atan),
    "arcsin": Function("asin(x)", _np(np.arcsin)),
    "arccos": Function("acos(x)", _np(np.arccos), scale=lambda x: 1.0),
    "erf": Function("erf(x)", math.erf),
    "isnan": Function("whether x is NaN", lambda x: float(math.isnan(x))),
    "isinf": Function("whether x is infinite", lambda x: float(math.isinf(x))),
    "isfinite": Function("whether x is a number", lambda x: float(math.isfinite(x))),
    "logical_not": Function("not x", lambda x: float(not x)),
    "~": Function("not x", lambda x: float(not x) if isinstance(x, (bool, np.bool_)) else float(~int(x))),
    "pos": Function("x", lambda x: x),
    "arcsinh": Function("asinh(x)", math.asinh),
    "arccosh": Function("acosh(x)", math.acosh, scale=lambda x: 1 / math.sqrt(max(x - 1, 1e-12))),
    "arctanh": Function("atanh(x)", math.atanh, scale=lambda x: 1.0),
    "cbrt": Function("the cube root of x", _np(np.cbrt), scale=lambda x: 4 * abs(x) ** (1 / 3)),
    "deg2rad": Function("x * pi / 180", math.radians),
    "rad2deg": Function("x * 180 / pi", math.degrees),
    "erfc": Function("1 - erf(x)", math.erfc, scale=lambda x: 1.0),
    "erfinv": Function("the number whose erf is x", _erfinv, scale=lambda x: 1.0),
    "i0": Function("the Bessel function I0(x)", _np(np.i0), scale=lambda x: 4 * float(np.i0(x))),
    "lgamma": Function("log(|gamma(x)|)", math.lgamma, scale=lambda x: 1.0),
    "isneginf": Function("whether x is minus infinity", lambda x: float(x == -math.inf)),
    "isposinf": Function("whether x is plus infinity", lambda x: float(x == math.inf)),
    "isreal": Function("whether x is a real number", lambda x: 1.0),
    "signbit": Function("whether x has a minus sign", lambda x: float(math.copysign(1, x) < 0)),
    "sinc": Function("sin(pi * x) / (pi * x)", _np(np.sinc), scale=lambda x: 1.0),
    "real": Function("the real part of x", lambda x: x),
    "conj": Function("x, as it is real", lambda x: x),
    "imag": Function("0, as x is real", lambda x: 0.0),
    "angle": Function("0, or pi if x < 0", lambda x: math.pi if x < 0 else 0.0),
    "nan_to_num": Function(
        "x, or another number if x is none", _or_number, {"nan": 0.0, "posinf": None, "neginf": None}
    ),
}
"""By their short names; `x` is the cell in the same place."""


def _function(case: Case) -> Explanation:
    known = FUNCTIONS[case.name]
    given = case.need("x", 0) if case.given("x", 0) else case.need("x1", 0)
    if given.dtype == "string" or given.array.dtype.kind == "c" or case.tensor.value.dtype.kind not in "fiub":
        raise CannotExplain("no real number")
    x = given.number(given.index_for(case.index), case.dtype, "x")
    numbers, position = [x], 1
    fixed: list[Any] = []
    for name, default in known.settings.items():
        setting = case.given(name, position)
        position += 1
        value = default if setting is None else setting.literal if not setting.tensor else setting.array.item()
        fixed.append(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
        if value is not None and known.formula.find(name) >= 0:
            numbers.append(Number(float(value), str(value), name=name))
    result = formula_of(
        "function of",
        known.formula,
        numbers,
        lambda value, *_: known.evaluate(value, *fixed),
        case.value,
        case.dtype,
        scale=known.scale(as_float(x.value)) if math.isfinite(as_float(x.value)) else 0.0,
    )
    return case.answer("A function of the cell in the same place: {formula}.", result, formula=known.formula)


explains(*(f"keras.ops.{name}" if name.isalnum() or "_" in name else name for name in FUNCTIONS), "pos")(_function)


@explains("keras.ops.cast", "keras.ops.convert_to_tensor", "tf.constant", "keras.ops.array")
def cast(case: Case) -> Explanation:
    """The same number in another type."""
    given = case.need("x", 0)
    if not given.tensor and isinstance(given.literal, (list, tuple)):
        given = Given("", np.asarray(given.literal), "")
    number = given.number(given.index_for(case.index), case.dtype)
    value = number.value
    if isinstance(value, (str, complex)) or value == case.value or value != value:
        return case.answer(
            "The same number as {dtype}.", copy_of("cast", number, case.value, case.dtype), dtype=case.dtype
        )
    named = Number(value, number.printed, number.tensor, number.index, "x")
    if case.dtype in EPSILON:
        result = formula_of(
            "function of", f"x as {case.dtype}", [named], lambda x: float(x), case.value, case.dtype, roundings=1
        )
        if case.dtype == "bfloat16":
            return case.answer("The nearest number of {dtype}.", result, dtype=case.dtype)
    else:
        shorten: Callable[[float], float] = (lambda x: float(x != 0)) if case.dtype == "bool" else math.trunc
        result = formula_of("function of", f"x as {case.dtype}", [named], shorten, case.value, case.dtype)
    return case.answer("The nearest number of {dtype}.", result, dtype=case.dtype)


@explains("keras.ops.dropout")
def dropout(case: Case) -> Explanation:
    """Either 0, or the number made larger to keep the mean."""
    x = case.need("x", 0)
    rate = float(case.literal("rate", 1))
    number = x.number(case.index, case.dtype, "x")
    kept = case.value != 0 or number.value == 0
    numbers = [
        number,
        Number(rate, repr(rate), name="rate"),
        Number(int(kept), str(int(kept)), name="kept", recomputed=True),
    ]
    result = formula_of(
        "function of", "kept * x / (1 - rate)", numbers, lambda v, r, k: k * v / (1 - r), case.value, case.dtype
    )
    return case.answer("Kept and made larger." if kept else "Dropped: 0 in place of the number.", result)


@explains("keras.ops.clip")
def clip(case: Case) -> Explanation:
    """Kept between two numbers."""
    x = case.need("x", 0)
    low, high = case.need("x_min", 1), case.need("x_max", 2)
    numbers = [g.number(g.index_for(case.index), case.dtype, n) for g, n in ((x, "x"), (low, "low"), (high, "high"))]
    result = formula_of(
        "function of",
        "min(max(x, low), high)",
        numbers,
        lambda v, a, b: v if math.isnan(v) else min(max(v, a), b),
        case.value,
        case.dtype,
        roundings=1,
    )
    return case.answer("The number of the cell in the same place, kept between two limits.", result)
