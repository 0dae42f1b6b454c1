"""Whether what an explanation prints is true, judged from its texts and the recorded arrays alone.

Nothing here calls the code that writes the texts: formulas are read and computed anew, sums are added as decimals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from explorer.model.explanation import CHOICES, COPIES, FORMULAS, SUMS, Equation, Explanation, Number, Term
from explorer.model.trace import Frame, Trace

SLOP = 1e-13
"""What float64 itself may be off, relatively."""
FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "atan": np.arctan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan2": np.arctan2,
    "floor": np.floor,
    "sign": np.sign,
    "max": max,
    "min": min,
    "abs": abs,
    "ceil": np.ceil,
    "erf": math.erf,
}
IN_WORDS: dict[str, str] = {
    "x * (share of a normal distribution below x)": "x * (1 + erf(x / sqrt(2))) / 2",
    "0 if x <= -1, x if x >= 1, else (x + 1)^2 / 4": "0 if x <= -1 else x if x >= 1 else (x + 1)^2 / 4",
    "-1, 0 or 1 by the sign of x": "sign(x)",
    "round(x), halves to even": "round(x)",
    "not x": "x == 0",
    "x without its fraction": "sign(x) * floor(abs(x))",
    "whether x is NaN": "x != x",
    "whether x is infinite": "abs(x) == inf",
    "whether x is a number": "abs(x) < inf",
    "a mod b": "a - b * floor(a / b)",
    "x as bool": "x != 0",
}
"""Formulas that are written in words, and what the words mean."""


def lies(found: Explanation, trace: Trace) -> list[str]:
    """Everything that is printed and not true, each told in a line."""
    arrays = {tensor.id: tensor.value for tensor in _tensors(trace)}
    there = arrays[found.tensor][found.index]
    told = [] if _close(found.result.printed, there) else [f"result {found.result.printed} for a cell of {there}"]
    for equation in (*found.parts, found.result):
        for number in (n for t in equation.terms for n in t.factors if n.tensor):
            if not _close(number.printed, arrays[number.tensor][number.index]):
                told.append(f"{number.printed} for {number.tensor}{list(number.index)}")
        told += _of_equation(equation)
    return told


def given(formula: str, form: str, factors: tuple[Number, ...]) -> Decimal | float:
    """What the printed factors give."""
    if not formula:
        with localcontext(prec=200):
            product = Decimal(1)
            for factor in factors:
                product *= _decimal(factor.printed)
            return product
    text = IN_WORDS.get(formula, formula)
    if re.fullmatch(r"x as (float|bfloat)\d+", text):
        text = "x"
    elif text.startswith("x as "):
        text = IN_WORDS["x without its fraction"]
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    text = text.replace(" mod ", " % ") if form == "logical" else text.replace("^", "**").replace(" mod ", " % ")
    names = {
        n.name: int(n.value)
        if isinstance(n.value, (bool, int)) and form == "logical"
        else float(n.printed)
        if n.printed not in ("True", "False")
        else float(n.printed == "True")
        for n in factors
    }
    with np.errstate(all="ignore"):
        wide = {name: value if isinstance(value, int) else np.float64(value) for name, value in names.items()}
        if not set(re.findall(r"[a-z_]\w*", text)) <= {*wide, *FUNCTIONS, "round", "if", "else", "inf", "and"}:
            return math.nan  # it speaks of numbers that are not there
        return float(eval(text, {"__builtins__": {"round": round}, "inf": math.inf, **FUNCTIONS}, wide))


def _of_equation(equation: Equation) -> Iterator[str]:
    if equation.form in COPIES + CHOICES:
        yield from (
            f"{term.printed} is not its number" for term in equation.terms if not _is_its_number(equation, term)
        )
    if equation.form not in SUMS + FORMULAS or not isinstance(equation.value, (bool, int, float)):
        return
    if not _close(equation.printed, equation.value):
        yield f"{equation.printed} for {equation.value}"
    for term in equation.terms:
        value = given(equation.formula, equation.form, term.factors)
        if not _close(term.printed, value):
            numbers = ", ".join(f"{n.name} {n.printed}" for n in term.factors)
            yield f"{term.printed} for {equation.formula or 'the product'} of {numbers}, which is {value}"
    texts = [term.printed for term in equation.terms] + ([equation.rest.printed] if equation.rest else [])
    if not all(_decimal(text).is_finite() for text in (*texts, equation.printed)):
        return
    with localcontext(prec=200):
        total = sum(map(_decimal, texts), Decimal(0))
        left = _decimal(equation.rounding or "0")
        if equation.adds_up and total + left != _decimal(equation.printed):
            yield f"{' + '.join(texts)} + {left} = {equation.printed}"
        unit = _unit(equation.printed)
        if equation.form in SUMS and abs(left) > Decimal(equation.bound) + unit * (len(texts) + 1):
            yield f"a rounding of {left} where {equation.bound} is possible"


def _is_its_number(equation: Equation, term: Term) -> bool:
    number = term.factors[0]
    if not equation.formula:
        return term.printed == number.printed
    return _decimal(term.printed) == Decimal(given(equation.formula, equation.form, term.factors))


def _close(text: str, value: Any) -> bool:
    """Whether the text is the value, rounded to the digits that the text has."""
    value = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    if isinstance(value, (str, complex)):
        return text == str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return text == str(value)
    exact = value if isinstance(value, Decimal) else Decimal(value)
    number = _decimal(text)
    with localcontext(prec=200):
        return number.is_finite() and abs(number - exact) <= _unit(text) / 2 + abs(exact) * Decimal(SLOP)


def _decimal(text: str) -> Decimal:
    return Decimal({"True": "1", "False": "0"}.get(text, text))


def _unit(text: str) -> Decimal:
    return Decimal(1).scaleb(int(_decimal(text).as_tuple().exponent))


def _tensors(trace: Trace) -> Iterator[Any]:
    yield from (*trace.inputs, *trace.weights, *trace.mask, *trace.others, *trace.outputs)
    yield from _of_frames(trace.frames)


def _of_frames(frames: tuple[Frame, ...]) -> Iterator[Any]:
    for frame in frames:
        yield from (tensor for step in frame.steps for tensor in step.values)
        yield from _of_frames(frame.children)
