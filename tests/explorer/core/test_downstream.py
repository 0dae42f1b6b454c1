"""Touch a cell and see what moves: against the layer called by hand on the moved number."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer.core import downstream as downstream_of
from explorer.core import trail
from explorer.core.run import run
from explorer.experiment import Edit, Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.problem import Problem


@pytest.mark.parametrize(("tensor", "cell"), [("input:0", (1, 0)), ("weight:kernel", (1, 1)), ("weight:bias", (3,))])
def test_linear_moves_in_a_straight_line(tensor: str, cell: tuple[int, ...]) -> None:
    experiment = Experiment("linear", dtype="float64")
    found = downstream_of(experiment, tensor, cell)
    trace = run(experiment)
    x, kernel = trace.inputs[0].value, trace.weights[0].value
    expected = np.zeros_like(trace.outputs[0].value)
    if tensor == "input:0":
        expected[1] = kernel[0]
    else:
        expected[:, cell[-1]] = x[:, 1] if tensor == "weight:kernel" else 1
    np.testing.assert_allclose(found.cells["output:0"], expected, rtol=1e-6)
    assert found.direction == "downstream" and "input:0" not in found.cells and tensor not in found.cells


@pytest.mark.parametrize("name", ["attention", "layer_stack", "keras.layers.LSTM", "center_zero"])
def test_it_is_the_way_back_of_the_trail(name: str) -> None:
    experiment = Experiment(name, {"activation": "tanh"} if name == "layer_stack" else {}, dtype="float64")
    trace = run(experiment)
    touched = tuple(0 for _ in trace.inputs[0].value.shape)
    moved = downstream_of(experiment, "input:0", touched).cells["output:0"]
    assert moved.any()
    for place in [tuple(map(int, p)) for p in (np.argwhere(moved)[0], np.argwhere(np.ones_like(moved))[-1])]:
        slope = trail(experiment, "output:0", place).cells["input:0"][touched]
        assert moved[place] == pytest.approx(slope, rel=0.1, abs=1e-6)


def test_the_difference_is_that_of_an_edit() -> None:
    experiment = Experiment("attention")
    found = downstream_of(experiment, "input:0", (0, 2, 1))
    before, after = (float(found.notes[0].params[name]) for name in ("before", "after"))
    edited = run(experiment.change(edits=(Edit("input:0", (0, 2, 1), after),)))
    for one, other in zip(run(experiment).frames[0].steps, edited.frames[0].steps, strict=True):
        old, new = one.values[0], other.values[0]
        np.testing.assert_array_equal(found.cells[old.id] != 0, old.value != new.value)
        slope = (new.value.astype("float64") - old.value) / (np.float32(after) - np.float64(np.float32(before)))
        np.testing.assert_allclose(found.cells[old.id], slope, rtol=1e-5, atol=1e-7)
    assert not found.cells["output:0"][1].any()


def test_a_step_can_be_touched() -> None:
    found = downstream_of(Experiment("attention", dtype="float64"), "step:5", (0, 3, 0))
    x = run(Experiment("attention", dtype="float64")).inputs[0].value
    np.testing.assert_allclose(found.cells["output:0"][0], x[0, 3], rtol=1e-6)
    assert not found.cells["step:4"].any() and not found.cells["output:0"][1].any()


def test_ids_are_raised_or_lowered_by_one() -> None:
    experiment = Experiment(
        "keras.layers.Embedding", {"input_dim": 5}, (Recipe("typed", (1, 2), {"values": [[1, 4]]}),)
    )
    table = run(experiment).weights[0].value
    for place, new in ((0, 2), (1, 3)):  # 5 is beyond the table
        found = downstream_of(experiment, "input:0", (0, place))
        old = found.value
        change = (table[new] - table[old]) / (new - old)
        np.testing.assert_allclose(found.cells["output:0"][0, place], change, rtol=1e-5)
        assert not found.cells["output:0"][0, 1 - place].any()


def test_nan_is_marked_and_not_measured() -> None:
    experiment = Experiment("linear", edits=(Edit("input:0", (0, 0), float("nan")),))
    found = downstream_of(experiment, "input:0", (0, 0))
    assert (found.cells["output:0"][0] == 1).all() and not found.cells["output:0"][1].any()
    assert "what changed is marked" in str(found.notes[0])


def test_dropout_draws_the_same_in_both_runs() -> None:
    experiment = Experiment("keras.layers.Dropout", {"rate": 0.5}, (Recipe("ones", (4, 8)),), seed=3, training=True)
    output = run(experiment).outputs[0].value
    for cell in ((0, 0), (1, 3), (2, 5), (3, 7)):
        moved = downstream_of(experiment, "input:0", cell).cells["output:0"]
        assert np.argwhere(moved).tolist() == ([list(cell)] if output[cell] else [])


def test_what_cannot_be_moved() -> None:
    words = Experiment("keras.layers.StringLookup")
    with pytest.raises(Problem):
        downstream_of(words, "input:0", tuple(0 for _ in run(words).inputs[0].value.shape))
    with pytest.raises(Problem):
        downstream_of(Experiment("linear"), "weight:kernel", (99, 0))
