"""Batches of any size with the given inputs' shapes, kinds and ranges, but rows that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor, to_array


def batch_of(tensor: Any, size: int, seed: int, axis: int) -> Any:
    """Random rows like those of a tensor.

    Floating-point rows are the tensor's own, moved by noise; other rows take their values from the tensor's, so that
    every id and word stays one that the layer knows.

    Args:
        tensor: of rank 1 or more, with one row or more along the axis.
        size: how many rows to make.
        seed: the same seed gives the same rows.
        axis: which axis is the batch.
    Returns:
        A tensor of the same dtype and shape, but for `size` rows along the axis.
    """
    generator = np.random.default_rng([seed, size])
    array = to_array(tensor)
    rows = np.take(array, np.arange(size) % max(1, array.shape[axis]), axis=axis)
    if rows.size == 0:
        return like(rows, tensor)
    if rows.dtype.kind in "fc":
        spread = float(np.nan_to_num(array.std())) or max(1.0, float(np.abs(np.nan_to_num(array)).max()) / 4)
        made = rows + generator.standard_normal(rows.shape).astype(rows.dtype) * rows.dtype.type(min(spread, 1e3))
    else:
        made = generator.choice(array.ravel(), rows.shape)
    return like(made.astype(array.dtype), tensor)


def like(array: np.ndarray, tensor: Any) -> Any:
    """An array as a tensor of another tensor's dtype."""
    made = as_tensor(array)
    return made if made.dtype == tensor.dtype else tf.cast(made, tensor.dtype)


def rows_of(tensor: Any, first: int, last: int, axis: int) -> Any:
    """Some rows of a tensor along its batch axis."""
    return tensor[(slice(None),) * axis + (slice(first, last),)]
