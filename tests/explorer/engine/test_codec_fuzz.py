"""Whatever becomes of a packed value on its way, it arrives as a value of its type or as `BadMessage`."""

from __future__ import annotations

import copy
import dataclasses
import typing
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layers
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.model.answers import Compared, KerasClasses, Upload
from explorer.model.counterexample import Cell, Counterexample, Given
from explorer.model.dependence import Checked, Disagreement, Trail
from explorer.model.fix import Fix, SourceLine
from explorer.model.lifecycle import Call, CallResult, Life
from explorer.model.problem import Problem
from explorer.model.report import Finding, Report
from explorer.model.trace import Check, Frame, Message, Operand, Step, Tensor, Trace
from explorer.model.training_step import TrainingStep, WeightStep
from layers.card import Card
from tests.explorer.engine.test_lives import CALL, LIFE, PROBLEM, RESULT

MESSAGE = Message("One {a}", {"a": Message("b {c}", {"c": 1.5}), "d": None})
EYE = np.eye(2, dtype="float32")
X = Tensor("input:0", "x", "input", EYE, "float32", ("batch", "features"))
STEP = Step(2, 4, 2, 5, "x + 1", "y", (X,), "+", (Operand("", ("input:0",)), Operand("", (), "1")), ("AddV2",))
INNER = Frame("B.call", "def call(x): ...", 3, (STEP,))
TRACE = Trace(
    "A",
    (X,),
    outputs=(Tensor("output:0", "y", "output", EYE, "float32"),),
    frames=(Frame("A.call", "x", 1, (STEP, STEP), (INNER,)),),
    losses=(("a", float("nan")),),
    facts=(("a", "b"),),
    config={"a": [1, None]},
    check=Check(True, 0.0, 1e-6),
    notes=(MESSAGE,),
)
FAILED = copy.copy(PROBLEM)
FAILED.trace = TRACE
FOUND = Counterexample(
    "equal",
    MESSAGE,
    ((Given("float32", (1, 2), (0.5, 3.4e38), (True, False)),), (Given("int32", (0,), ()),)),
    "x0",
    (Cell(0, (0, 1)), Cell(1, ())),
    True,
    20,
)
FINDING = Finding("a", "failed", *[MESSAGE] * 5, "m", SourceLine("f", 3, "x"), Fix(MESSAGE, "a", "b"), "", FOUND)
SPARSE = np.zeros((9, 9))
SPARSE[2, 2] = 1.0
CHECKED = Checked(9, 7, (Disagreement("input:0", (0, 3), 0.5, 1.0, 1.0, "x"),))
TRAIL = Trail(
    "output:0", (1, 2), 2.5, "depends now", "upstream", {"a": SPARSE, "b": np.zeros(9), "c": EYE}, (MESSAGE,), CHECKED
)
CARD = max(layers.catalogue().values(), key=lambda card: len(card.examples))
VALUES: list[tuple[Any, Any]] = [
    (Card, CARD),
    (Message, MESSAGE),
    (Problem, FAILED),
    (Report, Report("A", ("a",), (FINDING,), 1.5, MESSAGE)),
    (Life, dataclasses.replace(LIFE, moments=(dataclasses.replace(LIFE.moments[0], problem=FAILED),))),
    (CallResult, dataclasses.replace(RESULT, problem=FAILED)),
    (tuple[Call, ...], (CALL, CALL)),
    (Trail, TRAIL),
    (TrainingStep, TrainingStep(1.0, (0.5,), 1.5, (WeightStep("k", True, EYE, None, EYE, EYE * 2, "C"),))),
    (Compared, Compared(Check(True, 0.0, 1e-6))),
    (Upload, Upload(EYE, "a", (MESSAGE,))),
    (KerasClasses, KerasClasses({"a": CARD}, {"b": MESSAGE}, {"c": "a"})),
    (Trace, TRACE),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.sampled_from([-(2**70), 2**63, 1e300, float("nan"), float("inf"), "", "x", "{x:99999999}", "float64"])
    | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
ARRAYS = st.sampled_from(
    [
        np.zeros(0),
        np.arange(3),
        np.array([-1]),
        np.array([10**6]),
        EYE,
        np.array(["a"], object),
        np.zeros((2, 2), bool),
        np.array(1, "uint8"),
        np.array([0.5], "float16"),
        np.array([1j]),
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


def check(value: Any, kind: Any) -> None:
    """Whether a value is of its declared type, deep down."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return
    if origin is typing.Literal:
        assert value in arguments
    elif origin is tuple and arguments[-1] is Ellipsis:
        assert type(value) is tuple
        for item in value:
            check(item, arguments[0])
    elif origin is tuple:
        assert type(value) is tuple and len(value) == len(arguments)
        for item, inner in zip(value, arguments, strict=True):
            check(item, inner)
    elif arguments and origin is not None and isinstance(origin, type) and issubclass(origin, typing.Mapping):  # type: ignore[arg-type]
        assert type(value) is dict
        for key, item in value.items():
            check(key, arguments[0])
            check(item, arguments[1])
    elif arguments:  # a union
        assert any(fits(value, inner) for inner in arguments), value
    elif typing.is_typeddict(kind):
        assert type(value) is dict and set(value) <= set(typing.get_type_hints(kind))
    else:
        assert isinstance(value, kind) and (kind not in (int, float) or type(value) is kind), (value, kind)
        if dataclasses.is_dataclass(kind):
            for name, inner in typing.get_type_hints(kind).items():
                check(getattr(value, name), inner)
        elif kind is Problem:
            for name, inner in typing.get_type_hints(Problem.__init__).items():
                if name != "return":
                    check(getattr(value, name), inner)
            str(value)


def fits(value: Any, kind: Any) -> bool:
    try:
        check(value, kind)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda value: getattr(value, "__name__", ""))
@settings(max_examples=100, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_value_is_of_its_type_or_refused(kind: Any, value: Any, data: st.DataObject) -> None:
    meta, arrays = wire.decode(wire.encode(*codec.pack(value)))
    check(codec.unpack(kind, meta, arrays), kind)
    for _ in range(data.draw(st.integers(1, 3))):
        what = data.draw(st.sampled_from(["replace", "remove", "repeat", "array"] if arrays else ["replace", "remove"]))
        if what == "array":
            arrays[data.draw(st.sampled_from(sorted(arrays)))] = data.draw(ARRAYS)
            continue
        path = data.draw(st.sampled_from(places(meta)[1:] or [("a",)]))
        place = meta
        for key in path[:-1]:
            place = place[key]
        if what == "replace":
            place[path[-1]] = data.draw(JSON)
        elif what == "repeat" and isinstance(place, list):
            place.append(place[path[-1]])
        elif isinstance(place, list) or path[-1] in place:
            del place[path[-1]]
    try:
        found = codec.unpack(kind, meta, arrays)
    except wire.BadMessage:
        return
    check(found, kind)


@pytest.mark.parametrize("kind", [kind for kind, _ in VALUES], ids=lambda kind: kind.__name__)
@given(value=JSON, arrays=st.dictionaries(st.sampled_from("012"), ARRAYS))
@settings(max_examples=30)
def test_anything_else_is_refused(kind: Any, value: Any, arrays: dict[str, np.ndarray]) -> None:
    for meta in (value, {"items": value}):
        try:
            check(codec.unpack(kind, meta, arrays), kind)
        except wire.BadMessage:
            continue
