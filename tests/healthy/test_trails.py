"""A trail's gradient against the slope of the derivation, which NumPy alone computes; where they differ, it is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.core import trail
from tests.healthy.case import Healthy
from tests.healthy.corpus import corpus
from tests.healthy.runs import grown, numbers, takes_training, tensors

LIVE = True
"""Whether `trail` takes a layer that somebody holds."""
CORPUS = corpus()
CELLS = 3
STEP = 1e-5
CLOSE = 1e-3
"""Relative to the slope, or to 1: the gradient is float32's, and the slope is that of a curve over 2e-5."""


def slope(function: Callable[[], float], array: np.ndarray, cell: tuple[int, ...]) -> float:
    """How far the number moves for each 1 that the cell is moved, by a small step up and one down."""
    before = array[cell]
    array[cell] = before + STEP
    up = function()
    array[cell] = before - STEP
    down = function()
    array[cell] = before
    return (up - down) / (2 * STEP)


def slopes(case: Healthy, weights: dict[str, np.ndarray], index: tuple[int, ...]) -> Iterator[tuple[str, Any, float]]:
    """A sample of cells of every floating-point input, and the slope of the first output's cell along each."""
    inputs = keras.tree.map_structure(lambda a: a.astype("float64") if a.dtype.kind == "f" else a, list(case.inputs))

    def number() -> float:
        return float(keras.tree.flatten(case.reference(weights, *inputs, **case.keywords))[0][index])

    random = np.random.default_rng(1)
    for position, array in enumerate(keras.tree.flatten(inputs)):
        if array.dtype.kind == "f":
            for _ in range(CELLS):
                cell = tuple(int(i) for i in random.integers(0, array.shape))
                yield f"input:{position}", cell, slope(number, array, cell)


@pytest.mark.skipif(not LIVE, reason="trail takes experiments only")
@pytest.mark.parametrize("case", CORPUS.values(), ids=CORPUS.keys())
def test_the_gradient_is_the_slope_or_the_trail_says_that_it_is_not(case: Healthy) -> None:
    layer = grown(case)
    weights = numbers(layer)
    arguments, keywords = tensors(case)
    if takes_training(layer):
        keywords["training"] = case.training
    shape = keras.tree.flatten(case.reference(weights, *case.inputs, **case.keywords))[0].shape
    index = tuple(int(i) for i in np.random.default_rng(2).integers(0, shape))
    found = trail(layer, arguments, "output:0", index, **keywords)
    told = {(wrong.tensor_id, wrong.index) for wrong in found.checked.disagreeing} if found.checked else set()
    wrong = []
    for tensor_id, cell, expected in slopes(case, weights, index):
        given = float(found.cells[tensor_id][cell]) if tensor_id in found.cells else 0.0
        if abs(given - expected) <= CLOSE * max(1.0, abs(expected)):
            assert (tensor_id, cell) not in told, (
                f"{tensor_id}{cell}: the gradient {given} is right, the trail denies it"
            )
        else:
            wrong.append(f"{tensor_id}{cell}: {given} instead of {expected}")
    assert not wrong or told, wrong
