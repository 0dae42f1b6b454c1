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
    return codec.unpack(Trail, *wire.decode(wire.encode(*codec.pack(trail))))


def test_a_trail_comes_back_as_it_was() -> None:
    trail, back = sample(), travelled(sample())
    assert (back.tensor_id, back.index, back.kind, back.direction) == ("output:0", (1, 2), "depends now", "upstream")
    assert np.isnan(back.value) and [str(note) for note in back.notes] == ["Word 3"]
    assert list(back.cells) == list(trail.cells) and back.cells["input:0"] is back.cells["step:3"]
    for name, cells in trail.cells.items():
        assert back.cells[name].dtype == cells.dtype
        np.testing.assert_array_equal(back.cells[name], cells)


def test_what_is_empty_or_sparse_is_small() -> None:
    _, arrays = codec.pack(sample())
    assert sum(array.nbytes for array in arrays.values()) < 60


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "guess"},
        {"direction": "sideways"},
        {"index": [-1]},
        {"value": None},
        {"notes": [3]},
        {"cells": {"input:0": 9}},
        {"cells": {"input:0": -1}},
        {"cells": {"input:0": None}},
        {"cells": {"a": {"shape": [1], "dtype": "object"}}},
        {"cells": {"a": {"shape": [-1, -1], "dtype": "bool"}}},
        {"cells": {"a": {"shape": [1 << 40], "dtype": "float32"}}},
        {"cells": {"a": {"shape": [1] * 10_000, "dtype": "float32"}}},
        {"cells": {str(n): {"shape": [n + 1, 1 << 20], "dtype": "bool"} for n in range(16)}},
        {"cells": {"a": {"shape": [2, 2], "dtype": "float32", "places": 0, "cells": None}}},
    ],
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    meta, arrays = codec.pack(sample())
    with pytest.raises(wire.BadMessage):
        codec.unpack(Trail, {**meta, **change}, arrays)


def test_places_outside_are_refused() -> None:
    meta, arrays = codec.pack(sample())
    name = str(meta["cells"]["weight:k"]["places"])
    for places in ([10**6], [-1], [1, 2], [1.0], [True]):
        with pytest.raises(wire.BadMessage):
            codec.unpack(Trail, meta, {**arrays, name: np.array(places)})


def test_every_bit_of_a_sparse_array_arrives_and_it_is_one_array_again() -> None:
    sparse = np.zeros((50, 4), "float32")
    sparse[3, 2], sparse[4, 1], sparse[5, 0] = -0.0, np.nan, 1e-45
    back = travelled(Trail("a", (), 1, "could depend", "downstream", {"b": sparse, "c": sparse, "d": sparse.T}))
    assert back.cells["b"].tobytes() == sparse.tobytes() and back.cells["d"].tobytes() == sparse.T.tobytes()
    assert back.cells["b"] is back.cells["c"] and not back.cells["b"].flags.writeable
