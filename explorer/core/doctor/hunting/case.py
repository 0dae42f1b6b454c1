"""What a layer is called with in a hunt: arrays that can be cut, set to other numbers and masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Case:
    """The tensors of one call, as arrays in the order of the call.

    Attributes:
        arrays: their numbers; bfloat16 as float32.
        masks: for each of them None, or what is attached to it: booleans of its first two axes.
        training: the flag of the call.
    """

    arrays: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray | None, ...] = ()
    training: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", tuple(map(np.asarray, self.arrays)))  # NumPy makes numbers of rank 0 scalars
        if not self.masks:
            object.__setattr__(self, "masks", (None,) * len(self.arrays))

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The lengths of every array."""
        return tuple(array.shape for array in self.arrays)

    def with_array(self, position: int, array: np.ndarray) -> Case:
        """Another array in one place."""
        return replace(self, arrays=_put(self.arrays, position, array))

    def with_mask(self, position: int, mask: np.ndarray | None) -> Case:
        """Another mask in one place."""
        return replace(self, masks=_put(self.masks, position, mask))

    def taken(self, axis: int, keep: Sequence[int], positions: Sequence[int]) -> Case:
        """Only some rows along an axis, of the arrays in these places and of their masks."""
        case = self
        for position in positions:
            mask = self.masks[position]
            if mask is not None and axis < mask.ndim:
                case = case.with_mask(position, np.take(mask, keep, axis))
            case = case.with_array(position, np.take(self.arrays[position], keep, axis))
        return case


def _put(values: tuple, position: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:position], value, *values[position + 1 :])
