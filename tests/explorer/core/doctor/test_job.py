"""The job: a report travels, and can be stopped."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.command.printing import printed
from explorer.core.doctor import Cancelled, examine
from explorer.core.jobs import perform
from explorer.core.under_test import LayerUnderTest
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.engine.transport.wire import BadMessage
from explorer.experiment import Experiment
from explorer.model.problem import Problem
from explorer.model.report import Finding, Report
from explorer.model.trace import Message
from tests.explorer.core.doctor import liars


class Raises(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        raise ValueError("never")


class Reporter:
    """Hears a job's progress and its answer so far."""

    def __init__(self, hear: Any = lambda part, text: None) -> None:
        self.hear = hear
        self.partial: list[Any] = []

    def __call__(self, part: float, text: str = "") -> None:
        self.hear(part, text)

    def so_far(self, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        self.partial.append(codec.unpack(Report, wire.decode(wire.encode(meta, arrays))[0]))


def answered(args: dict[str, Any], report: Any = lambda part, text: None) -> Any:
    hearing = report if isinstance(report, Reporter) else Reporter(report)
    meta, _ = wire.decode(wire.encode(*perform("examine", args, {}, hearing)))
    return codec.unpack(Report, meta)


def test_a_report_travels() -> None:
    experiment = Experiment("linear", {"units": 3})
    test = LayerUnderTest(experiment)
    layer = test.make()
    arguments, keywords = test.arranged()
    told: list[float] = []
    back = answered({"experiment": experiment.to_json()}, lambda part, text: told.append(part))
    here = examine(layer, arguments, keywords)
    assert [(f.check, f.outcome) for f in back.findings] == [(f.check, f.outcome) for f in here.findings]
    assert back.healthy and back.layer == "Linear" and told[0] == 0 and told[-1] == 1


def test_every_part_of_a_finding_travels() -> None:
    report = examine(liars.UntrackedState(), [np.ones((2, 3), "float32")])
    meta, _ = wire.decode(wire.encode(*codec.pack(report)))
    back = codec.unpack(Report, meta)
    assert back == report and any(f.place and f.fix and f.mistake for f in back.findings)


def test_what_waits_for_a_finding_stands_with_it() -> None:
    report = examine(Raises(), [np.ones((2, 3), "float32")])
    first = report.told[0]
    assert first.check == "call" and first.outcome == "failed"
    names = {one.check for one in report.waiting(first)}
    assert {"returns_tensors", "graph", "gradients", "finite"} <= names and "own_names" not in names
    text = printed(report, everything=True)
    assert f"Checks that wait for this one: {len(names)} (" in text and text.count("comes first") == 0


def test_of_two_findings_that_one_leads_for_which_more_checks_wait() -> None:
    def finding(check: str, outcome: Any, waits_for: str = "") -> Finding:
        return Finding(check, outcome, *(Message(check),) * 5, waits_for=waits_for)

    made = [finding("a", "advice"), finding("b", "failed"), finding("c", "failed")]
    made += [finding("d", "not applicable", "c"), finding("e", "not applicable", "c"), finding("f", "passed")]
    report = Report("L", (), tuple(made))
    assert [one.check for one in report.told] == ["c", "b", "a"]
    assert [one.check for one in report.ordered] == ["c", "b", "a", "d", "e", "f"]
    assert [len(report.waiting(one)) for one in report.told] == [2, 0, 0]


def test_the_first_of_a_chain_is_examined() -> None:
    experiment = Experiment("linear").to_json() | {"then": [["keras.layers.ReLU", {}]]}
    assert answered({"experiment": experiment}).layer == "Linear"


def test_a_deadline_and_a_cancel() -> None:
    args = {"experiment": Experiment("linear").to_json()}
    assert answered({**args, "seconds": 0}).stopped is not None

    def stop(part: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        answered(args, stop)


def test_what_cannot_be_examined_is_a_problem() -> None:
    with pytest.raises(Problem, match="symbolic"):
        answered({"experiment": Experiment("keras.Input").to_json()})


@pytest.mark.parametrize(
    "change",
    [
        {"layer": 3},
        {"inputs": "x"},
        {"findings": [{}]},
        {"seconds": "1"},
        {"stopped": 3},
        {"findings": [{"outcome": "fine"}]},
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, Any]) -> None:
    meta, _ = codec.pack(examine(liars.Honest(), [np.ones((2, 3), "float32")], seconds=0))
    with pytest.raises(BadMessage):
        codec.unpack(Report, {**meta, **change})


def test_before_each_check_it_tells_what_was_found_until_then() -> None:
    reporter = Reporter()
    whole = answered({"experiment": Experiment("linear", {"units": 3}).to_json()}, reporter)
    assert len(reporter.partial) == len({finding.check for finding in whole.findings})
    for partial in reporter.partial:
        assert partial.findings == whole.findings[: len(partial.findings)]
        assert partial.layer == "Linear" and partial.inputs == whole.inputs
        assert not partial.complete and not partial.healthy
        title = str(partial.stopped.params["title"])
        assert title not in {str(finding.title) for finding in partial.findings}
        assert partial.stopped.params["left"] == len(reporter.partial) - len({f.check for f in partial.findings})
