"""Calls computed again in the browser: every layer that opens, as TensorFlow gave it and as it does after an edit."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalogue_runs import one_of_each_family
from node_tests import assert_passes

import layers
from explorer import Experiment, run
from explorer.core.catalog.derive import derived_cards
from explorer.core.dependence.trail import trail
from explorer.core.tape.witness import tape_of
from explorer.model.problem import Problem
from explorer.model.tape import PARAMETER
from explorer.model.trace import Tensor, Trace
from explorer.stage.frames import pack_frames
from explorer.stage.tape_message import pack_tape
from tools.screenshots import LAYERS

MODULES = Path(__file__).parent / "stage" / "js" / "live"
REFUSED = {
    "inference": {
        *(f"keras.layers.{name}" for name in ("Hashing", "HashedCrossing", "StringLookup", "TextVectorization")),
        "keras.layers.IntegerLookup",
    },
    "training": {f"keras.layers.{name}" for name in ("AugMix", "RandAugment", "Equalization")},
}
"""Layers that are not computed in the browser: texts and tables, and in training shapes that depend on values."""


def opened() -> dict[str, Any]:
    return {name: card for name, card in {**layers.catalogue(), **derived_cards()}.items() if not card.symbolic}


def editable(trace: Trace) -> list[Tensor]:
    return [one for one in (*trace.inputs, *trace.weights) if one.value.dtype.kind in "fiu" and one.value.size]


def edits_of(trace: Trace, generator: np.random.Generator) -> list[tuple[str, tuple[int, ...], float]]:
    """Another number for one cell of an input, and of a weight."""
    found = []
    for role in ("input", "weight"):
        tensors = [one for one in editable(trace) if one.role == role]
        if not tensors:
            continue
        tensor = tensors[generator.integers(len(tensors))]
        index = tuple(int(generator.integers(size)) for size in tensor.value.shape)
        old = float(tensor.value[index])
        whole = tensor.value.dtype.kind != "f"
        new = float(tensor.value.min() if whole else np.float32(old + generator.normal() * (1 + abs(old))))
        if new != old:
            found.append((tensor.id, index, new))
    return found


def write(folder: Path, name: str, experiment: Experiment, drawn: bool = False) -> None:
    """A call, its tape, and calls with one number changed."""
    trace, tape = run(experiment), tape_of(experiment)
    ids = [one.id for one in editable(trace)]

    def message(shown: Trace) -> bytes:
        return pack_frames(shown, {}, {"editable": ids, "call": "of this test"})

    (folder / f"{name}.flow").write_bytes(message(trace))
    (folder / f"{name}.tape").write_bytes(pack_tape(tape, "of this test", [str(why) for why in tape.refusals]))
    edits: list[dict[str, Any]] = []
    for tensor, index, value in edits_of(trace, np.random.default_rng(len(name))):
        try:
            after = run(experiment.change(edits=[[tensor, list(index), value]]))
        except Problem:
            continue
        shape = trace.tensor(tensor).value.shape
        (folder / f"{name}.{len(edits)}").write_bytes(message(after))
        edits.append(
            {"tensor": tensor, "cell": int(np.ravel_multi_index(index, shape)) if shape else 0, "value": value}
        )
    for leaf in tape.leaves:
        if leaf.startswith(PARAMETER):
            parameter = leaf.removeprefix(PARAMETER)
            field = next(field for field in opened()[name].fields if field.name == parameter)
            value = 1.5 * experiment.params.get(parameter, field.default) + 0.25
            (folder / f"{name}.{len(edits)}").write_bytes(
                message(run(experiment.change(params={**experiment.params, parameter: value})))
            )
            edits.append({"tensor": leaf, "cell": 0, "value": value})
    (folder / f"{name}.json").write_text(json.dumps({"edits": edits, "dtype": experiment.dtype, "drawn": drawn}))


def write_trail(folder: Path, name: str, experiment: Experiment) -> None:
    """What TensorFlow's own gradient says of one cell of the output."""
    trace = run(experiment)
    output = next((one for one in trace.outputs if one.value.dtype.kind == "f" and one.value.size), None)
    if output is None:
        return
    index = tuple(int(at) for at in np.unravel_index(output.value.size // 2, output.value.shape))
    found = trail(experiment, output.id, index)
    told = {"tensor": output.id, "cell": output.value.size // 2, "cells": {}}
    told["cells"] = {tensor: np.asarray(cells, "float64").ravel().tolist() for tensor, cells in found.cells.items()}
    (folder / f"{name}.trail").write_text(json.dumps(told))


def test_sources_are_tensorflow_s_gradients(tmp_path: Path) -> None:
    names = [*layers.catalogue(), *one_of_each_family(derived_cards())]
    refused = {*REFUSED["inference"], *(name for name in names if name not in opened())}
    for name in names:
        if name not in refused:
            experiment = Experiment(name, seed=1)
            write(tmp_path, name, experiment)
            with contextlib.suppress(Problem):  # TensorFlow has no gradient of some
                write_trail(tmp_path, name, experiment)
    assert len(list(tmp_path.glob("*.trail"))) > 60
    (tmp_path / "refused.txt").write_text("")
    assert_passes(MODULES / "sources.test.mjs", TAPES=tmp_path)


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_every_layer_is_computed_as_tensorflow_does(mode: str, tmp_path: Path) -> None:
    names = [name for name in opened() if name not in REFUSED["inference"]]
    for name in names:
        drawn = mode == "inference" and name in LAYERS
        write(tmp_path, name, Experiment(name, training=mode == "training", seed=1), drawn)
    refused = REFUSED[mode] if mode == "training" else set()
    (tmp_path / "refused.txt").write_text("\n".join(sorted(refused & set(names))))
    assert len(names) - len(refused) >= {"inference": 142, "training": 139}[mode]
    assert_passes(MODULES / "numbers.test.mjs", TAPES=tmp_path)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_dtypes_are_rounded_as_tensorflow_rounds(dtype: str, tmp_path: Path) -> None:
    written = 0
    for name in LAYERS:
        with contextlib.suppress(Problem):  # Keras makes no orthogonal matrix of bfloat16
            write(tmp_path, name, Experiment(name, dtype=dtype, seed=1))
            written += 1
    assert written >= len(LAYERS) - 3
    (tmp_path / "refused.txt").write_text("")
    assert_passes(MODULES / "numbers.test.mjs", TAPES=tmp_path)


def test_a_layer_of_texts_is_refused(tmp_path: Path) -> None:
    for name in sorted(REFUSED["inference"]):
        write(tmp_path, name, Experiment(name))
    (tmp_path / "refused.txt").write_text("\n".join(REFUSED["inference"]))
    assert_passes(MODULES / "numbers.test.mjs", TAPES=tmp_path)
