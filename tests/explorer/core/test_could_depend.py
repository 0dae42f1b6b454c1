"""What could matter to a cell, against replacing every cell by hand, and the counts that are known to be true."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import layers
from explorer.core import could_depend as could_depend_of
from explorer.core import trail
from explorer.core.arrays import named_weights, to_array
from explorer.core.dependence.cells import is_floating, like, with_cell
from explorer.core.dependence.rerun import ExperimentRerun
from explorer.core.run import run
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.experiment import Edit, Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.problem import Problem


def normal(*shape: int) -> tuple[Recipe, ...]:
    return (Recipe("normal", shape),)


def count(experiment: Experiment, cell: tuple[int, ...], tensor: str = "input:0") -> int:
    return int(could_depend_of(experiment, "output:0", cell).cells[tensor].sum())


CONV = Experiment(
    "keras.layers.Conv2D", {"filters": 2, "kernel_size": [3, 3], "activation": "relu"}, normal(1, 6, 6, 1)
)
LSTM = Experiment("keras.layers.LSTM", {"units": 2, "return_sequences": True}, normal(2, 5, 2))


def test_the_counts_that_are_known() -> None:
    assert count(CONV, (0, 1, 1, 0)) == 9
    pool = Experiment("max_pooling", inputs=normal(1, 4, 4, 1))
    assert count(pool, (0, 1, 0, 0)) == 4
    assert np.count_nonzero(trail(pool, "output:0", (0, 1, 0, 0)).cells["input:0"]) == 1
    assert count(LSTM, (1, 2, 0)) == 6
    found = could_depend_of(LSTM, "output:0", (1, 2, 0)).cells["input:0"]
    assert found[1, :3].all() and not found[0].any() and not found[1, 3:].any()
    small = Experiment("center_zero", inputs=normal(6, 6))
    assert count(small, (2, 2)) == 0 and count(small, (0, 2)) == 1


def layer_of(call: Any) -> type[keras.layers.Layer]:
    class Own(keras.layers.Layer):
        pass

    Own.call = call
    return Own


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda self, x: keras.ops.sum(keras.ops.top_k(x, 2)[0], axis=-1), 6),
        (lambda self, x: keras.ops.argmax(x, -1), 6),
    ],
)
def test_the_two_largest_and_the_place_of_the_largest(
    call: Any, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.core.build._build", lambda *args: layer_of(call)())
    experiment = Experiment("linear", inputs=normal(2, 6))
    assert count(experiment, (1,)) == expected
    now = trail(experiment, "output:0", (1,)).cells
    assert (
        "input:0" not in now if call(None, np.ones((1, 6))).dtype.name.startswith("int") else now["input:0"].sum() == 2
    )


def brute(
    experiment: Experiment, tensor: str, cell: tuple[int, ...], claimed: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Every cell of every earlier floating-point tensor replaced in turn, in a whole call each, with other numbers.

    Three draws of numbers; up to eight while a claimed cell has not been seen to matter.
    """
    random, rerun = np.random.default_rng(77), ExperimentRerun(experiment.change(trainable=True))
    rerun.live()
    own = {name: to_array(v) for name, v in named_weights(rerun.layer).items()}
    trained = [name for name, v in named_weights(rerun.layer).items() if v.trainable]

    def call(arrays: Any, weights: Any, replace: Any = None) -> Any:
        live = rerun.live(arrays, rerun.mask)  # starts over, so the weights are set after it
        for name, variable in named_weights(rerun.layer).items():
            variable.assign(weights[name])
        live.happen(Recorder(MAX_STEPS, replace=replace))
        return live.tensors()

    found: dict[str, np.ndarray] = {}
    for draw in range(8):
        if draw >= 3 and all((claimed[name] <= cells).all() for name, cells in found.items() if name in claimed):
            break
        arrays = [random.normal(0, 2, a.shape).astype(a.dtype) if a.dtype.kind == "f" else a for a in rerun.arrays]
        weights = own | {name: random.normal(0, 1, own[name].shape).astype(own[name].dtype) for name in trained}
        base = call(arrays, weights)
        old, seen = to_array(base[tensor]), {id(base[tensor])}
        for name, source in base.items():
            if not is_floating(source) or id(source) in seen or name.startswith(("output:", "mask:")):
                continue
            seen.add(id(source))
            if name.startswith("step:") and hasattr(source, "assign"):
                continue
            values = weights[name[7:]] if name.startswith("weight:") else to_array(source)
            found.setdefault(name, np.zeros(values.shape, bool))
            for place in np.ndindex(*values.shape):
                if found[name][place]:
                    continue
                other = with_cell(values, place, random.normal(0, 6))
                if name.startswith("input:"):
                    new = call([other if i == int(name[6:]) else a for i, a in enumerate(arrays)], weights)
                elif name.startswith("weight:"):
                    new = call(arrays, weights | {name[7:]: other})
                else:
                    new = call(arrays, weights, {name: lambda t, other=other: like(other, t)})
                difference = abs(float(to_array(new[tensor])[cell]) - float(old[cell]))
                found[name][place] = difference > 1e-5 * np.abs(old).max()
    return found


