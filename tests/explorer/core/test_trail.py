"""Gradients of one cell against float64 central differences, for every recorded tensor, and what is said about them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

import layers
from explorer.core import trace_layer, trail
from explorer.core.arrays import named_weights, to_array
from explorer.core.dependence.cells import is_floating, like, with_cell
from explorer.core.dependence.rerun import ExperimentRerun, tensor_of
from explorer.core.run import run
from explorer.core.tracing.recorder import MAX_STEPS, Recorder
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Edit, Experiment
from explorer.experiment.recipes import Recipe
from explorer.model.dependence import Trail
from explorer.model.problem import Problem
from explorer.model.trace import Frame, Trace

NAMES = [name for name, card in layers.catalogue().items() if not card.symbolic]
STEP = 1e-5
MOST_TENSORS, MOST_CELLS = 24, 5


def ids(trace: Trace) -> list[str]:
    """The ids of a trace, read from the trace alone."""
    found: list[str] = []

    def walk(frame: Frame) -> None:
        found.extend(value.id for step in frame.steps for value in step.values)
        for child in frame.children:
            walk(child)

    for frame in trace.frames:
        walk(frame)
    return [*(t.id for t in (*trace.inputs, *trace.weights, *trace.others)), *found, *(t.id for t in trace.outputs)]


def value_of(
    rerun: ExperimentRerun, tensor: str, cell: tuple[int, ...], change: tuple[str, tuple[int, ...], float]
) -> float:
    """The cell's value in a call from the start in which another cell has moved by so much."""
    name, place, by = change
    arrays, replace = list(rerun.arrays), {}
    if name.startswith("input:"):
        number = int(name[6:])
        arrays[number] = with_cell(arrays[number], place, arrays[number][place] + by)
    live = rerun.live(arrays, rerun.mask)
    if name.startswith("weight:"):
        variable = named_weights(rerun.layer)[name[7:]]
        variable.assign(with_cell(to_array(variable), place, to_array(variable)[place] + by))
    elif not name.startswith("input:"):
        moved: Callable[[Any], Any] = lambda t: like(with_cell(to_array(t), place, to_array(t)[place] + by), t)  # noqa: E731
        replace[name] = moved
    live.happen(Recorder(MAX_STEPS, replace=replace))
    return float(to_array(tensor_of(live, tensor))[cell])


def compare(experiment: Experiment, tensor: str, cell: tuple[int, ...]) -> tuple[int, int]:
    """`(cells compared, cells at a kink)` of one trail against central differences."""
    found = trail(experiment, tensor, cell)
    rerun = ExperimentRerun(experiment)
    live = rerun.live()
    live.happen(Recorder(MAX_STEPS))
    tensors, generator = live.tensors(), np.random.default_rng(3)
    target, seen = tensors[tensor], set()
    sources = []
    for name, source in tensors.items():
        if source is target or id(source) in seen or not is_floating(source) or name == tensor:
            continue
        seen.add(id(source))
        if not name.startswith(("output:", "other:")) and not (name.startswith("step:") and hasattr(source, "assign")):
            sources.append(name)
    if len(sources) > MOST_TENSORS:
        sources = list(generator.choice(sources, MOST_TENSORS, replace=False))
    compared = kinks = 0
    middle = found.value
    assert isinstance(middle, float)
    for name in sources:
        shape = to_array(tensors[name]).shape
        reached = np.flatnonzero(found.cells[name]) if name in found.cells else np.arange(0)
        flat = [*generator.permutation(reached)[:2], *generator.permutation(int(np.prod(shape)))[: MOST_CELLS - 2]]
        for place in (tuple(int(i) for i in np.unravel_index(n, shape)) for n in flat):
            upper, lower = (value_of(rerun, tensor, cell, (name, place, by)) for by in (STEP, -STEP))
            if abs((upper - middle) - (middle - lower)) > 1e-4 * abs(upper - lower) + 1e-11:
                kinks += 1
                continue
            slope = (upper - lower) / (2 * STEP)
            gradient = found.cells[name][place] if name in found.cells else 0.0
            assert gradient == pytest.approx(slope, rel=1e-5, abs=1e-7), (name, place)
            compared += 1
    return compared, kinks


