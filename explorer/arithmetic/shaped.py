"""Functions of a few cells that are not in the same place: halves, neighbours, vectors, classes, positions, windows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import (
    EPSILON,
    Column,
    Listed,
    choice_of,
    compared,
    copy_of,
    formula_of,
    origin_of,
    recomputed,
    sum_of,
)
from explorer.arithmetic.families import squares_of
from explorer.arithmetic.operands import CannotExplain, axes_of
from explorer.arithmetic.reductions import along
from explorer.arithmetic.registry import explains
from explorer.arithmetic.rounding import LARGEST
from explorer.model.explanation import Explanation, Number
from explorer.model.trace import Message


def named(number: Number, name: str) -> Number:
    """A number under the name that a formula gives it."""
    return Number(number.value, number.printed, number.tensor, number.index, name, number.recomputed)


def plain(value: float, name: str) -> Number:
    """A number that no tensor holds."""
    return Number(value, repr(value), name=name)


def moved_by(index: tuple[int, ...], axis: int, steps: int) -> tuple[int, ...]:
    """The cell some steps further along an axis."""
    return (*index[:axis], index[axis] + steps, *index[axis + 1 :])


@explains("keras.ops.glu")
def glu(case: Case) -> Explanation:
    """One half, opened by the other."""
    x = case.need("x", 0)
    axis = int(case.literal("axis", 1, -1)) % x.array.ndim
    gate = moved_by(case.index, axis, x.array.shape[axis] // 2)
    numbers = [x.number(case.index, name="x"), x.number(gate, name="gate")]
    result = formula_of(
        "function of", "x / (1 + exp(-gate))", numbers, lambda v, g: v / (1 + math.exp(-g)), case.value, case.dtype
    )
    return case.answer("A cell of the first half, times the sigmoid of its partner in the second.", result)


@explains("tf.crelu")
def crelu(case: Case) -> Explanation:
    """What is positive, then what is negative without its sign."""
    x = case.need("x", 0)
    axis = int(case.literal("axis", 1, -1)) % x.array.ndim
    second = case.index[axis] >= x.array.shape[axis]
    own = moved_by(case.index, axis, -x.array.shape[axis] if second else 0)
    formula = "max(-x, 0)" if second else "max(x, 0)"
    sign = -1 if second else 1
    result = formula_of(
        "function of", formula, [x.number(own, name="x")], lambda v: max(sign * v, 0.0), case.value, case.dtype
    )
    return case.answer("A function of one cell: {formula}.", result, formula=formula)


@explains("keras.ops.diff")
def diff(case: Case) -> Explanation:
    """A cell less its neighbour before."""
    x = case.need("x", 0)
    if case.literal("n", 1, 1) != 1:
        raise CannotExplain("differences of differences")
    axis = int(case.literal("axis", 2, -1)) % x.array.ndim
    numbers = x.number(moved_by(case.index, axis, 1)), x.number(case.index)
    sign = Listed(Number(1, "1"), Number(-1, "-1"))
    result = sum_of("sum", [sign, Listed(*numbers)], case.value, case.dtype, case.shown)
    return case.answer("A difference of two neighbours.", result)


@explains("keras.ops.trapezoid")
def trapezoid(case: Case) -> Explanation:
    """A sum in which the first and the last count half."""
    y = case.need("y", 0)
    if case.given("x", None) is not None and "x" in case.bound.named:
        raise CannotExplain("unequal steps")
    axis = int(case.literal("axis", 3, -1)) % y.array.ndim
    cells = along(case, y, (axis,), case.index)
    weights = np.full(len(cells), float(case.literal("dx", 2, 1.0)))
    weights[[0, -1]] /= 2
    columns = [Column(weights, dtype="float64"), y.column(cells)]
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=4)
    return case.answer("A sum of {count} numbers; the first and the last count half.", result, count=result.count)


@explains("keras.ops.correlate")
def correlate(case: Case) -> Explanation:
    """One row slid along the other."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    long, short = first.array.size, second.array.size
    mode = case.literal("mode", 2, "valid")
    before = {"valid": 0, "same": (short - 1) // 2 + (short + 1) % 2, "full": short - 1}.get(str(mode))
    if before is None or long < short:
        raise CannotExplain("a shorter first row")
    at = case.index[0] - before
    pairs = [(at + k, k) for k in range(short) if 0 <= at + k < long]
    columns = [given.column(np.array([[p[n]] for p in pairs], int)) for n, given in enumerate((first, second))]
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=2)
    return case.answer("A sum of {count} products.", result, count=result.count)


