"""Everything that is printed is true, in coarse types as well; what is false is found, and is not explained."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from planted import with_another_number
from single_step import trace_of
from truth import lies

from explorer.arithmetic import explain
from explorer.arithmetic.aliases import is_same
from explorer.arithmetic.case import atlas
from explorer.core.catalog.derive import derived_cards
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.model.explanation import CHOICES, COPIES, FORMULAS, SUMS, Explanation, Number
from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace

TRIES = 12
"""So many cells of an operation are tried until a planted number is found out."""


def traces(dtype: str, every: int) -> Iterator[tuple[str, Trace]]:
    for name in list(derived_cards())[::every]:
        try:
            yield name, run(Experiment(name, dtype=dtype))
        except Problem:  # an operation that TensorFlow does not have in that type
            continue


def cells(trace: Trace, random: np.random.Generator) -> Iterator[tuple[Tensor, tuple[int, ...]]]:
    """One cell of every step's tensor."""
    for place in atlas(trace).places.values():
        if place.step is not None and place.tensor.value.size:
            yield place.tensor, tuple(int(i) for i in random.integers(0, place.tensor.value.shape))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_what_is_printed_is_true_in_coarse_types(dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    random, count, told = np.random.default_rng(0), 0, []
    for name, trace in traces(dtype, every=3):
        for tensor, cell in cells(trace, random):
            found = explain(trace, tensor.id, cell)
            count += found.explained
            told += [(name, tensor.id, cell, lie) for lie in lies(found, trace)] if found.explained else []
    with capsys.disabled():
        print(f"\n{dtype}: {count} cells, {len(told)} lies")
    assert count > 200 and not told, told[:5]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_planted_operand_is_refused(dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every operation: with another number in a cell that it was given, it is not explained as before."""
    random = np.random.default_rng(1)
    tried: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for _, trace in traces(dtype, every=2):
        for tensor, cell in cells(trace, random):
            found = explain(trace, tensor.id, cell)
            number = _heaviest(found)
            if (
                number is None
                or is_same(trace, number.tensor, tensor.id)
                or tried[found.operation] >= TRIES
                or refused[found.operation] >= 2
            ):
                continue
            changed = explain(with_another_number(trace, number), tensor.id, cell)
            tried[found.operation] += 1
            refused[found.operation] += (changed.form, changed.headline) != (found.form, found.headline)
    never = [name for name in tried if not refused[name] and tried[name] > 2]
    with capsys.disabled():
        print(f"\n{dtype}: {len(tried)} operations, {len(never)} never refused a planted number")
    assert len(tried) > 30 and not never, never


def _heaviest(found: Explanation) -> Number | None:
    """The recorded number that weighs most in what a cell came from."""
    if found.form not in SUMS + FORMULAS + CHOICES + COPIES:
        return None
    terms = sorted(found.terms, key=lambda term: (term.marked, abs(term.value)), reverse=True)
    numbers = [n for term in terms for n in term.factors if n.tensor and isinstance(n.value, float)]
    return numbers[0] if numbers else None


def softmax() -> tuple[Trace, Explanation]:
    x = np.array([[0.0213, 0.0235, 0.0372, -0.054, -0.1421]], "float32")
    powers = np.exp(x - x.max())
    trace = trace_of("keras.ops.softmax", [x], powers / powers.sum(), axis=-1)
    return trace, explain(trace, "step:0", (0, 1))


def test_the_terms_of_a_softmax_are_exponentials_of_cells() -> None:
    trace, found = softmax()
    assert not lies(found, trace)
    (denominator,) = found.parts
    term = denominator.terms[0]
    assert denominator.formula == "exp(x - largest)" and term.printed.startswith("0.984")
    assert [(n.name, n.printed, n.index) for n in term.factors] == [
        ("x", "0.0213", (0, 0)),
        ("largest", "0.0372", (0, 2)),
    ]


def test_planted_lies_are_found() -> None:
    trace, found = softmax()
    (denominator,) = found.parts
    term = denominator.terms[0]
    as_cell = replace(term, factors=(Number(term.value, term.printed, "input:0", (0, 0)),))
    other_digit = replace(term, printed=term.printed[:-1] + ("1" if term.printed[-1] != "1" else "2"))
    for planted in (as_cell, other_digit):
        terms = (planted, *denominator.terms[1:])
        assert lies(replace(found, parts=(replace(denominator, terms=terms),)), trace)
    assert lies(replace(found, result=replace(found.result, printed="0.22")), trace)
    assert lies(replace(found, result=replace(found.result, rounding="0.1")), trace)


CANCELLED = np.array([1e8, 1, -1e8, 3], "float32")


@pytest.mark.parametrize(
    ("dtype", "x", "recorded", "printed", "rounding"),
    [
        ("float32", CANCELLED, 3.0, ["100000000", "1", "-100000000", "3"], "-1"),
        ("bfloat16", np.array([0.0703125, 0.09423828125]), 0.1640625, ["0.0703125", "0.0942383"], "-0.0004883"),
        ("float16", np.array([-0.5, -0.1467]), -0.64648438, ["-0.5000000", "-0.1467000"], "0.0002156"),
    ],
)
def test_no_digit_is_dropped_to_make_a_sum_add_up(
    dtype: str, x: np.ndarray, recorded: float, printed: list[str], rounding: str
) -> None:
    plain = trace_of("keras.ops.sum", [x.astype("float32")], np.float32(recorded)[None], axis=0, keepdims=True)
    step = plain.frames[0].steps[0]
    coarse = replace(step, values=(replace(step.values[0], dtype=dtype),))
    trace = replace(
        plain, inputs=(replace(plain.inputs[0], dtype=dtype),), frames=(replace(plain.frames[0], steps=(coarse,)),)
    )
    found = explain(trace, "step:0", (0,))
    assert not lies(found, trace) and found.result.adds_up
    assert [term.printed for term in found.terms] == printed and found.result.rounding == rounding
    assert np.float32(found.printed) == np.float32(recorded) == np.float32(found.result.printed)


def test_a_coarse_recurrent_sum_keeps_its_digits() -> None:
    trace = run(Experiment("keras.layers.SimpleRNN", dtype="float16", seed=1))
    found = explain(trace, "step:12", (0, 0))
    assert found.form == "sum of products" and not lies(found, trace)
    assert abs(Decimal(found.result.printed) - Decimal(found.value)) < Decimal("0.00001")  # type: ignore[arg-type]
    assert not found.result.rounding or abs(float(found.result.rounding)) < 0.001


MOMENTS = {"mean": (np.mean, 1), "sum": (np.sum, 1), "std": (np.std, 1), "var": (np.var, 2)}
"""Each with the power of the input that it has."""


@pytest.mark.parametrize("operation", MOMENTS)
def test_what_rounding_may_be_has_the_dimension_of_the_result(operation: str) -> None:
    compute, power = MOMENTS[operation]
    x = np.random.default_rng(0).normal(size=(1, 50)).astype("float32")
    bounds = []
    for scale in (1, 1024):
        y = compute(x * scale, axis=-1, keepdims=True)
        found = explain(trace_of(f"keras.ops.{operation}", [x * scale], y, axis=-1, keepdims=True), "step:0", (0, 0))
        assert found.explained
        bounds.append(found.result.bound / scale**power)
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-5) and bounds[0] < 1e-4
