"""A trace of one step, made without Keras, and what every explanation must keep."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np

from explorer.arithmetic import explain
from explorer.model.explanation import SUMS, Equation, Explanation
from explorer.model.trace import Frame, Operand, Step, Tensor, Trace


def trace_of(operation: str, operands: list[Any], *results: np.ndarray, **keywords: Any) -> Trace:
    """One step whose array operands are inputs and whose other operands are literals."""
    inputs: list[Tensor] = []

    def operand(name: str, value: Any) -> Operand:
        if isinstance(value, list) and value and all(isinstance(item, np.ndarray) for item in value):
            return Operand(name, tuple(one for item in value for one in operand("", item).tensors))
        if not isinstance(value, np.ndarray):
            return Operand(name, (), repr(value))
        inputs.append(Tensor(f"input:{len(inputs)}", "x", "input", value, str(value.dtype)))
        return Operand(name, (inputs[-1].id,))

    given = [operand("", value) for value in operands] + [operand(name, value) for name, value in keywords.items()]
    ids = ["step:0"] if len(results) == 1 else [f"step:0.{k}" for k in range(len(results))]
    values = tuple(Tensor(i, "y", "intermediate", y, str(y.dtype)) for i, y in zip(ids, results, strict=True))
    step = Step(1, 0, 1, 1, "y", "y", values, operation, tuple(given))
    return Trace("Test", tuple(inputs), frames=(Frame("Test.call", "", 1, (step,)),))


def explained(
    operation: str, operands: list[Any], result: np.ndarray, cell: tuple[int, ...], **keywords: Any
) -> Explanation:
    """The explanation of one cell, checked."""
    trace = trace_of(operation, operands, result, **keywords)
    found = explain(trace, "step:0", cell)
    assert found.explained, [str(note) for note in found.notes]
    check(found, trace)
    return found


def check(found: Explanation, trace: Trace) -> None:
    """What is printed adds up, the residue is small, and every number stands where it is said to stand."""
    tensors = {t.id: t for t in (*trace.inputs, *trace.weights, *trace.mask, *trace.others)}
    for frame in _all(trace.frames):
        tensors |= {t.id: t for step in frame.steps for t in step.values}
    recorded = tensors[found.tensor].value[found.index] if found.tensor in tensors else found.value
    assert found.value == recorded or (found.value != found.value and recorded != recorded)
    for equation in (*found.parts, found.result):
        assert equation.holds, (equation.residue, equation.bound)
        assert equation.adds_up
        adds_up_as_printed(equation)
        for number in (n for t in equation.terms for n in t.factors if n.tensor and n.index and not n.recomputed):
            there = tensors[number.tensor].value[number.index]
            assert number.value == there or there != there


def adds_up_as_printed(equation: Equation) -> None:
    """In sums: the printed terms, the printed rest and the printed rounding are the printed value, digit for digit."""
    if equation.form not in SUMS or not math.isfinite(float(equation.printed)):
        return
    rest = Decimal(equation.rest.printed if equation.rest else 0)
    total = sum((Decimal(term.printed) for term in equation.terms), Decimal(0))
    assert total + rest + Decimal(equation.rounding or 0) == Decimal(equation.printed)
    assert len(equation.terms) + (equation.rest.count if equation.rest else 0) == equation.count
    for term in equation.terms if not equation.formula else ():  # the product of its printed factors, rounded
        product = math.prod(
            Decimal(f.printed) if f.printed not in ("True", "False") else int(f.value) for f in term.factors
        )
        unit = Decimal(1).scaleb(Decimal(term.printed).as_tuple().exponent)
        assert abs(product - Decimal(term.printed)) <= unit / 2


def _all(frames: Any) -> Any:
    for frame in frames:
        yield frame
        yield from _all(frame.children)
