"""Masked steps that count all the same: other numbers under a mask, and the cell of an output that they change."""

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


def other_numbers(array: np.ndarray, mask: np.ndarray) -> np.ndarray | None:
    """The array with other numbers where the mask hides them; None if it is not floating and holds only one value."""
    changed = array.copy()
    if array.dtype.kind == "f":
        changed[~mask] = 7 - 3 * np.clip(array[~mask], -1000, 1000)  # float16 ends at 65504
        return changed
    values = np.unique(array)
    if len(values) < 2:
        return None
    changed[~mask] = values[(np.searchsorted(values, array[~mask]) + 1) % len(values)]
    return changed


def changed_cells(one: np.ndarray, other: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Which cells of two outputs of one shape differ where the output's mask is true; none if the mask does not fit."""
    floating = one.dtype.kind in "fc"
    apart = ~np.isclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True) if floating else np.asarray(one != other)
    if mask is None:
        return apart
    if mask.shape != one.shape[: mask.ndim]:
        return np.zeros_like(apart)
    return np.asarray(apart & mask.reshape(mask.shape + (1,) * (one.ndim - mask.ndim)))


def disturbed(case: Case, place: int) -> Case | None:
    """Other numbers where one input is masked; None if it is not, or if there are none."""
    mask = case.masks[place]
    other = None if mask is None else other_numbers(case.arrays[place], mask)
    return None if other is None else case.with_array(place, other)


def changed_cell(trials: Trials, case: Case, place: int) -> Cell | None:
    """The first cell of an output that changes with the masked steps of an input, where its own mask is true."""
    other = disturbed(case, place)
    before, after = tried(trials, case), None if other is None else tried(trials, other)
    if before is None or after is None:
        return None
    for number, (one, two) in enumerate(zip(before.outputs, after.outputs, strict=True)):
        apart = changed_cells(one, two, before.masks[number]) if one.shape == two.shape else np.zeros(0, bool)
        if apart.any():
            return Cell(number, tuple(int(i) for i in np.argwhere(apart)[0]))
    return None


def smallest_leak(trials: Trials, case: Case, place: int, shows: Message) -> Any:
    """The counterexample for an input whose masked steps count; None if it cannot be told."""

    def breaks(one: Case) -> bool:
        mask = one.masks[place]
        return mask is not None and bool(mask.any(axis=1).all()) and changed_cell(trials, one, place) is not None

    if not breaks(case):
        return None
    small = shrunk(case, breaks)
    found, other = changed_cell(trials, small, place), disturbed(small, place)
    return None if found is None or other is None else trials.told("equal", shows, [small, other], [found, found])
