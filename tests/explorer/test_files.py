"""An .experiment file brings back the experiment and its arrays, or says that it is damaged."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.engine.transport import wire
from explorer.experiment import Edit, Experiment
from explorer.experiment.recipes import Recipe
from explorer.experiment.uploads import content_hash
from explorer.export.experiment_file import load, save
from explorer.model.problem import Problem

ARRAYS = [np.arange(6.0).reshape(2, 3), np.array([True]), np.array(["고양이", "b"], dtype=object), np.float16([1.5])]


def experiment_with(array: np.ndarray) -> tuple[Experiment, dict[str, np.ndarray]]:
    name = content_hash(array)
    recipe = Recipe("file", array.shape, {"sha256": name, "name": "x.npy"})
    return Experiment("linear", inputs=(recipe,), edits=(Edit("input:0", (0,), float("nan")),)), {name: array}


def test_a_file_that_was_saved_before_is_read_and_is_still_written_so() -> None:
    array = np.arange(4.0).reshape(2, 2)
    name = content_hash(array)
    experiment = Experiment("linear", inputs=(Recipe("file", (2, 2), {"sha256": name}),))
    header = (
        b'{"packed":false,"meta":{"experiment":{"layer":"linear","inputs":[{"kind":"file","shape":[2,2],"sha256":"%b"}]}},'
        b'"names":{"%b":0},"slots":[["float64",[2,2],0]]}     '
    ) % (name.encode(), name.encode())
    saved = b"LXW1" + struct.pack("<IQ", len(header), 32) + header + array.tobytes()
    back, arrays = load(saved)
    assert back == experiment and arrays[name].tolist() == array.tolist()
    assert save(experiment, {name: array}) == saved


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: array.dtype.name)
def test_a_file_brings_everything_back(array: np.ndarray) -> None:
    experiment, arrays = experiment_with(array)
    back, loaded = load(save(experiment, arrays))
    assert back == experiment and list(loaded) == list(arrays)
    np.testing.assert_array_equal(loaded[content_hash(array)], array)


def test_a_file_brings_a_chain_back() -> None:
    experiment = Experiment("attention", then=[["linear", {"units": 2}], ["keras.layers.ReLU", {}]])  # type: ignore[arg-type]
    assert load(save(experiment, {}))[0] == experiment
    for then in ([["linear"]], [["linear", {"a": DEEP}]], [["linear", {}]] * 4):
        with pytest.raises(Problem):
            load(wire.encode({"experiment": {"then": then}}, {}))


def test_an_array_under_a_false_name_is_refused() -> None:
    experiment, _ = experiment_with(ARRAYS[0])
    with pytest.raises(Problem) as caught:
        load(save(experiment, {"ab" * 32: ARRAYS[0]}))
    assert caught.value.expected == "ab" * 6


DEEP: list[Any] = []
for _ in range(40):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"experiment": 3},
        {"experiment": {"seed": -1}},
        {"experiment": {"unknown": 1}},
        {"experiment": {"params": {"a": DEEP}}},
    ],
    ids=range(5),
)
def test_what_is_no_experiment(meta: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        load(wire.encode(meta, {}))
    assert caught.value.expected


GOOD = save(*experiment_with(ARRAYS[0]))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.binary(max_size=6), st.integers(0, 6))
def test_damaged_files_are_problems(place: int, junk: bytes, lost: int) -> None:
    try:
        experiment, arrays = load(GOOD[:place] + junk + GOOD[place + lost :])
    except Problem as problem:
        assert problem.expected and problem.received
    else:
        assert isinstance(experiment, Experiment)
        assert all(content_hash(array) == name for name, array in arrays.items())
