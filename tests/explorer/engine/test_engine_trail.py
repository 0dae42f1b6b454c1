"""Trails travel between the processes as they are, and nothing that is no trail arrives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.model.dependence import Trail
from explorer.model.trace import Message


def sample() -> Trail:
    shared = np.array([[0.0, -2.5, np.nan]], "float32")
    sparse = np.zeros((50, 4), "float64")
    sparse[7, 3] = 3.0
    cells = {
        "input:0": shared,
        "step:3": shared,
        "weight:k": sparse,
        "step:1": np.zeros((9, 9), bool),
        "step:2": np.array(2.0),
    }
    return Trail("output:0", (1, 2), float("nan"), "depends now", "upstream", cells, (Message("Word {n}", {"n": 3}),))


def travelled(trail: Trail) -> Trail:
    return codec.trail_from_meta(*wire.decode(wire.encode(*codec.trail_to_meta(trail))))


def test_a_trail_comes_back_as_it_was() -> None:
    trail, back = sample(), travelled(sample())
    assert (back.tensor_id, back.index, back.kind, back.direction) == ("output:0", (1, 2), "depends now", "upstream")
    assert np.isnan(back.value) and [str(note) for note in back.notes] == ["Word 3"]
    assert list(back.cells) == list(trail.cells) and back.cells["input:0"] is back.cells["step:3"]
    for name, cells in trail.cells.items():
        assert back.cells[name].dtype == cells.dtype
        np.testing.assert_array_equal(back.cells[name], cells)


def test_what_is_empty_or_sparse_is_small() -> None:
    _, arrays = codec.trail_to_meta(sample())
    assert sum(array.nbytes for array in arrays.values()) < 60


@pytest.mark.parametrize(
    "change",
    [{"kind": "guess"}, {"index": [-1]}, {"value": None}, {"cells": {"input:0": 9}}, {"notes": [3]},
     {"arrays": [[0, [1], "object", False]]}, {"arrays": [[0, [1 << 40], "float32", True]] * 4},
     {"arrays": [[0, [2, 2], "float32", False]] * 4}],
)  # fmt: skip
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    meta, arrays = codec.trail_to_meta(sample())
    with pytest.raises(wire.BadMessage):
        codec.trail_from_meta({**meta, **change}, arrays)


def test_places_outside_are_refused() -> None:
    meta, arrays = codec.trail_to_meta(sample())
    (name,) = (name for name in arrays if name.endswith(".places"))
    with pytest.raises(wire.BadMessage):
        codec.trail_from_meta(meta, {**arrays, name: np.array([10**6])})
