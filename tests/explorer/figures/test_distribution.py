"""Histograms count every finite cell once, and no bar mixes signs."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.figures.distribution import BLUE, ORANGE, histogram

WORDS = {"value": "value", "cells": "cells"}
HUGE, TINY = 1.7e308, 5e-324


@settings(max_examples=60, deadline=None)
@given(arrays.arrays("float64", arrays.array_shapes(max_side=6, min_side=0), elements=st.floats()))
@example(np.array([-HUGE, HUGE]))
@example(np.array([HUGE]))
@example(np.array([-TINY, TINY]))
@example(np.array([0.0, TINY]))
@example(np.array([-0.1, 0.2, 0.30000000000000004]))
@example(np.array([np.nan, np.inf]))
@example(np.zeros((0, 3)))
def test_every_finite_cell_is_in_one_bar(values: np.ndarray) -> None:
    bar: Any = histogram(values, WORDS).data[0]
    assert bar.y.sum() == np.isfinite(values).sum()
    left, right = bar.customdata.T
    assert np.isfinite(bar.customdata).all() and (left <= right).all()
    finite = values[np.isfinite(values)]
    if finite.size and finite.min() < 0 < finite.max():
        assert 0 in left
        for colour, lower, upper in zip(bar.marker.color, left, right, strict=True):
            assert upper <= 0 if colour == ORANGE else lower >= 0


def test_counts() -> None:
    bar: Any = histogram(np.array([[-1, -1], [1, 2]]), WORDS).data[0]
    assert sum(n for n, c in zip(bar.y, bar.marker.color, strict=True) if c == ORANGE) == 2
    assert sum(n for n, c in zip(bar.y, bar.marker.color, strict=True) if c == BLUE) == 2
