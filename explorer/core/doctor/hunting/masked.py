"""Masked steps that count all the same: other numbers under a mask, and the cell of an output that hears them."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Seen, Trials
from explorer.model.counterexample import Cell
from explorer.model.trace import Message


def tried(trials: Trials, case: Case, gradients: bool = False) -> Seen | None:
    """What a call gave; None if it failed."""
    try:
        return trials.see(case, gradients=gradients)
    except Exception:
        return None


def mask_for(array: np.ndarray) -> np.ndarray:
    """A mask that hides the last third of the steps."""
    mask = np.ones(array.shape[:2], bool)
    mask[:, -max(1, array.shape[1] // 3) :] = False
    return mask


def disturbed(case: Case, place: int) -> Case | None:
    """Other numbers where one input is masked; None for an input that is not, or holds ids."""
    mask, array = case.masks[place], case.arrays[place].copy()
    if mask is None or array.dtype.kind != "f":
        return None
    array[~mask] = 7 - 3 * np.clip(array[~mask], -1000, 1000)  # float16 ends at 65504
    return case.with_array(place, array)


def cell_that_hears(trials: Trials, case: Case, place: int) -> Cell | None:
    """The first cell of an output that changes with the masked steps of an input, where its own mask is true."""
    other = disturbed(case, place)
    before, after = tried(trials, case), None if other is None else tried(trials, other)
    if before is None or after is None:
        return None
    for number, (one, two) in enumerate(zip(before.outputs, after.outputs, strict=True)):
        if one.dtype.kind != "f" or one.shape != two.shape:
            continue
        apart = ~np.isclose(one, two, rtol=1e-4, atol=1e-5, equal_nan=True)
        mask = before.masks[number]
        if mask is not None and mask.shape == one.shape[: mask.ndim]:
            apart &= mask.reshape(mask.shape + (1,) * (one.ndim - mask.ndim))
        if apart.any():
            return Cell(number, tuple(int(i) for i in np.argwhere(apart)[0]))
    return None


def smallest_leak(trials: Trials, case: Case, place: int, shows: Message) -> Any:
    """The counterexample for an input whose masked steps count; None if it cannot be told."""

    def breaks(one: Case) -> bool:
        mask = one.masks[place]
        return mask is not None and bool(mask.any(axis=1).all()) and cell_that_hears(trials, one, place) is not None

    if not breaks(case):
        return None
    small = shrunk(case, breaks)
    found, other = cell_that_hears(trials, small, place), disturbed(small, place)
    return None if found is None or other is None else trials.told("equal", shows, [small, other], [found, found])