@explains("keras.ops.cross")
def cross(case: Case) -> Explanation:
    """Two products of the other two axes."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    if any(case.literal(name, place, -1) != -1 for name, place in (("axisa", 2), ("axisb", 3), ("axisc", 4))):
        raise CannotExplain("vectors along another axis")
    if first.array.shape[-1] != 3 or second.array.shape[-1] != 3 or case.literal("axis", 5) not in (None, -1):
        raise CannotExplain("vectors that are not of three numbers")
    one, two = (case.index[-1] + 1) % 3, (case.index[-1] + 2) % 3
    rows = [first.index_for((*case.index[:-1], k)) for k in (one, two)]
    others = [second.index_for((*case.index[:-1], k)) for k in (two, one)]
    columns = [
        Listed(Number(1, "1"), Number(-1, "-1")),
        first.column(np.array(rows, int)),
        second.column(np.array(others, int)),
    ]
    result = sum_of("sum of products", columns, case.value, case.dtype, case.shown, rounds=2)
    return case.answer("A difference of two products.", result)


@explains("keras.ops.kron")
def kron(case: Case) -> Explanation:
    """Every cell of the first, times the whole second."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    if first.array.ndim != second.array.ndim:
        raise CannotExplain("operands of different rank")
    split = [divmod(i, size) for i, size in zip(case.index, second.array.shape, strict=True)]
    numbers = first.number(tuple(a for a, _ in split)), second.number(tuple(b for _, b in split))
    result = sum_of("product", [Listed(number) for number in numbers], case.value, case.dtype)
    return case.answer("A product of two numbers.", result)


@explains("keras.ops.multi_hot", "keras.src.utils.numerical_utils.encode_categorical_inputs")
def multi_hot(case: Case) -> Explanation:
    """1 where any of the numbers is the position."""
    x = case.need("x", 0)
    if case.literal("output_mode", 1, "multi_hot") != "multi_hot" or case.given("count_weights", 5) is not None:
        raise CannotExplain("another way of counting")
    if case.literal("axis", 2, -1) not in (-1, len(case.index) - 1):
        raise CannotExplain("classes along another axis")
    lead = case.index[:-1]
    cells = np.array([(*lead, *k) for k in np.ndindex(*x.array.shape[len(lead) :])], int)
    same = x.array[tuple(cells.T)] == case.index[-1]
    column = replace(x.column(cells), name="x")
    hits = np.flatnonzero(same)
    result = choice_of(
        "maximum of",
        column,
        int(hits[0]) if len(hits) else 0,
        case.value,
        case.dtype,
        case.shown,
        compared("==", case.index[-1], str(case.index[-1])),
    )
    return case.answer(
        "1 if any of {count} numbers is {number}, else 0.", result, count=len(same), number=case.index[-1]
    )


@explains("tf.one_hot", only=True)
def one_hot(case: Case) -> Explanation:
    """One value where the position is the number, else another."""
    x = case.need("x", 0)
    axis = int(case.literal("axis", 4, -1)) % len(case.index)
    own = x.number(tuple(i for a, i in enumerate(case.index) if a != axis))
    on, off = (case.literal(name, at, usual) for name, at, usual in (("on_value", 2, 1), ("off_value", 3, 0)))
    numbers = [
        named(own, "x"),
        Number(case.index[axis], str(case.index[axis]), name="position"),
        plain(float(on), "on"),
        plain(float(off), "off"),
    ]
    result = formula_of(
        "logical",
        "on if x == position else off",
        numbers,
        lambda a, b, y, n: y if a == b else n,
        case.value,
        case.dtype,
    )
    return case.answer("One number in the position that x names, another elsewhere.", result)


@explains("tf.sequence_mask")
def sequence_mask(case: Case) -> Explanation:
    """Whether the position lies before the length."""
    length = case.need("x", 0).number(case.index[:-1], name="length")
    position = Number(case.index[-1], str(case.index[-1]), name="position")
    result = formula_of(
        "logical", "position < length", [position, length], lambda a, b: float(a < b), case.value, case.dtype
    )
    return case.answer("Whether the position lies before the length.", result)


@explains("keras.ops.unravel_index")
def unravel_index(case: Case) -> Explanation:
    """One coordinate of a cell that was counted."""
    sizes = [int(n) for n in case.literal("shape", 1)]
    behind = math.prod(sizes[case.place.position + 1 :])
    size = sizes[case.place.position]
    numbers = [
        case.need("x", 0).number(case.index, name="x"),
        Number(behind, str(behind), name="behind"),
        Number(size, str(size), name="size"),
    ]
    result = formula_of(
        "function of", "floor(x / behind) mod size", numbers, lambda v, b, s: v // b % s, case.value, case.dtype
    )
    return case.answer("A coordinate of the cell that x counts.", result)