CASES = {
    "attention": Experiment("attention", inputs=normal(2, 3, 2)),
    "center_zero": Experiment("center_zero", inputs=normal(4, 3)),
    "linear": Experiment("linear", inputs=normal(2, 3)),
    "masked_mean": Experiment("masked_mean", inputs=normal(2, 4, 2), mask={"kind": "last", "count": 2}),
    "matmul": Experiment("matmul", inputs=normal(2, 3)),
    "max_pooling": Experiment("max_pooling", inputs=normal(1, 4, 4, 1)),
    "my_layer": Experiment("my_layer", inputs=normal(2, 3)),
    "my_multi_layer": Experiment("my_multi_layer", {"output_dim": 2}, (*normal(2, 3), *normal(2, 2))),
    "layer_stack": Experiment("layer_stack", {"depth": 2, "units": 2, "activation": "tanh"}, normal(2, 2)),
    "simple_cell": Experiment("simple_cell", inputs=normal(1, 2, 2)),
    "stateless_lambda": Experiment("stateless_lambda", inputs=normal(2, 3)),
    "Conv2D": CONV.change(inputs=normal(1, 4, 4, 1)),
    "Dense": Experiment("keras.layers.Dense", inputs=normal(2, 3)),
    "Flatten": Experiment("keras.layers.Flatten", inputs=normal(2, 2, 2)),
    "LSTM": Experiment("keras.layers.LSTM", {"units": 1}, normal(1, 2, 1)),
    "SimpleRNN": Experiment("keras.layers.SimpleRNN", {"units": 2}, normal(1, 2, 1)),
    "MaxPooling2D": Experiment("keras.layers.MaxPooling2D", inputs=normal(1, 4, 4, 1)),
    "Embedding": Experiment(
        "keras.layers.Embedding", {"input_dim": 5}, (Recipe("typed", (2, 2), {"values": [[1, 4], [0, 2]]}),)
    ),
    "BatchNormalization": Experiment("keras.layers.BatchNormalization", inputs=normal(3, 2), training=True),
}


def test_every_layer_of_the_catalogue_is_a_case() -> None:
    titles = {case.layer for case in CASES.values()}
    assert {name for name, card in layers.catalogue().items() if not card.symbolic} <= titles


@pytest.mark.parametrize("name", CASES)
def test_it_finds_what_replacing_every_cell_finds(name: str) -> None:
    experiment = CASES[name]
    output = run(experiment).outputs[0].value
    cell = tuple(n - 1 for n in output.shape)
    found = could_depend_of(experiment, "output:0", cell)
    tried = brute(experiment, "output:0", cell, found.cells)
    assert tried and found.kind == "could depend"
    for source, cells in tried.items():
        if name == "Embedding" and source.startswith("weight:"):  # by hand the ids are not varied: one row only
            assert (cells <= found.cells[source]).all() and cells.sum() == 1
            continue
        if name == "Embedding" and source.startswith("input:"):
            continue
        reached = found.cells.get(source, np.zeros(cells.shape, bool))  # what came after the cell is not there
        np.testing.assert_array_equal(reached, cells, err_msg=source)
    now = trail(experiment, "output:0", cell)
    for source in now.cells.keys() & found.cells.keys():
        if name not in ("LSTM", "SimpleRNN"):
            assert (np.abs(now.cells[source]) > 1e-3 * np.abs(now.cells[source]).max()).sum() <= found.cells[
                source
            ].sum()


