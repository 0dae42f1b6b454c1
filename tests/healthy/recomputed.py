"""An explanation computed again, from its own numbers and from the trace; nothing here asks the explainer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from explorer.model.explanation import CHOICES, COPIES, FORMULAS, SUMS, Equation, Explanation, Number, Term
from explorer.model.trace import Frame, Tensor, Trace

EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
ROUNDINGS = 32
"""So many roundings of the type a formula may take on its way: a softmax of a few terms, a mean, a root, a quotient."""
FUNCTIONS: Mapping[str, Any] = {
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
    "erf": np.vectorize(math.erf),
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "abs": abs,
    "max": max,
    "min": min,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "arctan": np.arctan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "pi": math.pi,
    "erfc": np.vectorize(math.erfc),
    "True": True,
    "False": False,
}


class Unread(Exception):
    """A formula in words ("share of a normal distribution below x"): nothing here can compute it."""


def tensors_of(trace: Trace) -> dict[str, Tensor]:
    """Every recorded tensor by its id, the steps of every frame among them."""
    found = {t.id: t for t in (*trace.inputs, *trace.mask, *trace.weights, *trace.outputs, *trace.others)}
    for frame in frames_of(trace.frames):
        found |= {t.id: t for step in frame.steps for t in step.values}
    return found


def frames_of(frames: tuple[Frame, ...]) -> Iterator[Frame]:
    """All frames, at any depth."""
    for frame in frames:
        yield frame
        yield from frames_of(frame.children)


def faults(
    found: Explanation, tensors: Mapping[str, Tensor], tensor: Tensor, cell: tuple[int, ...], unread: Counter[str]
) -> list[str]:
    """What is wrong with the explanation of one cell, all terms listed; the form "unexplained" is nothing wrong.

    `unread` counts the formulas that could not be computed again.
    """
    wrong = [*_told(found, tensors, tensor, cell)]
    for equation in (*found.parts, found.result):
        try:
            wrong += _equation(equation, tensors, tensor.dtype)
        except Unread as formula:
            unread[str(formula)] += 1
    return wrong


def _told(found: Explanation, tensors: Mapping[str, Tensor], tensor: Tensor, cell: tuple[int, ...]) -> Iterator[str]:
    if not same(found.value, tensor.value[cell]):
        yield f"its value is {found.value}, recorded was {tensor.value[cell]}"
    for number in (n for e in (*found.parts, found.result) for term in e.terms for n in term.factors):
        if number.tensor and len(number.index) == tensors[number.tensor].value.ndim:
            there = tensors[number.tensor].value[number.index]
            if not same(number.value, there):
                name = f"{number.tensor}{list(number.index)}"
                yield f"it says {number.value!r} ({number.printed}) of {name}, where {there!r} was recorded"


def _equation(equation: Equation, tensors: Mapping[str, Tensor], dtype: str) -> Iterator[str]:
    if not equation.adds_up:
        yield f"{equation.form}: printed {equation.printed} does not add up"
    if isinstance(equation.value, (str, complex)):
        return
    wide = _widest(equation, tensors, dtype)
    if equation.form in SUMS:
        yield from _sum(equation, wide)
    elif equation.form in CHOICES:
        yield from _choice(equation)
    elif equation.form in COPIES and not any(same(equation.value, t.factors[0].value) for t in equation.terms):
        yield f"{equation.form}: {equation.value} is none of its numbers"
    elif equation.form in FORMULAS and equation.formula:
        yield from _formula(equation, wide)


def _widest(equation: Equation, tensors: Mapping[str, Tensor], dtype: str) -> float:
    """The coarsest rounding among the result's type and those of its numbers."""
    numbers = [n for term in equation.terms for n in term.factors if n.tensor]
    return max([EPSILON.get(dtype, 0.0), *(EPSILON.get(tensors[n.tensor].dtype, 0.0) for n in numbers)])


def _sum(equation: Equation, epsilon: float) -> Iterator[str]:
    terms = [_term(equation, term) for term in equation.terms]
    if equation.rest is not None or len(terms) != equation.count:
        yield f"{equation.form}: {len(terms)} of {equation.count} terms are listed, though all were asked for"
    total, size = math.fsum(terms), math.fsum(map(abs, terms))
    if not near(float(equation.value), total, (len(terms) + 3) * epsilon * size):
        yield f"{equation.form}: {equation.value} is not {total}, the sum of its {len(terms)} terms"


def _choice(equation: Equation) -> Iterator[str]:
    values = [_term(equation, term) for term in equation.terms]
    marked = [value for value, term in zip(values, equation.terms, strict=True) if term.marked]
    best = min(values) if equation.form == "minimum of" else max(values)
    if len(marked) != 1:
        yield f"{equation.form}: {len(marked)} terms are marked"
    elif equation.form == "position of":
        if marked[0] not in (min(values), max(values)):
            yield f"{equation.form}: {marked[0]} is neither the least nor the largest"
    elif not same(equation.value, best) or not same(marked[0], best):
        yield f"{equation.form}: {equation.value} is not {best}"


def _term(equation: Equation, term: Term) -> float:
    """A term's number: what the equation's formula makes of the factors, or their product."""
    if equation.formula:
        return evaluated(equation.formula, term)
    return math.prod(float(number.value) for number in term.factors)


def _formula(equation: Equation, epsilon: float) -> Iterator[str]:
    (term,) = equation.terms
    exact = evaluated(equation.formula, term)
    sizes = [abs(float(n.value)) for n in term.factors if isinstance(n.value, (int, float)) and math.isfinite(n.value)]
    size = max([abs(exact), *sizes])
    if not near(float(equation.value), exact, ROUNDINGS * epsilon * size):
        numbers = {n.name: n.value for n in term.factors}
        yield f"{equation.form}: {equation.value} is not {exact} = {equation.formula} of {numbers}"


def evaluated(formula: str, term: Term) -> float:
    """The formula in float64.

    Raises:
        Unread: if it is written in words, or its numbers have no names.
    """
    names = {number.name: _plain(number) for number in term.factors if number.name}
    evaluate = compiled(formula)
    if evaluate is None or len(names) != len(term.factors):
        raise Unread(formula)
    try:
        with np.errstate(all="ignore"):
            return float(evaluate({**FUNCTIONS, **names}))
    except (NameError, TypeError, AttributeError) as error:
        raise Unread(formula) from error
    except (OverflowError, ZeroDivisionError):
        return math.nan


def compiled(formula: str) -> Callable[[dict[str, Any]], Any] | None:
    """The formula as Python, or None if it is written in words."""
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", formula.replace("^", "**"))
    try:
        code = compile(text, "formula", "eval")
    except SyntaxError:
        return None
    return lambda names: eval(code, {"__builtins__": {}}, names)


def _plain(number: Number) -> Any:
    return float(number.value) if isinstance(number.value, (int, float)) else number.value


def near(value: float, exact: float, bound: float) -> bool:
    """Whether two numbers agree; NaN with NaN, an infinity with itself."""
    return same(value, exact) or abs(value - exact) <= max(bound, 1e-37)


def same(one: Any, other: Any) -> bool:
    """Equal, or both NaN."""
    return bool(one == other) or bool(one != one and other != other)
