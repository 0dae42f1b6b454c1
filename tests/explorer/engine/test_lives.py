"""Lives and results of calls survive the way to the web process, and nothing else gets through."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from explorer.engine.codec.lives import (
    calls_from_meta,
    life_from_meta,
    life_to_meta,
    result_from_meta,
    result_to_meta,
    to_json,
)
from explorer.engine.transport.wire import BadMessage
from explorer.model.lifecycle import Call, CallResult, Excerpt, Life, Moment, Named, Ran, State, Table, Way, WeightFact
from explorer.model.problem import Problem
from explorer.model.trace import Message

PROBLEM = Problem(Message("No {x}", {"x": 1}), expected="2", received="3", where="inputs.0", detail="d")
STATE = State(True, False, 12, (WeightFact("kernel", (2, 4), "float32", True, "zeros", 7, (Message("why"),)),))
MOMENT = Moment(
    "build", Message("t"), Message("l"), "layer(x)", None, (Ran("A.build", "(2, 3)", 0, 0.5, True),),
    (Excerpt("A.build", "a.py", 3, "def"),), STATE, ((Message("w"), "x"),), PROBLEM, 1.25,
)  # fmt: skip
LIFE = Life("A", (MOMENT,), (Way("eager", Message("e"), "c", ("(2,)",), ("float32",), 0.0, 1.0, None, None),))
RESULT = CallResult(
    "save", "code", "text", "", ("w",), (Named("a", "1"),), Table((Message("h"),), (("c",),)), "digraph",
    "layer.keras", b"\x00\xff", None, 2.0,
)  # fmt: skip
CALL = Call("get", "weights", Message("t"), Message(""), "layer", "m", "", Message("a"))


def travelled(meta: object) -> dict[str, object]:
    return json.loads(json.dumps(meta))


def test_a_life_arrives_as_it_was() -> None:
    found = life_from_meta(travelled(life_to_meta(LIFE)))
    assert life_to_meta(found) == life_to_meta(LIFE)
    assert found.moments[0].state == STATE and found.ways == LIFE.ways
    problem = found.moments[0].problem
    assert problem is not None and (str(problem.what), problem.expected, problem.detail) == ("No 1", "2", "d")


def test_a_result_arrives_with_its_file() -> None:
    meta, arrays = result_to_meta(RESULT)
    found = result_from_meta(travelled(meta), arrays)
    assert dataclasses.asdict(found) == dataclasses.asdict(RESULT)
    assert calls_from_meta(travelled({"calls": to_json((CALL,))})) == (CALL,)


BLANK = travelled(to_json(MOMENT))


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
        life_from_meta({**travelled(life_to_meta(LIFE)), **change})


def test_a_file_of_no_bytes_is_refused() -> None:
    meta, _ = result_to_meta(RESULT)
    with pytest.raises(BadMessage):
        result_from_meta(travelled(meta), {"content": np.zeros((2, 2))})