def test_one_call_for_all_cells_finds_what_one_call_a_cell_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = could_depend_of(CONV, "output:0", (0, 1, 1, 0))
    monkeypatch.setattr("explorer.core.dependence.probe.Probe._rows_alone", lambda *args: frozenset())
    slow = could_depend_of(CONV, "output:0", (0, 1, 1, 0))
    assert quick.cells.keys() == slow.cells.keys()
    for name, cells in quick.cells.items():
        np.testing.assert_array_equal(cells, slow.cells[name], err_msg=name)
    runs = [int(next(n.params["passes"] for n in found.notes if "passes" in n.params)) for found in (quick, slow)]
    assert runs[1] > 2 * runs[0]


def test_ids_of_tokens_can_matter() -> None:
    experiment = Experiment("keras.layers.Embedding", inputs=(Recipe("constant", (2, 3), {"value": 4}),))
    found = could_depend_of(experiment, "output:0", (1, 2, 0)).cells
    assert np.argwhere(found["input:0"]).tolist() == [[1, 2]]
    assert found["weight:embeddings"][:, 0].sum() > 1 and not found["weight:embeddings"][:, 1].any()


def test_dropout_and_rows_that_share_numbers_are_tried_cell_by_cell() -> None:
    dropout = Experiment("keras.layers.Dropout", {"rate": 0.5}, normal(3, 4), seed=3, training=True)
    output = run(dropout).outputs[0].value
    for cell in ((0, 0), (1, 2), (2, 3)):
        assert count(dropout, cell) == int(output[cell] != 0)
    batch = Experiment("keras.layers.BatchNormalization", {}, normal(4, 2), training=True)
    assert np.argwhere(could_depend_of(batch, "output:0", (0, 1)).cells["input:0"]).tolist() == [
        [i, 1] for i in range(4)
    ]


def test_a_masked_step_cannot_matter() -> None:
    experiment = CASES["masked_mean"]
    kept = run(experiment).mask[0].value
    found = could_depend_of(experiment, "output:0", (0, 1)).cells["input:0"]
    np.testing.assert_array_equal(found[0, :, 1], kept[0])
    assert not found[1].any() and not found[:, :, 0].any()


def test_nan_is_taken_out_first() -> None:
    experiment = Experiment("center_zero", inputs=normal(4, 4), edits=(Edit("input:0", (1, 1), float("nan")),))
    found = could_depend_of(experiment, "output:0", (1, 1))
    assert np.isnan(found.value) and not found.cells["input:0"].any()
    assert any("NaN and infinity were replaced" in str(note) for note in found.notes)


def test_the_limit_is_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = could_depend_of(LSTM, "output:0", (1, 2, 0))
    module = __import__("sys").modules["explorer.core.dependence.perturbation"]
    monkeypatch.setattr(module, "MAX_WORK", 500)
    found = could_depend_of(LSTM, "output:0", (1, 2, 0))
    assert any("Cut at its limit" in str(note) for note in found.notes)
    assert all((cells <= whole.cells[name]).all() for name, cells in found.cells.items())


def test_the_same_question_has_the_same_answer() -> None:
    one, other = (could_depend_of(CASES["attention"], "step:4", (0, 1)) for _ in range(2))
    assert one.cells.keys() == other.cells.keys() and [str(n) for n in one.notes] == [str(n) for n in other.notes]
    assert all((one.cells[name] == other.cells[name]).all() for name in one.cells)
    assert "step:6" not in one.cells and not could_depend_of(CASES["attention"], "input:0", (0, 0, 0)).cells


def test_a_cell_that_is_not_there() -> None:
    with pytest.raises(Problem):
        could_depend_of(CASES["linear"], "output:0", (9, 9))