def shortened(spec: layers.Input) -> tuple[int, ...]:
    """Three time steps: every slope is two calls of the whole layer."""
    return tuple(3 if axis == "time" else size for size, axis in zip(spec.shape, spec.axes, strict=True))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_slopes(name: str, training: bool) -> None:
    floats = all(spec.dtype == "float" for spec in layers.catalogue()[name].inputs)  # drawn, so that no two are equal
    inputs = tuple(Recipe("normal", shortened(spec)) for spec in layers.catalogue()[name].inputs) if floats else ()
    experiment = Experiment(name, inputs=inputs, dtype="float64", training=training, seed=2)
    trace = run(experiment)
    compared = kinks = 0
    for output in trace.outputs:
        if output.value.dtype.kind == "f":
            cell = tuple(int(i) for i in np.unravel_index(int(np.abs(output.value).argmax()), output.value.shape))
            more = compare(experiment, output.id, cell)
            compared, kinks = compared + more[0], kinks + more[1]
    print(f"{name}: {compared} slopes, {kinks} at a kink")
    assert compared > 2 * kinks and compared >= 3


def test_a_cell_of_a_step_in_a_frame_within() -> None:
    experiment = Experiment("layer_stack", {"activation": "tanh"}, dtype="float64")
    trace = run(experiment)
    inner = trace.frames[0].children[1]
    step = inner.steps[-1].values[0]
    assert compare(experiment, step.id, (0, 1))[0] > 10
    found = trail(experiment, step.id, (0, 1))
    assert "weight:dense_2/kernel" in found.cells and "weight:dense_3/kernel" not in found.cells
    last = trace.frames[0].children[2].steps[-1].values[0]
    assert last.id not in found.cells


def test_ids_are_those_of_the_trace() -> None:
    for name in ("layer_stack", "keras.layers.LSTM", "my_multi_layer"):
        trace, live = run(Experiment(name)), ExperimentRerun(Experiment(name)).live()
        live.happen(Recorder(MAX_STEPS))
        assert sorted(live.tensors()) == sorted(ids(trace)), name
        values = {t: to_array(v) for t, v in live.tensors().items() if not t.startswith("weight:")}
        steps = [value for frame in trace.frames for step in frame.steps for value in step.values]
        for tensor in steps:
            np.testing.assert_array_equal(values[tensor.id], tensor.value)


def text(found: Trail) -> str:
    return " ".join(map(str, found.notes))


def test_the_hole_of_center_zero_depends_on_no_input() -> None:
    found = trail(Experiment("center_zero"), "output:0", (4, 4))
    assert found.value == 0 and not found.cells["input:0"].any()
    assert np.argwhere(found.cells["weight:mask"]).tolist() == [[4, 4]] and found.cells["weight:mask"][4, 4] == 6
    assert "every gradient there is 0" in text(found) and "mask[4, 4] alone, which is 0" in text(found)
    beside = trail(Experiment("center_zero"), "output:0", (0, 4))
    assert np.argwhere(beside.cells["input:0"]).tolist() == [[0, 4]] and beside.notes == ()


def test_a_nan_in_the_hole_is_told_for_what_it_is() -> None:
    experiment = Experiment("center_zero", edits=(Edit("input:0", (4, 4), float("nan")),))
    found = trail(experiment, "output:0", (4, 4))
    assert np.isnan(found.value) and not found.cells["input:0"].any()
    assert np.argwhere(np.isnan(found.cells["weight:mask"])).tolist() == [[4, 4]]
    assert "This cell is nan because input:0 holds NaN" in text(found)
    beside = trail(experiment, "output:0", (0, 4))
    assert beside.value == 6 and np.isfinite(beside.cells["weight:mask"]).all(), "a NaN elsewhere is no dependence"
    assert np.argwhere(beside.cells["weight:mask"]).tolist() == [[0, 4]] and beside.notes == ()


def test_ids_of_tokens_have_no_gradient_and_the_table_has_one_row() -> None:
    found = trail(Experiment("keras.layers.Embedding"), "output:0", (1, 0, 1))
    table = found.cells["weight:embeddings"]
    row = run(Experiment("keras.layers.Embedding")).inputs[0].value[1, 0]
    assert table.shape == (21, 2) and np.argwhere(table).tolist() == [[int(row), 1]]
    assert "input:0" not in found.cells and "No gradient reaches tokens" in text(found)


def test_steps_without_a_gradient_are_named() -> None:
    found = trail(Experiment("keras.layers.Masking", inputs=(Recipe("normal", (1, 2, 3)),)), "output:0", (0, 0, 0))
    assert found.cells["input:0"][0, 0, 0] == 1 and "No gradient passes through" in text(found)
    trace = run(Experiment("keras.layers.Masking", inputs=(Recipe("normal", (1, 2, 3)),)))
    truth = next(v for f in trace.frames for s in f.steps for v in s.values if v.dtype == "bool")
    told = trail(
        Experiment("keras.layers.Masking", inputs=(Recipe("normal", (1, 2, 3)),)), truth.id, (0,) * truth.value.ndim
    )
    assert not told.cells and "has no gradient" in text(told)


