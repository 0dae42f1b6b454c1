"""Lives and results of calls survive the way to the web process, and nothing else gets through."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import pytest

from explorer.engine.codec import pack, unpack
from explorer.engine.transport import wire
from explorer.engine.transport.wire import BadMessage
from explorer.model.fix import Fix, SourceLine
from explorer.model.lifecycle import (
    Call,
    CallResult,
    Content,
    Excerpt,
    Life,
    Moment,
    Named,
    Ran,
    State,
    Table,
    Way,
    WeightFact,
)
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Frame, Message, Step, Tensor, Trace

PROBLEM = Problem(
    Message("No {x}", {"x": 1}),
    expected="2",
    received="3",
    where="inputs.0",
    detail="d",
    place=SourceLine("a.py", 3, "x"),
    why=Message("w {x}", {"x": 2}),
    fixes=(Fix(Message("m")),),
    repairs=(Repair(Message("r"), {"seed": 1}),),
)
STATE = State(True, False, 12, (WeightFact("kernel", (2, 4), "float32", True, "zeros", 7, (Message("why"),)),))
MOMENT = Moment(
    "build",
    Message("t"),
    Message("l"),
    "layer(x)",
    None,
    (Ran("A.build", "(2, 3)", 0, 0.5, True),),
    (Excerpt("A.build", "a.py", 3, "def"),),
    STATE,
    ((Message("w"), "x"),),
    PROBLEM,
    1.25,
)
LIFE = Life("A", (MOMENT,), (Way("eager", Message("e"), "c", ("(2,)",), ("float32",), 0.0, 1.0, None, None),))
RESULT = CallResult(
    "save",
    "code",
    "text",
    "",
    ("w",),
    (Named("a", "1"),),
    Table((Message("h"),), (("c",),)),
    "digraph",
    "layer.keras",
    Content(b"\x00\xff"),
    None,
    2.0,
)
CALL = Call("get", "weights", Message("t"), Message(""), "layer", "m", "", Message("a"))


def travelled(value: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return wire.decode(wire.encode(*pack(value)))


def test_a_life_arrives_as_it_was() -> None:
    found = unpack(Life, *travelled(LIFE))
    assert pack(found) == pack(LIFE)
    assert found.moments[0].state == STATE and found.ways == LIFE.ways
    problem = found.moments[0].problem
    assert problem is not None and (str(problem.what), problem.expected, problem.detail) == ("No 1", "2", "d")


@pytest.mark.parametrize(
    "value", [LIFE, dataclasses.replace(RESULT, problem=PROBLEM)], ids=lambda value: type(value).__name__
)
def test_a_problem_inside_keeps_everything(value: Life | CallResult) -> None:
    x = Tensor("input:0", "x", "input", np.ones((2, 3), "float32"), "float32")
    trace = Trace("A", (x,), frames=(Frame("A.call", "x", 1, (Step(1, 0, 1, 1, "x", "", (), error="no"),)),))
    problem = copy.copy(PROBLEM)
    problem.trace = trace
    found = unpack(type(value), *travelled(with_problem(value, problem)))
    back = found.moments[0].problem if isinstance(found, Life) else found.problem
    assert back is not None
    for name in ("what", "expected", "received", "where", "detail", "place", "why", "fixes", "repairs"):
        assert getattr(back, name) == getattr(PROBLEM, name), name
    assert back.trace is not None and back.trace.frames[0].steps[0].error == "no"
    np.testing.assert_array_equal(back.trace.inputs[0].value, x.value)


def test_a_problem_inside_loses_only_the_trace_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.codec.MAX_BODY", 100)
    traces = [Trace("A", (Tensor("input:0", "x", "input", np.full(20, n, "float32"), "float32"),)) for n in (1, 2)]
    problems = [copy.copy(PROBLEM) for _ in traces]
    for problem, trace in zip(problems, traces, strict=True):
        problem.trace = trace
    moments = tuple(dataclasses.replace(MOMENT, problem=problem) for problem in problems)
    first, second = (moment.problem for moment in unpack(Life, *travelled(Life("A", moments))).moments)
    assert first is not None and first.trace is not None and first.trace.inputs[0].value.sum() == 20
    assert second is not None and second.trace is None and second.place == PROBLEM.place


def with_problem(value: Life | CallResult, problem: Problem) -> Life | CallResult:
    if isinstance(value, Life):
        return dataclasses.replace(value, moments=(dataclasses.replace(MOMENT, problem=problem),))
    return dataclasses.replace(value, problem=problem)


def test_a_result_arrives_with_its_file() -> None:
    meta, arrays = travelled(RESULT)
    assert "content" in meta and sum(array.nbytes for array in arrays.values()) == 2
    found = unpack(CallResult, meta, arrays)
    assert dataclasses.asdict(found) == dataclasses.asdict(RESULT)
    assert unpack(tuple[Call, ...], *travelled((CALL,))) == (CALL,)


BLANK, _ = travelled(MOMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"layer": 3},
        {"moments": {}},
        {"moments": [3]},
        {"ways": [{"id": "x"}]},
        {"moments": [{**BLANK, "milliseconds": "1"}]},
        {"moments": [{**BLANK, "ran": [["A"]]}]},
    ],
)
def test_a_damaged_life_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadMessage):
        unpack(Life, {**travelled(LIFE)[0], **change})


def test_a_file_of_no_bytes_is_refused() -> None:
    meta, arrays = travelled(RESULT)
    for wrong in (np.zeros((2, 2)), np.zeros((2, 2), "uint8"), np.zeros(2, "int8")):
        with pytest.raises(BadMessage):
            unpack(CallResult, meta, dict.fromkeys(arrays, wrong))
    with pytest.raises(BadMessage):
        unpack(CallResult, meta, {})
