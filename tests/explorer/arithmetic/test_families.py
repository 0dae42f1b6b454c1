"""Every family on random shapes, seeds and cells: what is printed adds up, every number is where it should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from single_step import check, explained, trace_of

from explorer.arithmetic import explain
from explorer.model.explanation import CHOICES, COPIES

SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 2**32 - 1)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def cell(seed: int, y: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.random.default_rng(seed + 1).integers(0, y.shape))


@given(SEEDS, SIZES, st.integers(1, 40), SIZES)
@settings(deadline=None)
def test_matmul(seed: int, rows: int, shared: int, columns: int) -> None:
    a, b = normal(seed, rows, shared), normal(seed, shared, columns)
    y = a @ b
    at = cell(seed, y)
    found = explained("keras.ops.matmul", [a, b], y, at)
    assert found.form == "sum of products" and found.result.count == shared
    assert {t.factors[0].index for t in found.terms} <= {(at[0], k) for k in range(shared)}
    assert {t.factors[1].index for t in found.terms} <= {(k, at[1]) for k in range(shared)}
    listed = explain(trace_of("@", [a, b], y), "step:0", at, shown=None)
    assert len(listed.terms) == shared and listed.result.rest is None
    check(listed, trace_of("@", [a, b], y))


@pytest.mark.parametrize(
    ("operation", "operands", "compute"),
    [
        ("keras.ops.einsum", ("abc,cd->abd",), lambda a, b: np.einsum("abc,cd->abd", a, b)),
        ("keras.ops.einsum", ("...c,cd->...d",), lambda a, b: np.einsum("...c,cd->...d", a, b)),
        ("keras.ops.tensordot", (), lambda a, b: np.tensordot(a, b, [[2], [0]])),
        ("keras.ops.dot", (), np.dot),
        ("@", (), np.matmul),
    ],
)
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_contractions(operation: str, operands: tuple[Any, ...], compute: Callable[..., np.ndarray], seed: int) -> None:
    a, b = normal(seed, 2, 3, 4), normal(seed, 4, 5)
    y = compute(a, b).astype("float32")
    more = {"axes": [[2], [0]]} if operation.endswith("tensordot") else {}
    at = cell(seed, y)
    found = explained(operation, [*operands, a, b], y, at, **more)
    assert {t.factors[0].index for t in found.terms} == {(*at[:2], k) for k in range(4)}


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "keras.ops.add": np.add,
    "+=": np.add,
    "-": np.subtract,
    "keras.ops.subtract": np.subtract,
    "*": np.multiply,
    "tf.multiply": np.multiply,
    "/": np.divide,
    "keras.ops.divide": np.divide,
    "keras.ops.true_divide": np.divide,
    "keras.ops.maximum": np.maximum,
    "keras.ops.minimum": np.minimum,
    "<": np.less,
    ">=": np.greater_equal,
    "keras.ops.equal": np.equal,
    "//": np.floor_divide,
    "tf.squared_difference": lambda a, b: (a - b) ** 2,
}


@pytest.mark.parametrize("operation", BINARY)
@given(seed=SEEDS, literal=st.booleans())
@settings(max_examples=25, deadline=None)
def test_two_operands(operation: str, seed: int, literal: bool) -> None:
    a = normal(seed, 3, 1, 4)
    b: Any = 0.1 if literal else normal(seed, 2, 1)
    y = np.asarray(BINARY[operation](a, np.float32(b) if literal else b))
    at = cell(seed, y)
    found = explained(operation, [a, b], y, at)
    first = next(n for t in found.terms for n in t.factors if n.tensor)
    assert first.tensor == "input:0" and first.index == (at[0], 0, at[2])


@pytest.mark.parametrize(
    ("operation", "compute"),
    [
        ("keras.ops.tanh", np.tanh),
        ("keras.activations.relu", lambda x: np.maximum(x, 0)),
        ("keras.activations.sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("tf.exp", np.exp),
        ("keras.ops.square", np.square),
        ("keras.activations.softplus", lambda x: np.log1p(np.exp(x))),
        ("keras.ops.floor", np.floor),
        ("keras.activations.silu", lambda x: x / (1 + np.exp(-x))),
        ("keras.ops.abs", np.abs),
        ("neg", np.negative),
        ("keras.activations.elu", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("keras.ops.sign", np.sign),
    ],
)
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_functions(operation: str, compute: Callable[..., np.ndarray], seed: int) -> None:
    x = normal(seed, 3, 4)
    y = compute(x).astype("float32")
    at = cell(seed, y)
    found = explained(operation, [x], y, at)
    assert [n.index for t in found.terms for n in t.factors if n.tensor] == [at]


@given(SEEDS, st.integers(1, 30))
@settings(deadline=None)
def test_softmax_shows_its_denominator(seed: int, features: int) -> None:
    x = normal(seed, 2, features) * 3
    powers = np.exp(x - x.max(-1, keepdims=True))
    y = powers / powers.sum(-1, keepdims=True)
    found = explained("keras.ops.softmax", [x], y, cell(seed, y), axis=-1)
    (denominator,) = found.parts
    assert denominator.recomputed and denominator.count == features and "denominator" in str(denominator.label)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "keras.ops.sum": np.sum,
    "tf.reduce_sum": np.sum,
    "keras.ops.mean": np.mean,
    "keras.ops.max": np.max,
    "keras.ops.min": np.min,
    "keras.ops.prod": np.prod,
    "keras.ops.var": np.var,
    "keras.ops.std": np.std,
}


@pytest.mark.parametrize("operation", REDUCTIONS)
@given(seed=SEEDS, axis=st.sampled_from([None, 0, 1, -1, (0, 2)]), keepdims=st.booleans())
@settings(max_examples=25, deadline=None)
def test_reductions(operation: str, seed: int, axis: Any, keepdims: bool) -> None:
    x = normal(seed, 3, 2, 4)
    y = np.asarray(REDUCTIONS[operation](x, axis=axis, keepdims=keepdims))
    found = explained(operation, [x], y, cell(seed, y), axis=axis, keepdims=keepdims)
    if found.form in CHOICES:
        (winner,) = (term for term in found.terms if term.marked)
        assert x[winner.factors[0].index] == found.value


@given(SEEDS, st.sampled_from(["valid", "same"]), st.integers(1, 3), st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_pooling_marks_the_winner(seed: int, padding: str, size: int, stride: int) -> None:
    x = normal(seed, 2, 7, 3)
    out = -(-7 // stride) if padding == "same" else (7 - size) // stride + 1
    before = max((out - 1) * stride + size - 7, 0) // 2 if padding == "same" else 0
    windows = [x[:, max(k * stride - before, 0) : k * stride - before + size] for k in range(out)]
    y = np.stack([window.max(1) for window in windows], 1)
    found = explained("keras.ops.max_pool", [x, size, stride, padding, "channels_last"], y, cell(seed, y))
    assert sum(term.marked for term in found.terms) == 1
    mean = np.stack([window.mean(1) for window in windows], 1)
    explained("keras.ops.average_pool", [x, size, stride, padding, "channels_last"], mean, cell(seed, mean))


@given(SEEDS, st.sampled_from(["valid", "same", "causal"]), st.integers(1, 3), st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_convolution(seed: int, padding: str, size: int, dilation: int) -> None:
    x, kernel = normal(seed, 1, 7, 2), normal(seed, size, 2, 3)
    reach = (size - 1) * dilation
    before = {"valid": 0, "same": reach // 2, "causal": reach}[padding]
    after = {"valid": 0, "same": reach - reach // 2, "causal": 0}[padding]
    padded = np.pad(x, ((0, 0), (before, after), (0, 0)))
    out = padded.shape[1] - reach
    y = np.stack([sum(padded[:, k + j * dilation] @ kernel[j] for j in range(size)) for k in range(out)], 1)
    found = explained(
        "keras.ops.conv",
        [x, kernel],
        y,
        cell(seed, y),
        strides=[1],
        padding=padding,
        dilation_rate=(dilation,),
        data_format="channels_last",
    )
    assert found.form == "window"


MOVES: dict[str, tuple[list[Any], dict[str, Any], Callable[[np.ndarray], np.ndarray]]] = {
    "keras.ops.reshape": ([(4, 6)], {}, lambda x: x.reshape(4, 6)),
    "keras.ops.transpose": ([(2, 0, 1)], {}, lambda x: x.transpose(2, 0, 1)),
    "keras.ops.expand_dims": ([], {"axis": 1}, lambda x: x[:, None]),
    "keras.ops.flip": ([], {"axis": 1}, lambda x: x[:, ::-1]),
    "keras.ops.repeat": ([2], {"axis": 2}, lambda x: x.repeat(2, 2)),
    "keras.ops.tile": ([(1, 2, 1)], {}, lambda x: np.tile(x, (1, 2, 1))),
    "keras.ops.pad": ([((0, 0), (1, 1), (0, 2))], {}, lambda x: np.pad(x, ((0, 0), (1, 1), (0, 2)))),
    "keras.ops.swapaxes": ([0, 2], {}, lambda x: x.swapaxes(0, 2)),
    "[]": ([(slice(None, None, None), -1, slice(0, 3, 2))], {}, lambda x: x[:, -1, 0:3:2]),
    "keras.ops.take": ([], {"indices": np.array([[2, 0], [-1, 1]]), "axis": 1}, lambda x: x[:, [[2, 0], [-1, 1]]]),
}


@pytest.mark.parametrize("operation", MOVES)
@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_moves_find_the_source(operation: str, seed: int) -> None:
    x = np.random.default_rng(seed).permutation(24).reshape(2, 3, 4).astype("float32")  # every number once
    operands, keywords, move = MOVES[operation]
    y = np.ascontiguousarray(move(x + 1))
    at = cell(seed, y)
    found = explained(operation, [x + 1, *operands], y, at, **keywords)
    if found.value == 0:
        assert found.form == "constant"
    else:
        assert found.form in COPIES
        assert (x + 1)[found.terms[0].factors[0].index] == found.value


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_where_takes_the_one_it_says(seed: int) -> None:
    a, b = normal(seed, 3, 4), normal(seed, 4)
    condition = a > 0
    y = np.where(condition, a, b)
    at = cell(seed, y)
    found = explained("keras.ops.where", [condition, a, b], y, at)
    assert found.terms[0].factors[0].tensor == ("input:1" if condition[at] else "input:2")


@given(SEEDS, st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_layer_normalisation_recomputes_and_says_so(seed: int, features: int) -> None:
    x, gamma, beta = normal(seed, 2, features) + 3, normal(seed, features), normal(seed + 1, features)
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    y = ((x - mean) / np.sqrt(variance + np.float32(0.001)) * gamma + beta).astype("float32")
    at = cell(seed, y)
    found = explained("keras.ops.layer_normalization", [x], y, at, gamma=gamma, beta=beta, axis=-1, epsilon=0.001)
    assert {"mean", "variance"} <= {str(part.label) for part in found.parts}
    assert all(part.recomputed for part in found.parts) and found.recomputed
    numbers = {n.name: n for n in found.terms[0].factors}
    assert numbers["mean"].recomputed and not numbers["gamma"].recomputed
    assert float(numbers["mean"].value) == pytest.approx(float(mean[at[0], 0]), rel=1e-5)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_so(poison: float) -> None:
    a, b = np.ones((2, 20), "float32"), np.ones((20, 2), "float32")
    a[0, 17] = poison
    with np.errstate(all="ignore"):
        y = a @ b
    found = explained("@", [a, b], y, (0, 1))
    assert 17 in [term.position for term in found.terms]  # listed first of all
    assert found.printed == str(float(poison)) and found.result.residue == 0
    assert "one is enough" in found.notes[0].msgid
    assert not explained("@", [a, b], y, (1, 1)).notes


def test_zero_over_zero_is_told_apart() -> None:
    zero = np.zeros(2, "float32")
    found = explained("/", [zero, zero], np.array([np.nan, np.nan], "float32"), (0,))
    assert "no answer" in found.notes[0].msgid


def test_a_wrong_result_is_not_explained() -> None:
    a, b = normal(1, 2, 3), normal(1, 3, 2)
    found = explain(trace_of("@", [a, b], a @ b + np.float32(0.01)), "step:0", (0, 0))
    assert not found.explained and "do not give the recorded result" in str(found.notes[0])


def test_an_unknown_operation_says_so_and_lists_its_operands() -> None:
    x = normal(0, 3)
    found = explain(trace_of("somebody.mystery", [x, 4], np.sort(x) + 1), "step:0", (1,))
    assert not found.explained and found.depends == ("input:0",)
    assert "somebody.mystery" in str(found.headline) and "input:0, 4" in str(found.headline)


def test_a_cell_must_be_one() -> None:
    trace = trace_of("neg", [normal(0, 2)], -normal(0, 2))
    for wrong in ((2,), (-1,), (0, 0), ()):
        with pytest.raises(IndexError, match="expected a cell"):
            explain(trace, "step:0", wrong)
    with pytest.raises(KeyError):
        explain(trace, "step:9", (0,))
    assert explain(trace, "input:0", (1,)).form == "given"
