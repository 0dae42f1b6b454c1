"""Typed code gives, bit for bit, what the same class gives when it is imported from a file; and every job knows it."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from asking import asked, experiment
from learners import LEARNERS

from explorer.command.loading import layer_class
from explorer.core.names import reset_names
from explorer.core.own_code import own_classes
from explorer.core.run import run
from explorer.core.tracing.record import trace_layer
from explorer.experiment import Experiment
from explorer.model.trace import Frame

NAMES = ("a table of positions", "a sequential model inside", "a list that is unpacked", "a helper function")


def shown(frame: Frame) -> tuple[object, ...]:
    steps = [(s.line, s.column, s.text, s.target, s.operation.rpartition(".")[2], s.error) for s in frame.steps]
    return frame.function, frame.source, frame.first_line, steps, [shown(child) for child in frame.children]


@pytest.mark.parametrize("name", NAMES)
def test_traces_are_equal_bit_for_bit(name: str, tmp_path: Path) -> None:
    code = LEARNERS[name]
    found = own_classes(code)
    card = found.cards[found.first]
    typed = run(Experiment(found.first, code=code, training=True))
    path = tmp_path / "written_in_a_file.py"
    path.write_text(code)
    made, module = layer_class(f"{path}:{card.title}")
    try:
        reset_names()
        keras.utils.set_random_seed(0)
        layer = made(**{field.name: field.default for field in card.fields if field.default is not None})
        arguments, keywords = card.arranged([tensor.value for tensor in typed.inputs])
        filed = trace_layer(layer, arguments, training=True, **keywords)
    finally:
        del sys.modules[module.__name__]
    assert [w.name for w in typed.weights] == [w.name for w in filed.weights]
    for one, other in zip((*typed.weights, *typed.outputs), (*filed.weights, *filed.outputs), strict=True):
        assert one.value.tobytes() == other.value.tobytes()
    assert [shown(frame) for frame in typed.frames] == [shown(frame) for frame in filed.frames]


def test_every_job_works_on_typed_code() -> None:
    code = LEARNERS["a table of positions"]
    asks = experiment(code)
    assert asked("tape", experiment=asks)[0]["values"]
    assert asked("step", experiment=asks)[0]["loss"] >= 0
    assert asked("life", experiment=asks)[0]["layer"] == "Positions"
    assert asked("calls", experiment=asks)[0]["items"]
    for job, tensor in (("trail", "output:0"), ("could_depend", "output:0"), ("downstream", "input:0")):
        assert asked(job, experiment=asks, tensor=tensor, index=[0, 0, 0])[0]
    (told,) = asked("source", layer="own.Positions", code=code)[0]["sources"]
    assert told["text"].startswith("class Positions") and told["file"].endswith("your_layer.py")
    chained = asked("run", experiment={**asks, "then": [["keras.layers.Dense", {"units": 2}]]})
    assert chained[0]["trace"]["outputs"] is not None


def test_the_doctor_examines_typed_code_and_blames_its_line() -> None:
    code = LEARNERS["the size of the batch in Python"]
    report, _ = asked("examine", experiment=experiment(code), seconds=20)
    places = [finding["place"] for finding in report["findings"] if finding.get("place")]
    assert {place["file"] for place in places} == {"your_layer.py"}


def test_a_cell_set_by_hand_changes_the_output() -> None:
    code = LEARNERS["a table of positions"]
    plain = run(Experiment("own.Positions", code=code)).outputs[0].value
    edited = Experiment.from_json(experiment(code, edits=[["weight:table", [0, 0], 5.0]]))
    assert np.any(run(edited).outputs[0].value != plain)
