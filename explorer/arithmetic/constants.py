"""Numbers that come from nowhere else: zeros, ones, ranges, random draws."""

from __future__ import annotations

from explorer.arithmetic.case import Case
from explorer.arithmetic.equations import formula_of, origin_of
from explorer.arithmetic.operands import CannotExplain
from explorer.arithmetic.printing import shortest
from explorer.arithmetic.registry import explains
from explorer.model.explanation import Explanation, Number


@explains(
    "keras.ops.zeros",
    "keras.ops.ones",
    "keras.ops.zeros_like",
    "keras.ops.ones_like",
    "keras.ops.eye",
    "keras.ops.empty",
    "keras.ops.tri",
    "keras.ops.empty_like",
)
def constant(case: Case) -> Explanation:
    """The same for every input."""
    return case.answer("A constant: it depends on no number.", origin_of("constant", case.value, case.dtype))


@explains("keras.ops.identity", only=True)
def identity_matrix(case: Case) -> Explanation:
    """1 on the diagonal."""
    return constant(case)


@explains("tf.shape_v2", "tf.size_v2", "tf.rank", "keras.ops.shape", "keras.ops.size")
def size(case: Case) -> Explanation:
    """What the shape of a tensor tells."""
    return case.answer("A size: it depends on the shape alone.", origin_of("constant", case.value, case.dtype))


@explains("keras.ops.full", "keras.ops.full_like", "tf.fill")
def full(case: Case) -> Explanation:
    """One number in every cell."""
    value = case.given("fill_value", 1) or case.need("x", 1)
    number = value.number(value.index_for(case.index), case.dtype)
    if number.value != case.value:
        raise CannotExplain("another number")
    return case.answer("One number in every cell.", origin_of("constant", case.value, case.dtype, [number]))


@explains(
    "keras.ops.uniform",
    "keras.ops.normal",
    "keras.ops.truncated_normal",
    "keras.ops.randint",
    "keras.ops.gamma",
    "keras.ops.beta",
    "keras.ops.binomial",
    "keras.ops.categorical",
    "tf.random_uniform",
    "tf.random_normal",
)
def random(case: Case) -> Explanation:
    """Drawn from the layer's seed."""
    return case.answer("Drawn at random from the layer's seed.", origin_of("random", case.value, case.dtype))


@explains("keras.ops.arange", "tf.range")
def arange(case: Case) -> Explanation:
    """Equal steps from a start."""
    ends = [case.literal(name, place) for name, place in (("start", 0), ("stop", 1), ("limit", 1))]
    start = 0 if ends[1] is None and ends[2] is None else ends[0]
    step = case.literal("step", 2) or case.literal("delta", 2) or 1
    place = case.index[0]
    numbers = [
        Number(v, shortest(v, case.dtype), name=n) for v, n in ((start, "start"), (place, "position"), (step, "step"))
    ]
    result = formula_of(
        "function of", "start + position * step", numbers, lambda a, k, s: a + k * s, case.value, case.dtype
    )
    return case.answer("Equal steps from a start.", result)


@explains("keras.ops.linspace")
def linspace(case: Case) -> Explanation:
    """Equal steps between two numbers."""
    start, stop = case.need("start", 0), case.need("stop", 1)
    count = case.literal("num", 2, 50)
    if case.literal("endpoint", 3, True) is not True or len(case.index) != 1 or count < 2:
        raise CannotExplain("no plain line")
    numbers = [
        *(g.number(g.index_for(case.index), case.dtype, n) for g, n in ((start, "start"), (stop, "stop"))),
        Number(case.index[0], str(case.index[0]), name="position"),
        Number(count - 1, str(count - 1), name="steps"),
    ]
    result = formula_of(
        "function of",
        "start + (stop - start) * position / steps",
        numbers,
        lambda a, b, k, n: a + (b - a) * k / n,
        case.value,
        case.dtype,
        scale=max(abs(float(numbers[0].value)), abs(float(numbers[1].value))),  # type: ignore[arg-type]
    )
    return case.answer("Equal steps between two numbers.", result)
