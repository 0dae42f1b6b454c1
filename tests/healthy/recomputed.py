"""An explanation computed again, from its own numbers and from the trace; nothing here asks the explainer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from explorer.arithmetic import explain
from explorer.explanation import CHOICES, COPIES, FORMULAS, SUMS, Equation, Explanation, Number
from explorer.trace import Frame, Tensor, Trace

EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
ROUNDINGS = 64
"""So many roundings of the type a formula may take on its way: a softmax of a few terms, a mean, a root, a quotient."""
FUNCTIONS: Mapping[str, Any] = {
    "exp": np.exp, "log": np.log, "log2": np.log2, "log10": np.log10, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "erf": np.vectorize(math.erf), "sign": np.sign,
    "floor": np.floor, "ceil": np.ceil, "round": np.rint, "abs": abs, "max": max, "min": min, "minimum": np.minimum,
    "maximum": np.maximum, "arctan": np.arctan, "arcsin": np.arcsin, "arccos": np.arccos, "pi": math.pi,
    "erfc": np.vectorize(math.erfc), "True": True, "False": False,
}  # fmt: skip


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


def faults(trace: Trace, tensors: Mapping[str, Tensor], tensor: Tensor, cell: tuple[int, ...]) -> list[str]:
    """What is wrong with the explanation of one cell; the form "unexplained" is nothing wrong."""
    found = explain(trace, tensor.id, cell, shown=None)
    return [*_told(found, tensors, tensor, cell), *_equations(found, tensors, tensor.dtype)]


def _told(found: Explanation, tensors: Mapping[str, Tensor], tensor: Tensor, cell: tuple[int, ...]) -> Iterator[str]:
    if not same(found.value, tensor.value[cell]):
        yield f"its value is {found.value}, recorded was {tensor.value[cell]}"
    for number in (n for e in (*found.parts, found.result) for term in e.terms for n in term.factors):
        if number.tensor and len(number.index) == tensors[number.tensor].value.ndim:
            there = tensors[number.tensor].value[number.index]
            if not same(number.value, there):
                name = f"{number.tensor}{list(number.index)}"
                yield f"it says {number.value!r} ({number.printed}) of {name}, where {there!r} was recorded"


def _equations(found: Explanation, tensors: Mapping[str, Tensor], dtype: str) -> Iterator[str]:
    for equation in (*found.parts, found.result):
        if not equation.adds_up:
            yield f"{equation.form}: printed {equation.printed} does not add up"
        if isinstance(equation.value, (str, complex)):
            continue
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
    products = [math.prod(float(n.value) for n in term.factors) for term in equation.terms]
    if equation.rest is not None or len(products) != equation.count:
        yield f"{equation.form}: {len(products)} of {equation.count} terms are listed, though all were asked for"
    total, size = math.fsum(products), math.fsum(map(abs, products))
    if not near(float(equation.value), total, (len(products) + 3) * epsilon * size):
        yield f"{equation.form}: {equation.value} is not {total}, the sum of its {len(products)} terms"


def _choice(equation: Equation) -> Iterator[str]:
    values = [float(term.factors[0].value) for term in equation.terms]
    best = min(values) if equation.form == "minimum of" else max(values)
    if equation.form == "position of":
        values, best = [float(t.factors[0].value) for t in equation.terms if t.marked], float("nan")
        if len(values) != 1:
            yield f"{equation.form}: {len(values)} terms are marked"
    elif not same(equation.value, best):
        yield f"{equation.form}: {equation.value} is not {best}"


def _formula(equation: Equation, epsilon: float) -> Iterator[str]:
    """Formulas in words ("share of a normal distribution") cannot be computed again and are left to the residue."""
    (term,) = equation.terms
    names = {n.name: _plain(n) for n in term.factors if n.name}
    evaluate = compiled(equation.formula)
    if evaluate is None or len(names) != len(term.factors):
        return
    try:
        with np.errstate(all="ignore"):
            exact = float(evaluate({**FUNCTIONS, **names}))
    except (NameError, TypeError, OverflowError, ZeroDivisionError):
        return
    sizes = [abs(float(v)) for v in names.values() if isinstance(v, (int, float)) and math.isfinite(v)]
    size = max(abs(exact), *(sizes or [0.0]))
    if not near(float(equation.value), exact, ROUNDINGS * epsilon * size * max(1.0, abs(exact))):
        yield f"{equation.form}: {equation.value} is not {exact} = {equation.formula} of {names}"


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
