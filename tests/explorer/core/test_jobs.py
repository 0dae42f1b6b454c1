"""Jobs: JSON and arrays in, JSON and arrays out."""

from __future__ import annotations

import json
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

import layers
from explorer.core.jobs import JOBS, perform, warm_up
from explorer.core.run import run
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.experiment.uploads import content_hash
from explorer.model.answers import Compared, KerasClasses
from explorer.model.dependence import Trail
from explorer.model.problem import Problem
from explorer.model.trace import Trace
from explorer.model.training_step import TrainingStep


def done(name: str, args: dict[str, Any], arrays: Any = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return wire.decode(wire.encode(*perform(name, args, arrays or {}, lambda part, text: None)))


def test_every_job_has_a_sentence() -> None:
    assert {"run", "step", "cards", "source"} <= set(JOBS.all())
    assert all(job.__doc__ for job in JOBS.all().values())


@pytest.mark.parametrize("layer", ["attention", "my_multi_layer", "keras.Input", "keras.layers.StringLookup"])
def test_a_run_travels(layer: str) -> None:
    experiment = Experiment(layer)
    back, plain = codec.unpack(Trace, *done("run", {"experiment": experiment.to_json()})), run(experiment)
    for one, other in zip(back.tensors(), plain.tensors(), strict=True):
        assert (one.id, one.name, one.dtype, one.axes) == (other.id, other.name, other.dtype, other.axes)
        np.testing.assert_array_equal(one.value, other.value)
    assert back.facts == plain.facts and back.check is None
    assert codec.unpack(Compared, *done("check", {"experiment": experiment.to_json()})).check == plain.check


def test_attachments_reach_the_layer() -> None:
    array = np.arange(4.0).reshape(2, 2)
    name = content_hash(array)
    recipe = {"kind": "file", "shape": [2, 2], "sha256": name}
    meta = {"experiment": Experiment("linear", inputs=(recipe,)).to_json()}  # type: ignore[arg-type]
    trace = codec.unpack(Trace, *done("run", meta, {name: array}))
    np.testing.assert_array_equal(trace.inputs[0].value, array)
    with pytest.raises(Problem):
        done("run", meta)


def test_a_step_travels() -> None:
    step = codec.unpack(TrainingStep, *done("step", {"experiment": Experiment("linear").to_json()}))
    assert [weight.name for weight in step.weights] == ["kernel", "bias"]


def test_the_cards_of_keras_travel() -> None:
    meta, _ = done("cards", {})
    json.dumps(meta)
    told = codec.unpack(KerasClasses, meta)
    assert told.cards["keras.layers.GRU"].title == "GRU" and not set(told.cards) & set(layers.catalogue())
    assert "keras.layers.Layer" in told.closed


@pytest.mark.parametrize("layer", ["center_zero", "stateless_lambda", "keras.layers.Dense", "keras.layers.GRU"])
def test_sources_are_whole(layer: str) -> None:
    meta, _ = done("source", {"layer": layer})
    for source in meta["sources"]:
        assert not source["file"].startswith("/") and source["first_line"] > 0
        compile("if True:\n" + "\n".join(" " + line for line in source["text"].splitlines()), "x", "exec")


@pytest.mark.parametrize("job", ["run", "step"])
@pytest.mark.parametrize("experiment", [{"layer": "nowhere"}, {"seed": -1}, {"unknown": 1}, {"params": {"zz": 1}}])
def test_what_cannot_be_done_is_a_problem(job: str, experiment: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        done(job, {"experiment": experiment})


def test_an_unknown_job() -> None:
    with pytest.raises(KeyError):
        done("format_disk", {})


def test_warming_up_needs_nothing() -> None:
    warm_up()


@pytest.mark.parametrize("name", ["trail", "could_depend", "downstream"])
def test_a_trail_travels(name: str) -> None:
    tensor = "input:0" if name == "downstream" else "output:0"
    args = {"experiment": Experiment("linear").to_json(), "tensor": tensor, "index": [1, 0]}
    back = codec.unpack(Trail, *done(name, args))
    assert (back.tensor_id, back.index) == (tensor, (1, 0))
    reached = back.cells["output:0" if name == "downstream" else "input:0"]
    assert reached[1].any() and not reached[0].any()
    with pytest.raises(Problem):
        done(name, {**args, "index": [9, 9]})
