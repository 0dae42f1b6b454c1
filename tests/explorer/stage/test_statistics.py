from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.stage.overview import overview
from explorer.stage.statistics import Statistics, statistics


def test_the_hole_of_the_document() -> None:
    grid = np.full((10, 10), 6, "float32")
    grid[4:6, 4:6] = 0
    figures = statistics(grid)
    assert (figures.minimum, figures.maximum, figures.mean, figures.zeros) == (0.0, 6.0, 5.76, 4)


@given(arrays.arrays(np.float32, arrays.array_shapes(max_dims=3, max_side=6), elements=st.floats(width=32)))
def test_figures_cover_the_finite_values(array: np.ndarray) -> None:
    figures = statistics(array)
    finite = [float(value) for value in array.ravel() if math.isfinite(value)]
    assert figures.cells == array.size
    assert figures.nan + figures.positive_infinite + figures.negative_infinite == array.size - len(finite)
    assert figures.zeros == sum(value == 0 for value in finite)
    assert figures.minimum == (min(finite) if finite else None)
    assert figures.maximum == (max(finite) if finite else None)
    if finite:
        largest = max(map(abs, finite))
        assert figures.mean == pytest.approx(math.fsum(finite) / len(finite), rel=1e-9, abs=1e-9 * largest)
    json.dumps(figures.to_json(), allow_nan=False)


def test_a_long_float32_mean_is_accumulated_in_float64() -> None:
    assert statistics(np.full(1_000_000, 0.1, "float32")).mean == pytest.approx(float(np.float32(0.1)), rel=1e-12)


def test_integers_beyond_javascript_go_as_text() -> None:
    figures = statistics(np.array([2**60 + 1, -5]))
    assert figures.to_json()["maximum"] == str(2**60 + 1)
    assert figures.to_json()["minimum"] == -5


def test_empty_and_text_have_a_count_only() -> None:
    assert statistics(np.zeros((0, 3))) == Statistics(cells=0)
    assert statistics(np.array(["a", "b"], object)) == Statistics(cells=2)


def test_large_values_do_not_overflow_the_root_mean_square() -> None:
    assert statistics(np.array([1e300, -1e300])).rms == pytest.approx(1e300)


@pytest.mark.parametrize("shape", [(1, 7, 5), (2, 16, 9), (1, 1, 100), (1, 33, 1)])
def test_an_overview_holds_every_extreme(shape: tuple[int, int, int]) -> None:
    array = np.random.default_rng(0).normal(size=shape)
    blocks = overview(array, 4)
    height, width = blocks.block
    assert max(blocks.flags.shape[1:]) <= 4
    for index in np.ndindex(blocks.flags.shape):
        _, row, column = index
        part = array[index[0], row * height : (row + 1) * height, column * width : (column + 1) * width]
        assert blocks.minimum[index] == np.float32(part.min())
        assert blocks.maximum[index] == np.float32(part.max())
        assert blocks.mean[index] == pytest.approx(part.mean(), rel=1e-5, abs=1e-6)


def test_an_overview_counts_what_is_not_a_number_apart() -> None:
    array = np.zeros((1, 8, 8))
    array[0, 0, 0], array[0, 7, 7], array[0, 6, 6], array[0, :4, 4:] = np.nan, np.inf, 3, -np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        blocks = overview(array, 2)
    assert blocks.flags.tolist() == [[[1, 4], [0, 2]]]
    assert blocks.maximum[0, 1, 1] == 3
    assert np.isnan(blocks.maximum[0, 0, 1])
