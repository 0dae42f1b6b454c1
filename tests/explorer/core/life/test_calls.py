"""Every call runs the lines that it shows, on every kind of layer, with its real result."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np
import pytest

from explorer.core.lifecycle.calls.registry import entries
from explorer.core.lifecycle.run_call import call, calls
from explorer.experiment import Experiment
from explorer.model.lifecycle import GROUPS
from explorer.model.problem import Problem

LINEAR = Experiment("linear")
RAISES = {
    "set_weights_count",
    "set_weights_shape",
    "set_weights_unbuilt",
    "count_params_unbuilt",
    "item_assignment",
    "deserialize_without_module",
    "load_lambda",
    "input_uncalled",
    "output_after_numbers",
    "numbers_of_a_symbol",
    "input_both_shapes",
    "input_name_twice",
    "input_tensor_numbers",
    "super_build",
    "layer_in_call",
    "no_return",
    "call_without_self",
    "misspelled_init",
}
"""Calls beside the dead ones that end in an error today."""


def test_each_call_gives_or_raises_as_it_is_told() -> None:
    for one in calls(LINEAR):
        result = call(LINEAR, one.id)
        assert result.code == one.code
        raises = one.id in RAISES or (one.group == "dead" and one.id != "input_length")
        assert bool(result.error) == raises, (one.id, result.error or result.text)
        assert bool(result.text) != bool(result.error), one.id


def test_every_dead_call_has_a_modern_form_that_works() -> None:
    known = entries()
    dead = [entry.call for entry in known.values() if entry.call.group == "dead"]
    assert len(dead) >= 15
    for one in dead:
        assert one.modern in known, one.id
        assert not call(LINEAR, one.modern).error, one.id


def test_every_group_has_calls() -> None:
    assert {entry.call.group for entry in entries().values()} == set(GROUPS)


@pytest.mark.parametrize(
    ("layer", "code"),
    [
        ("linear", "layer(x)"),
        ("my_multi_layer", "layer(a, b)"),
        ("keras.layers.Attention", "layer([query, value])"),
        ("keras.layers.MultiHeadAttention", "layer(query, value)"),
        ("keras.layers.Dropout", "layer(x, training=False)"),
    ],
)
def test_the_code_is_what_one_would_type_for_this_layer(layer: str, code: str) -> None:
    (real,) = (one for one in calls(Experiment(layer)) if one.id == "real_shape")
    assert real.code.splitlines()[0] == f"y = {code}"


@pytest.mark.parametrize(
    "layer",
    [
        "linear",
        "my_multi_layer",
        "keras.layers.LSTM",
        "keras.layers.Embedding",
        "keras.layers.BatchNormalization",
        "keras.layers.MultiHeadAttention",
    ],
)
def test_config_and_file_bring_the_same_numbers_back(layer: str) -> None:
    for name in ("round_trip", "load_model", "set_weights_after_build"):
        assert call(Experiment(layer), name).text == "0"


def test_the_saved_file_is_a_keras_file() -> None:
    result = call(LINEAR, "save")
    assert result.file == "layer.keras"
    with zipfile.ZipFile(io.BytesIO(result.content)) as file:
        assert {"config.json", "model.weights.h5"} <= set(file.namelist())


def test_given_weights_are_set_and_wrong_ones_refused_with_the_reason() -> None:
    zeros = [np.zeros((2, 4)).tolist(), np.zeros(4).tolist()]
    result = call(LINEAR, "set_weights", zeros)
    assert float(result.text) > 0 and not result.error
    few = call(LINEAR, "set_weights", zeros[:1])
    assert "weight list of length 1" in few.error and few.problem is not None
    assert (few.problem.expected, few.problem.received) == ("(2, 4), (4,)", "(2, 4)")
    assert "2 weights, and 1 arrays" in str(few.problem.what)
    turned = call(LINEAR, "set_weights", [np.zeros((4, 2)).tolist(), zeros[1]])
    assert turned.error and turned.problem is not None and turned.problem.received == "(4, 2), (4,)"


@pytest.mark.parametrize("given", [3, "x", {"a": 1}, [[1, "x"]], [[[1], [1, 2]]], [[0] * 70_000]])
def test_what_are_no_weights_is_a_problem(given: object) -> None:
    with pytest.raises(Problem):
        call(LINEAR, "set_weights", given)


def test_the_nodes_of_a_shared_layer_are_drawn_and_listed() -> None:
    two, three = call(LINEAR, "nodes"), call(LINEAR, "three_nodes")
    assert two.table is not None and len(two.table.rows) == 2
    assert three.table is not None and [row[0] for row in three.table.rows] == ["0", "1", "2"]
    assert three.graph.startswith("digraph") and three.graph.count('label="node ') == 3
    assert three.table.rows[2][4] == "layer._inbound_nodes[2].input_tensors"


def test_a_model_is_drawn_with_its_shapes() -> None:
    graph = call(Experiment("my_multi_layer"), "model").graph
    assert graph.count("InputLayer") == 2 and "MyMultiLayer" in graph and "(None, 4)" in graph
    shared = call(LINEAR, "shared_layer").graph
    assert len(re.findall(r"-> p\d", shared)) == 2


def test_a_symbolic_tensor_offers_what_needs_no_layer() -> None:
    found = {one.id: one for one in calls(Experiment("keras.Input"))}
    assert found["input_dtype"].absent is None and found["get_weights"].absent is not None
    assert "int32" in call(Experiment("keras.Input"), "input_dtype").text
    with pytest.raises(Problem):
        call(Experiment("keras.Input"), "get_weights")


def test_a_layer_without_weights_says_so() -> None:
    found = {one.id: one for one in calls(Experiment("keras.layers.Flatten"))}
    assert found["set_weights"].absent is not None and found["get_weights"].absent is None


def test_an_unknown_call_is_a_problem_and_runs_nothing() -> None:
    with pytest.raises(Problem):
        call(LINEAR, "__import__('os').getpid()")


def test_the_same_call_gives_the_same_text() -> None:
    for name in ("nodes", "add_weight", "input_operation", "serialize"):
        first, second = call(LINEAR, name), call(LINEAR, name)
        assert (first.text, first.names, first.graph) == (second.text, second.names, second.graph)


def test_nothing_stays_registered_and_no_file_is_left() -> None:
    import keras

    before = dict(keras.saving.get_custom_objects())
    assert not call(LINEAR, "load_class").error
    assert keras.saving.get_custom_objects() == before


# ------------------------------------------------------------------------------------------------ masks
def rows(experiment: dict[str, object]) -> list[tuple[str, ...]]:
    table = call(Experiment.from_json(experiment), "masks").table
    assert table is not None
    return list(table.rows)


def test_a_mask_is_born_travels_and_dies() -> None:
    chain = {
        "layer": "keras.layers.Embedding",
        "params": {"input_dim": 5, "mask_zero": True},
        "inputs": [{"kind": "typed", "shape": [1, 3], "values": [1, 2, 0]}],
        "then": [["keras.layers.Dense", {}], ["keras.layers.LSTM", {}]],
    }
    born, passed, ended = rows(chain)
    assert born[5] == "born" and born[4] == "(1, 3) 110"
    assert passed[1] == "(1, 3) 110" and passed[5] == "passed on" and passed[3] == "0"
    assert ended[5] == "used, ends here" and float(ended[3]) > 0


def test_keras_warns_where_a_mask_is_destroyed() -> None:
    (row,) = rows({"layer": "keras.layers.Conv1D", "mask": {"kind": "last", "count": 2}})
    assert row[2] == "✗" and row[5] == "ends here" and "destroy the mask" in row[6]


def test_without_a_mask_one_is_tried() -> None:
    plain, tried = rows({"layer": "keras.layers.LSTM"})
    assert plain[5] == "no mask" and tried[0].endswith(" *") and tried[5].startswith("used")