@explains("keras.ops.vander")
def vander(case: Case) -> Explanation:
    """Powers of one number."""
    x = case.need("x", 0).number((case.index[0],), name="x")
    wide = case.tensor.value.shape[1]
    power = case.index[1] if case.literal("increasing", 2, False) else wide - 1 - case.index[1]
    numbers = [x, Number(power, str(power), name="n")]
    result = formula_of("power", "x ^ n", numbers, lambda v, n: v**n, case.value, case.dtype)
    return case.answer("A power.", result)


@explains("keras.ops.saturate_cast")
def saturate_cast(case: Case) -> Explanation:
    """Kept within what the type can hold, then cast."""
    x = case.need("x", 0).number(case.index, name="x")
    if case.dtype in EPSILON:
        low, high = -LARGEST[case.dtype], LARGEST[case.dtype]
        result = formula_of(
            "function of", f"x as {case.dtype}", [x], lambda v: min(max(v, low), high), case.value, case.dtype
        )
        return case.answer("The nearest number of {dtype}.", result, dtype=case.dtype)
    limits = np.iinfo(case.dtype)
    numbers = [
        x,
        Number(int(limits.min), str(limits.min), name="low"),
        Number(int(limits.max), str(limits.max), name="high"),
    ]
    result = formula_of(
        "function of",
        "trunc(min(max(x, low), high))",
        numbers,
        lambda v, a, b: math.trunc(min(max(v, a), b)),
        case.value,
        case.dtype,
    )
    return case.answer("Kept within what {dtype} can hold, without its fraction.", result, dtype=case.dtype)


