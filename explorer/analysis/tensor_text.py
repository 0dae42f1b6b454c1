"""Tensors as TensorFlow prints them. NumPy only."""

from __future__ import annotations

import numpy as np


def printed(value: np.ndarray, dtype: str) -> str:
    """What `print(tensor)` shows for an eager tensor of that value and dtype.

    TensorFlow prints the array as NumPy does, then the shape and the dtype; an array of one line stays on it.
    """
    if value.dtype == object:
        texts = np.empty(value.size, dtype=object)
        texts[:] = [text.encode() for text in value.ravel()]
        value = texts.reshape(value.shape)
    if dtype == "bfloat16":  # it arrives as float32; its own type prints six digits and aligns nothing
        body = np.array2string(value, formatter={"float_kind": lambda x: f"{x:g}"})
    else:
        body = str(value) if value.ndim else str(value[()])
    shape = f"({', '.join(map(str, value.shape))}{',' if value.ndim == 1 else ''})"
    lead = "\n" if "\n" in body else ""
    return f"tf.Tensor({lead}{body}, shape={shape}, dtype={dtype})"