def test_dropout_keeps_its_draw() -> None:
    experiment = Experiment("keras.layers.Dropout", {"rate": 0.5}, (Recipe("ones", (4, 8)),), seed=3, training=True)
    output = run(experiment).outputs[0].value
    for cell in ((0, 0), (1, 3), (2, 5), (3, 7)):
        found = trail(experiment, "output:0", cell)
        assert found.value == output[cell] == found.cells["input:0"][cell]
        assert np.count_nonzero(found.cells["input:0"]) == (output[cell] != 0)
    assert {0.0, 2.0} <= set(output.ravel().tolist())


def test_a_masked_step_is_not_reached() -> None:
    mask = {"kind": "last", "count": 2}
    experiment = Experiment("masked_mean", mask=mask)
    reached = trail(experiment, "output:0", (0, 0)).cells["input:0"][0, :, 0]
    plain = trail(Experiment("masked_mean"), "output:0", (0, 0)).cells["input:0"][0, :, 0]
    kept = run(experiment).mask[0].value[0]
    assert 0 < kept.sum() < len(kept) and ((reached != 0) == kept).all() and (plain != 0).all()


def test_two_inputs() -> None:
    found = trail(Experiment("my_multi_layer"), "output:0", (1, 2))
    assert np.argwhere(found.cells["input:0"]).tolist() == [[1, 0], [1, 1]]
    assert np.argwhere(found.cells["input:1"]).tolist() == [[1, 2]]
    mean = trail(Experiment("my_multi_layer"), "output:1", (1,))
    assert "input:0" not in mean.cells and np.count_nonzero(mean.cells["input:1"]) == 4


def test_state_and_layer_are_as_before() -> None:
    experiment = Experiment("keras.layers.BatchNormalization", training=True)
    before = run(experiment)
    class_before = dict(vars(layers.catalogue()["attention"].layer_class))
    found = trail(experiment, "weight:moving_mean", (0,))
    assert found.value == 0.0 and not found.cells and "where trails begin" in text(found)
    trail(Experiment("attention"), "output:0", (0, 0))
    assert dict(vars(layers.catalogue()["attention"].layer_class)) == class_before
    after = run(experiment)
    for one, other in zip(before.tensors(), after.tensors(), strict=True):
        assert one.value.tobytes() == other.value.tobytes()
    rerun = ExperimentRerun(experiment)
    live = rerun.live()
    live.happen(Recorder(MAX_STEPS, watch=lambda tensor: None))
    assert "call" not in vars(rerun.layer)


@pytest.mark.parametrize(("tensor", "index"), [("output:9", (0,)), ("output:0", (0,)), ("output:0", (2, 0)), ("", ())])
def test_a_cell_that_is_not_there(tensor: str, index: tuple[int, ...]) -> None:
    with pytest.raises(Problem):
        trail(Experiment("linear"), tensor, index)


def test_a_symbolic_tensor_has_no_trail() -> None:
    with pytest.raises(Problem):
        trail(Experiment("keras.Input"), "output:0", ())


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_dtypes(dtype: str) -> None:
    wide, narrow = (trail(Experiment("linear", dtype=d), "output:0", (0, 1)) for d in ("float32", dtype))
    assert wide.cells.keys() <= narrow.cells.keys()
    np.testing.assert_allclose(narrow.cells["input:0"].astype("float64"), wide.cells["input:0"], rtol=0.02, atol=1e-3)


def milliseconds(function: Callable[[], Any], times: int = 5) -> float:
    function()
    taken = []
    for _ in range(times):
        start = time.thread_time()
        function()
        taken.append(1000 * (time.thread_time() - start))
    return min(taken)


@pytest.mark.parametrize(
    ("name", "params", "shape"),
    [("attention", {}, (2, 5, 3)), ("keras.layers.LSTM", {"units": 8}, (1, 50, 8)), ("keras.layers.Dense", {}, (2, 3))],
)
def test_speed_is_that_of_a_few_runs(name: str, params: dict[str, Any], shape: tuple[int, ...]) -> None:
    """The clock of a busy machine says little: the time is the processor's, and the plain trace its measure."""
    experiment = Experiment(name, params, (Recipe("normal", shape),))
    test = LayerUnderTest(experiment)
    layer = test.make()
    arguments, keywords = test.arranged()
    recorded = milliseconds(lambda: trace_layer(layer, arguments, **keywords))
    whole = milliseconds(lambda: run(experiment))
    taken = milliseconds(lambda: trail(experiment, "output:0", (0, 0)))
    print(f"{name}: trail {taken:.1f} ms, run {whole:.1f} ms, recorded call {recorded:.1f} ms")
    assert taken < 5 * whole + 20