@explains("keras.ops.allclose")
def all_close(case: Case) -> Explanation:
    """Whether all pairs are close to each other."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    if first.array.shape != second.array.shape:
        raise CannotExplain("operands of different shapes")
    most, least = case.literal("rtol", 2), case.literal("atol", 3)
    one, two = first.array.astype("float64"), second.array.astype("float64")
    close = (np.abs(one - two) <= least + most * np.abs(two)).ravel()
    column = Column(close, dtype="bool", recomputed=True)
    apart = np.flatnonzero(~close)
    deciding = int(apart[0]) if len(apart) else 0
    result = choice_of("minimum of", column, deciding, case.value, case.dtype, case.shown)
    return case.answer("Whether all of {count} pairs are close to each other.", result, count=result.count)


@explains("keras.ops.psnr")
def psnr(case: Case) -> Explanation:
    """A ratio of the largest number and a mean square difference, in decibels."""
    first, second = case.need("x1", 0), case.need("x2", 1)
    away = (first.array.astype("float64") - second.array.astype("float64")).ravel()
    part = squares_of(case, Column(away, dtype="float64", recomputed=True), "sum of squared differences")
    numbers = [
        plain(float(case.literal("max_val", 2)), "largest"),
        recomputed(part, "squares"),
        Number(part.count, str(part.count), name="count"),
    ]
    result = formula_of(
        "function of",
        "20 * log10(largest) - 10 * log10(squares / count)",
        numbers,
        lambda m, s, n: 20 * math.log10(m) - 10 * math.log10(s / n),
        case.value,
        case.dtype,
        scale=20.0,
    )
    return case.answer("The largest number over the mean square difference, in decibels.", result, (part,))


@explains("tf.clip_by_norm")
def clip_by_norm(case: Case) -> Explanation:
    """Made shorter if it is longer than allowed."""
    x = case.need("x", 0)
    column = x.column(along(case, x, axes_of(case.literal("axes", 2), x.array.ndim), case.index))
    part = squares_of(case, column)
    most = float(case.need("clip_norm", 1).array)
    numbers = [x.number(case.index, name="x"), recomputed(part, "squares"), plain(most, "most")]
    result = formula_of(
        "normalised",
        "x * most / max(sqrt(squares), most)",
        numbers,
        lambda v, s, m: v * m / max(math.sqrt(s), m),
        case.value,
        case.dtype,
        roundings=16 + part.count,
    )
    return case.answer("Made shorter if the whole is longer than allowed.", result, (part,))


@explains("keras.ops.sparsemax")
def sparsemax(case: Case) -> Explanation:
    """What lies above a threshold that makes the row add to 1."""
    x = case.need("x", 0)
    axis = int(case.literal("axis", 1, -1)) % x.array.ndim
    cells = np.array([(*case.index[:axis], k, *case.index[axis + 1 :]) for k in range(x.array.shape[axis])], int)
    column = x.column(cells)
    falling = np.argsort(-column.values, kind="stable")
    values = column.values.astype("float64")[falling]
    count = int((values - (np.cumsum(values) - 1) / np.arange(1, len(values) + 1) > 0).sum())
    above = falling[:count]
    kept = Column(column.values[above], x.tensor, cells[above], x.dtype)
    part = sum_of("sum", [kept], None, case.dtype, case.shown, label=Message("sum of the numbers above the threshold"))
    numbers = [x.number(case.index, name="x"), recomputed(part, "sum"), Number(count, str(count), name="count")]
    size = float(np.abs(column.values).max()) * (count + 1) + 1
    result = formula_of(
        "function of",
        "max(x - (sum - 1) / count, 0)",
        numbers,
        lambda v, s, n: max(v - (s - 1) / n, 0.0),
        case.value,
        case.dtype,
        scale=size,
    )
    return case.answer("What lies above a threshold that makes the row add to 1.", result, (part,))


@explains("keras.ops.select", only=True)
def select(case: Case) -> Explanation:
    """The choice of the first condition that holds."""
    conditions, choices = case.several("condlist", 0), case.several("choicelist", 1)
    for condition, choice in zip(conditions, choices, strict=True):
        if condition.array[condition.index_for(case.index)]:
            number = choice.number(choice.index_for(case.index), case.dtype)
            result = copy_of("select", number, case.value, case.dtype)
            return case.answer("The choice of the first condition that holds.", result)
    return case.answer("No condition holds here.", origin_of("constant", case.value, case.dtype))


@explains("keras.ops.logspace", "keras.ops.geomspace")
def spaced(case: Case) -> Explanation:
    """Equal ratios between two numbers."""
    ends = [case.need(name, at).number((), "float64", name) for name, at in (("start", 0), ("stop", 1))]
    count = int(case.literal("num", 2, 50))
    if not case.literal("endpoint", 3, True) or count < 2 or len(case.index) != 1:
        raise CannotExplain("no plain row of ratios")
    place = ((case.index[0], "position"), (count - 1, "steps"))
    numbers = [*ends, *(Number(value, str(value), name=name) for value, name in place)]
    formula, evaluate = "start * (stop / start) ^ (position / steps)", _geometric
    if case.name == "logspace":
        numbers.append(plain(float(case.literal("base", 4, 10)), "base"))
        formula, evaluate = "base ^ (start + (stop - start) * position / steps)", _logarithmic
    result = formula_of("power", formula, numbers, evaluate, case.value, case.dtype, roundings=64)
    return case.answer("Equal ratios between two numbers.", result)


def _geometric(a: float, b: float, k: float, n: float, base: float = 0.0) -> float:
    return float(a * (b / a) ** (k / n))


def _logarithmic(a: float, b: float, k: float, n: float, base: float = 10.0) -> float:
    return float(base ** (a + (b - a) * k / n))


WINDOWS: dict[str, tuple[str, Callable[[float, float], float]]] = {
    "hamming": ("0.54 - 0.46 * cos(2 * pi * k / n)", lambda k, n: 0.54 - 0.46 * math.cos(2 * math.pi * k / n)),
    "hanning": ("0.5 - 0.5 * cos(2 * pi * k / n)", lambda k, n: 0.5 - 0.5 * math.cos(2 * math.pi * k / n)),
    "bartlett": ("1 - |2 * k / n - 1|", lambda k, n: 1 - abs(2 * k / n - 1)),
    "blackman": (
        "0.42 - 0.5 * cos(2 * pi * k / n) + 0.08 * cos(4 * pi * k / n)",
        lambda k, n: 0.42 - 0.5 * math.cos(2 * math.pi * k / n) + 0.08 * math.cos(4 * math.pi * k / n),
    ),
}
"""By name: a window at position k of n + 1."""


@explains(*(f"keras.ops.{name}" for name in (*WINDOWS, "kaiser")))
def window(case: Case) -> Explanation:
    """A number that depends on its position alone."""
    k, n = case.index[0], case.tensor.value.shape[0] - 1
    numbers = [Number(k, str(k), name="k"), Number(n, str(n), name="n")]
    formula, evaluate = WINDOWS.get(case.name, ("", _rectangle))
    if case.name == "kaiser":
        beta = float(case.literal("beta", 1))
        numbers.append(plain(beta, "beta"))
        formula, evaluate = "I0(beta * sqrt(1 - (2 * k / n - 1)^2)) / I0(beta)", partial(_kaiser, beta)
    result = formula_of(
        "function of",
        formula,
        numbers,
        lambda k, n, *_: evaluate(k, n),
        case.value,
        case.dtype,
        scale=1.0,
        roundings=32,
    )
    return case.answer("A window: it depends on the position alone.", result)


def _kaiser(beta: float, k: float, n: float) -> float:
    return float(np.i0(beta * math.sqrt(max(1 - (2 * k / n - 1) ** 2, 0))) / np.i0(beta))


def _rectangle(k: float, n: float) -> float:
    return 1.0
