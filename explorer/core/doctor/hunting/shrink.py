"""Make a case that breaks a property smaller, as long as it still breaks it.

Hypothesis shrinks what its own strategies drew: its engine would have to draw every case again from a string of
choices, needs a random source and a database, and takes hundreds of calls where a layer's call costs milliseconds. A
case is a few arrays: shorter axes first, then simpler numbers, is all there is to try.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from explorer.core.doctor.hunting.case import Case

SECONDS = 0.8
"""After so much computing the smallest that was found is taken."""
MOST_CELLS = 48
"""In arrays with more cells than these, cells are not tried one by one."""


def shrunk(case: Case, breaks: Callable[[Case], bool]) -> Case:
    """The smallest case that was found to break the property.

    Args:
        case: breaks it.
        breaks: whether another one does; one for which it raises an exception does not.
    """
    end = time.thread_time() + SECONDS
    progress = True
    while progress:
        progress = False
        for smaller in _smaller(case):
            if time.thread_time() > end:
                return case
            with contextlib.suppress(Exception):
                progress = breaks(smaller)
            if progress:
                case = smaller
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Every case that is one move simpler, the boldest moves first."""
    lengths = sorted({(axis, n) for shape in case.shapes for axis, n in enumerate(shape) if n > 1})
    for axis, length in lengths:
        positions = [i for i, shape in enumerate(case.shapes) if axis < len(shape) and shape[axis] == length]
        keeps = [[0], [length - 1], [*range(length // 2)], [*range(length // 2, length)], [*range(length - 1)]]
        for keep in (keep for number, keep in enumerate(keeps) if keep and keep not in keeps[:number]):
            yield case.taken(axis, keep, positions)
            if len(positions) > 1:
                yield from (case.taken(axis, keep, [position]) for position in positions)
    for position, mask in enumerate(case.masks):
        if mask is not None:
            yield case.with_mask(position, None)
            for cell in zip(*np.nonzero(~mask), strict=True):
                kept = mask.copy()
                kept[cell] = True
                yield case.with_mask(position, kept)
    for position, array in enumerate(case.arrays):
        if array.size and array.dtype.kind in "fiu":
            yield from (case.with_array(position, other) for other in _simpler(array))
    if case.training:
        yield replace(case, training=False)


def _simpler(array: np.ndarray) -> Iterator[np.ndarray]:
    """Arrays of simpler numbers: a number is simpler the nearer it is to 0, 1, -1 and whole numbers."""
    whole: tuple[np.ndarray, ...] = (np.zeros_like(array), np.ones_like(array), np.full_like(array, array.flat[0]))
    if array.dtype.kind == "f" and np.abs(array).max() < 1e6:
        whole = (*whole, np.rint(array), np.round(array, 1))
    yield from (other for other in whole if _ranks(other) < _ranks(array))
    if array.size > MOST_CELLS:
        return
    for cell in np.ndindex(array.shape):
        for value in (0, 1, np.rint(array[cell]) if abs(array[cell]) < 1e6 else 1):
            other = array.copy()
            other[cell] = value
            if _ranks(other) < _ranks(array):
                yield other


def _ranks(array: np.ndarray) -> tuple[float, ...]:
    """How complicated the numbers are: their kinds, and how many differ."""
    rounded = np.rint(np.clip(array, -1e6, 1e6))
    kinds = np.select([array == 0, array == 1, (array == rounded), np.round(array, 1) == array], [0, 1, 2, 3], 4)
    return float(kinds.sum()), float(len(np.unique(array)))
