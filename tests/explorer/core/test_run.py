"""run(experiment): the same bits every time, edits and masks and dtypes as asked, Problems in place of exceptions."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from catalogue_runs import examples

import layers
from explorer.core.run import run
from explorer.experiment import Edit, Experiment
from explorer.model.problem import Problem
from explorer.model.trace import Trace


def bits(trace: Trace) -> list[Any]:
    return [(t.id, t.dtype, t.value.shape, t.value.tobytes()) for t in trace.tensors() if t.value.dtype != object]


def output(layer: str, **parts: Any) -> np.ndarray:
    return run(Experiment(layer, **parts)).outputs[0].value


def recipe(kind: str, *shape: int, **options: Any) -> dict[str, Any]:
    return {"kind": kind, "shape": list(shape), **options}


# ------------------------------------------------------------------------------------------------- determinism
def test_every_example_gives_the_same_bits_again_and_agrees_with_its_derivation() -> None:
    first = {name: run(experiment) for name, experiment in examples()}
    for name, experiment in reversed(list(examples())):
        again = run(experiment)
        assert bits(again) == bits(first[name]), name
        assert [t.name for t in again.tensors()] == [t.name for t in first[name].tensors()], name
        assert again.check is None or again.check.agrees, (name, again.check)
        assert again.config == first[name].config, name


@pytest.mark.parametrize("layer", ["keras.layers.Dropout", "keras.layers.RandomFlip", "keras.layers.LSTM"])
def test_the_seed_decides(layer: str) -> None:
    one, two = (bits(run(Experiment(layer, seed=seed, training=True))) for seed in (1, 2))
    assert one == bits(run(Experiment(layer, seed=1, training=True))) and one != two


# ------------------------------------------------------------------------------------------------------- edits
def test_edited_inputs_and_weights_are_what_the_layer_sees() -> None:
    edits = (Edit("input:0", (0, 1), 10), Edit("weight:kernel", (1, 2), 100), Edit("weight:bias", (3,), -5))
    trace = run(Experiment("linear", edits=edits))
    x, kernel, bias = trace.inputs[0].value, trace.tensor("weight:kernel").value, trace.tensor("weight:bias").value
    assert (x[0, 1], kernel[1, 2], bias[3]) == (10, 100, -5)
    plain = run(Experiment("linear"))
    assert np.count_nonzero(kernel != plain.tensor("weight:kernel").value) == 1
    np.testing.assert_allclose(trace.outputs[0].value, x @ kernel + bias, rtol=1e-6)
    assert trace.check is not None and trace.check.agrees


def test_the_last_edit_of_a_cell_counts() -> None:
    edits = (Edit("input:0", (0, 0), 1), Edit("input:0", (0, 0), float("inf")))
    assert run(Experiment("center_zero", edits=edits)).inputs[0].value[0, 0] == np.inf


def test_an_edit_beyond_the_dtype_is_an_infinity() -> None:
    assert run(Experiment("linear", edits=(Edit("weight:kernel", (0, 0), 1e300),))).weights[0].value[0, 0] == np.inf


@pytest.mark.parametrize(
    ("layer", "edit", "expected", "received"),
    [
        ("linear", Edit("weight:kernel", (2, 0), 1), "weight:kernel (2, 4)", "(2, 0)"),
        ("linear", Edit("weight:kernel", (0,), 1), "weight:kernel (2, 4)", "(0,)"),
        ("linear", Edit("input:0", (0, 0, 0), 1), "input:0 (2, 2)", "(0, 0, 0)"),
        ("linear", Edit("input:0", (10**15, 0), 1), "input:0 (2, 2)", str((10**15, 0))),
        ("linear", Edit("input:1", (0, 0), 1), "input:0", "input:1"),
        ("linear", Edit("input:x", (0, 0), 1), "input:0", "input:x"),
        ("linear", Edit("weight:gamma", (0,), 1), "weight:kernel, weight:bias", "weight:gamma"),
        ("keras.layers.Embedding", Edit("input:0", (0, 0), 0.5), "int32", "0.5"),
        ("keras.layers.Embedding", Edit("input:0", (0, 0), 3e9), "int32", "3000000000"),
        ("keras.layers.Embedding", Edit("input:0", (0, 0), float("nan")), "int32", "nan"),
        ("keras.layers.StringLookup", Edit("input:0", (0, 0), 1), "float", "string"),
    ],
)
def test_an_impossible_edit_is_refused(layer: str, edit: Edit, expected: str, received: str) -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment(layer, edits=(edit,)))
    assert expected in caught.value.expected and received in caught.value.received


def test_the_offered_repair_of_an_edit_mends_it() -> None:
    experiment = Experiment("linear", edits=(Edit("weight:kernel", (9, 9), 1),))
    with pytest.raises(Problem) as caught:
        run(experiment)
    (repair,) = caught.value.repairs
    run(experiment.change(**repair.change))


# ---------------------------------------------------------------------------------------------- flags and masks
def test_a_frozen_layer_has_no_trainable_weight() -> None:
    assert [w.trainable for w in run(Experiment("linear")).weights] == [True, True]
    frozen = run(Experiment("linear", trainable=False))
    assert [w.trainable for w in frozen.weights] == [False, False]
    assert bits(frozen) == bits(run(Experiment("linear")))


def test_masked_steps_are_as_good_as_absent() -> None:
    kept = recipe("normal", 2, 3, 4)
    short = run(Experiment("attention", params={"bias": "scalar"}, inputs=[kept]))
    padded = np.concatenate([short.inputs[0].value, np.full((2, 2, 4), 99, "float32")], axis=1)
    typed = recipe("typed", 2, 5, 4, values=padded.astype(float).tolist())
    parts = {"params": {"bias": "scalar"}, "inputs": [typed], "mask": {"kind": "last", "count": 2}}
    masked = run(Experiment("attention", **parts))  # type: ignore[arg-type]
    np.testing.assert_allclose(masked.outputs[0].value, short.outputs[0].value, rtol=1e-6)
    alpha = {t.name: t.value for t in masked.intermediates}["alpha"]
    assert not alpha[:, 3:].any()
    np.testing.assert_allclose(alpha.sum(axis=-1), 1, rtol=1e-6)
    assert masked.mask[0].value.tolist() == [[True, True, True, False, False]] * 2


def test_a_mask_reaches_keras_own_layers() -> None:
    masked = output("keras.layers.LSTM", mask={"kind": "last", "count": 1})
    assert not np.array_equal(masked, output("keras.layers.LSTM"))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("layer", ["linear", "attention", "center_zero", "my_multi_layer", "keras.layers.Conv2D"])
def test_dtypes(layer: str, dtype: str) -> None:
    trace = run(Experiment(layer, dtype=dtype))
    assert {t.dtype for t in (*trace.inputs, *trace.weights, *trace.outputs)} == {dtype}
    assert trace.outputs[0].value.dtype == ("float32" if dtype == "bfloat16" else dtype)
    assert trace.check is None or trace.check.agrees
    if dtype == "bfloat16":
        cells = trace.outputs[0].value.view("uint32")
        assert not (cells & 0xFFFF).any(), "a value that bfloat16 does not have"


def test_a_symbolic_tensor_has_facts_and_no_numbers() -> None:
    trace = run(Experiment("keras.Input", params={"shape": [None, 8], "batch_size": 3, "dtype": "int32"}))
    facts = dict(trace.facts)
    assert (facts["shape"], facts["dtype"]) == ("(3, None, 8)", "int32")
    assert trace.outputs == () and trace.layer == "KerasTensor"


# ------------------------------------------------------------------------------------------------------- losses
def test_regularizers_by_hand() -> None:
    trace = run(Experiment("keras.layers.Dense", params={"kernel_regularizer": "l2", "bias_regularizer": "l1"}))
    kernel = trace.tensor("weight:kernel").value
    losses = dict(trace.losses)
    assert losses["kernel"] == pytest.approx(0.01 * (kernel.astype("float64") ** 2).sum(), rel=1e-5)
    assert losses["bias"] == 0 and len(trace.losses) == 2


def test_an_activity_regularizer_is_a_mean_over_the_batch() -> None:
    trace = run(Experiment("keras.layers.Dense", params={"activity_regularizer": "l2", "kernel_regularizer": "l2"}))
    values = trace.outputs[0].value.astype("float64")
    losses = dict(trace.losses)
    assert losses["call"] == pytest.approx(0.01 * (values**2).sum() / len(values), rel=1e-5)
    assert set(losses) == {"call", "kernel"}


def test_a_frozen_layer_regularizes_nothing() -> None:
    assert run(Experiment("keras.layers.Dense", params={"kernel_regularizer": "l2"}, trainable=False)).losses == ()


# --------------------------------------------------------------------------------------------------- odd inputs
SHAPES = [(), (3,), (0, 3), (2, 0), (2, 3), (1, 1, 1), (2, 3, 0), (0, 3, 4), (2, 2, 2, 2), (1, 2, 3, 2, 1)]


@pytest.mark.parametrize("values", [[1.0, 0.25, -2.0, 3.0, 0.5], [1.0, "nan", -2.0, "inf"]], ids=["finite", "nan"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.filterwarnings("ignore:You are using a softmax")
def test_every_shape_runs_and_agrees_or_is_a_problem(shape: tuple[int, ...], values: list[Any]) -> None:
    for name, card in layers.catalogue().items():
        if card.symbolic:
            continue
        inputs = [recipe("typed", *shape, values=values)] * len(card.inputs)
        if any(spec.dtype != "float" for spec in card.inputs):
            inputs = [recipe("tokens", *shape, vocabulary=3)] * len(card.inputs)
        try:
            trace = run(Experiment(name, inputs=inputs))  # type: ignore[arg-type]
        except Problem as problem:
            assert problem.received or problem.expected, (name, str(problem.what), problem.detail)
            assert "\x1b" not in problem.detail
        else:
            assert trace.check is None or trace.check.agrees or "nan" in values, (name, trace.check)


def test_parameters_that_do_not_exist_are_named() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("linear", params={"unit": 3}))
    assert caught.value.where == "params.unit" and "units" in caught.value.expected


def test_a_layer_that_does_not_exist_offers_its_neighbours() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("keras.layers.Dens"))
    changes = [repair.change["layer"] for repair in caught.value.repairs]
    assert "keras.layers.Dense" in changes
