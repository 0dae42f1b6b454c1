"""The exported program runs by itself, shows the same numbers, and fails when they differ."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from catalogue_runs import SAMPLE, examples
from keras.src.saving import object_registration

from explorer.core.catalog.cards import find_card
from explorer.core.run import run
from explorer.experiment import Edit, Experiment
from explorer.export.program import script
from explorer.model.problem import Problem
from explorer.model.trace import Trace


def program(experiment: Experiment, trace: Trace | None = None) -> str:
    following = [find_card(link.layer) for link in experiment.then]
    return script(experiment, find_card(experiment.layer), trace or run(experiment), following)


def execute(text: str) -> dict[str, Any]:
    assert "explorer" not in text.replace("layer_explorer", "") and "from layers" not in text
    names: dict[str, Any] = {"__name__": "program"}
    registries = (object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES)
    kept = [dict(registry) for registry in registries]
    try:
        exec(compile(text, "program.py", "exec"), names)
    finally:  # the program registered classes of its own under the names of ours
        for registry, before in zip(registries, kept, strict=True):
            registry.clear()
            registry.update(before)
    return names


@pytest.mark.parametrize(("name", "experiment"), [pytest.param(*pair, id=pair[0]) for pair in examples()])
def test_every_example_of_the_catalogue(name: str, experiment: Experiment) -> None:
    execute(program(experiment))


INNER = {"class_name": "Dense", "config": {"units": 3, "activation": "tanh"}}
OTHERS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in SAMPLE),
    *((name, {"training": True}) for name in ("Dropout", "BatchNormalization", "RandomFlip", "Pipeline")),
    *((name, {"dtype": "float64"}) for name in ("Dense", "Bidirectional", "TimeDistributed", "Conv1D")),
    *((name, {"dtype": "float16"}) for name in ("Dense", "GRU", "LayerNormalization")),
    *((name, {"dtype": "bfloat16"}) for name in ("Dense", "Conv2D", "Identity", "Add", "MultiHeadAttention")),
    ("TimeDistributed", {"params": {"layer": INNER}}),
    ("TimeDistributed", {"params": {"layer": {"class_name": "linear"}}}),
    (
        "TimeDistributed",
        {
            "params": {"layer": {"class_name": "TimeDistributed", "config": {"layer": {"class_name": "GRU"}}}},
            "inputs": [{"kind": "normal", "shape": [1, 2, 3, 4, 2]}],
        },
    ),
    ("Bidirectional", {"params": {"layer": {"class_name": "GRU", "config": {"units": 2}}, "merge_mode": "sum"}}),
    ("StackedRNNCells", {"params": {"cells": [{"class_name": "GRUCell", "config": {"units": 4}}] * 2}}),
    ("Lambda", {"params": {"function": "negative"}}),
    ("Cropping2D", {"params": {"cropping": [[1, 2], [0, 3]]}}),
    ("Permute", {"params": {"dims": [2, 1]}}),
    ("ReLU", {"params": {"max_value": "inf", "negative_slope": 0.5}}),
    ("STFTSpectrogram", {}),
    ("IntegerLookup", {"params": {"output_mode": "one_hot"}}),
    ("LSTM", {"mask": {"kind": "last", "count": 2}}),
    ("LSTM", {"trainable": False, "edits": [Edit("weight:lstm_cell/bias", (0,), -0.1)]}),
    ("LSTM", {"params": {"stateful": True}, "edits": [Edit("weight:lstm_cell/bias", (0,), 3)]}),
    ("Dense", {"dtype": "bfloat16", "edits": [Edit("weight:kernel", (0, 0), 3), Edit("input:0", (1, 1), math.nan)]}),
    ("BatchNormalization", {"training": True, "edits": [Edit("weight:gamma", (0,), float("inf"))]}),
    ("Dropout", {"training": True, "edits": [Edit("input:0", (0, 0), 1e-30)], "seed": 2**31 - 1}),
    ("Dense", {"inputs": [{"kind": "normal", "shape": [30, 30]}]}),
    ("Dense", {"inputs": [{"kind": "normal", "shape": [0, 3]}]}),
    ("Identity", {"inputs": [{"kind": "typed", "shape": [4], "values": [0.0, -0.0, "nan", "-inf"]}]}),
    ("StringLookup", {"inputs": [{"kind": "typed", "shape": [2, 2], "values": ["고양이", "a'\"\\b", "cat", "{}"]}]}),
]


@pytest.mark.parametrize(("layer", "parts"), OTHERS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(OTHERS)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_keras_own_layers(layer: str, parts: dict[str, Any]) -> None:
    execute(program(Experiment(f"keras.layers.{layer}", **parts)))


CHAINS: list[tuple[str, list[Any], dict[str, Any]]] = [
    (
        "keras.layers.Embedding",
        [["attention", {"bias": "scalar"}], ["keras.layers.Dense", {"units": 3}]],
        {
            "params": {"mask_zero": True, "input_dim": 6},
            "inputs": [{"kind": "typed", "shape": [2, 4], "values": [3, 1, 5, 0, 2, 4, 0, 0]}],
            "edits": [Edit("weight:attention/attention_weight", (0, 0), 3), Edit("weight:dense/bias", (2,), -1.5)],
        },
    ),
    ("attention", [["linear", {}]], {"mask": {"kind": "last", "count": 2}, "dtype": "float64", "trainable": False}),
    ("keras.layers.MultiHeadAttention", [["keras.layers.MultiHeadAttention", {}], ["keras.layers.Dense", {}]], {}),
    ("keras.layers.Embedding", [["keras.layers.Attention", {}], ["keras.layers.GRU", {}]], {"seed": 5}),
    (
        "keras.layers.LSTM",
        [["keras.layers.Concatenate", {}], ["keras.layers.Dropout", {"rate": 0.5}], ["linear", {}]],
        {
            "params": {"return_state": True, "stateful": True},
            "training": True,
            "edits": [Edit("weight:lstm/lstm_cell/bias", (0,), 3), Edit("weight:linear/bias", (1,), 2)],
        },
    ),
    ("keras.layers.Dense", [["keras.layers.BatchNormalization", {}], ["keras.layers.Dense", {}]], {"training": True}),
    (
        "keras.layers.Add",
        [["keras.layers.TimeDistributed", {"layer": INNER}]],
        {"inputs": [{"kind": "normal", "shape": [2, 3, 2]}] * 2, "dtype": "bfloat16"},
    ),
]


@pytest.mark.parametrize(("layer", "then", "parts"), CHAINS, ids=[f"{name}-{n}" for n, (name, *_) in enumerate(CHAINS)])
def test_a_chain(layer: str, then: list[Any], parts: dict[str, Any]) -> None:
    experiment = Experiment(layer, then=then, **parts)  # type: ignore[arg-type]
    trace = run(experiment)
    outputs = execute(program(experiment, trace))["outputs"]
    assert len(outputs) == len(trace.outputs)


def test_a_chains_program_needs_a_card_for_each_layer() -> None:
    experiment = Experiment("attention", then=[["linear", {}]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="2 layers"):
        script(experiment, find_card("attention"), run(experiment))


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
@pytest.mark.parametrize("layer", ["attention", "linear", "simple_cell", "layer_stack", "stateless_lambda"])
def test_our_layers_in_other_dtypes(layer: str, dtype: str) -> None:
    execute(program(Experiment(layer, dtype=dtype, training=True)))


def test_a_symbolic_tensor() -> None:
    experiment = Experiment("keras.Input", params={"shape": [None, 3], "dtype": "int32"})
    text = program(experiment)
    execute(text)
    with pytest.raises(AssertionError):
        execute(text.replace("int32", "int64", 1))


def test_the_program_runs_alone(tmp_path: Path) -> None:
    """In a directory of its own, without this project on the path."""
    file = tmp_path / "program.py"
    experiment = Experiment("attention", mask={"kind": "last", "count": 1}, edits=(Edit("input:0", (0, 0, 0), 2),))
    file.write_text(program(experiment), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-I", file], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "tf.Tensor" in result.stdout


TAMPERED: list[tuple[str, dict[str, Any]]] = [
    ("linear", {}),
    ("linear", {"dtype": "float64"}),
    ("linear", {"dtype": "bfloat16"}),
    ("my_multi_layer", {}),
    ("keras.layers.Dense", {"inputs": [{"kind": "normal", "shape": [30, 30]}]}),
    ("keras.layers.IntegerLookup", {}),
]


@pytest.mark.parametrize(("layer", "parts"), TAMPERED)
def test_another_output_fails(layer: str, parts: dict[str, Any]) -> None:
    import dataclasses

    experiment = Experiment(layer, **parts)
    trace = run(experiment)
    last = trace.outputs[-1]
    wrong = last.value.copy()
    wrong.flat[-1] += 1
    tampered = dataclasses.replace(trace, outputs=(*trace.outputs[:-1], dataclasses.replace(last, value=wrong)))
    with pytest.raises(AssertionError):
        execute(program(experiment, tampered))


def test_another_seed_fails() -> None:
    text = program(Experiment("linear", seed=3))
    with pytest.raises(AssertionError):
        execute(text.replace("set_random_seed(3)", "set_random_seed(4)"))


def test_what_is_too_large_is_refused() -> None:
    experiment = Experiment("linear", inputs=({"kind": "normal", "shape": [1000, 900]},))  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        program(experiment)
    assert caught.value.expected == "<= 2,000,000"


def test_a_large_array_is_packed_and_a_constant_one_is_not() -> None:
    assert "unpack(" in program(Experiment("linear", inputs=({"kind": "normal", "shape": [99, 9]},)))  # type: ignore[arg-type]
    text = program(Experiment("center_zero", inputs=({"kind": "constant", "shape": [9, 99], "value": 6},)))  # type: ignore[arg-type]
    assert "np.full((9, 99), 6.0" in text


def test_numbers_are_written_so_that_they_read_back() -> None:
    values = np.random.default_rng(0).normal(size=40) * 10.0 ** np.arange(-20, 20)
    recipe = {"kind": "typed", "shape": [4, 10], "values": values.tolist()}
    for dtype in ("float16", "float32", "float64"):
        experiment = Experiment("keras.layers.Identity", dtype=dtype, inputs=(recipe,))  # type: ignore[arg-type]
        trace = run(experiment)
        np.testing.assert_array_equal(execute(program(experiment, trace))["x"], trace.inputs[0].value)
