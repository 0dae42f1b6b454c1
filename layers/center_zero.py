"""CenterZero: multiply a grid by a mask whose centre is 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from layers.card import Card, Example, Field, Input, Tensor

CARD = Card(
    id="center_zero",
    title="CenterZero",
    layer="layers.center_zero:CenterZero",
    group="custom",
    summary="Sets the centre of a grid to zero and leaves the rest as it is.",
    story=(
        "The layer multiplies its input, element by element, by a mask of ones with a hole of zeros in the middle. "
        "The mask is a weight that never trains. It covers the last two axes, so a single grid (10, 10) and a batch "
        "of grids (batch, 10, 10) both work: axes before the last two are left alone, each grid gets the same hole. "
        "When the margin cannot be split evenly, the extra row or column stays at the end. "
        "A hole larger than the grid covers all of it."
    ),
    fields=(
        Field("height", "integer", 2, "Rows of the hole.", minimum=0, maximum=1000),
        Field("width", "integer", 2, "Columns of the hole.", minimum=0, maximum=1000),
    ),
    inputs=(Input("grid", (10, 10), ("height", "width"), "constant", {"value": 6}),),
    tensors=(
        Tensor("mask", ("height", "width"), help="Ones with a hole of zeros. Not trainable."),
        Tensor("output", ("height", "width")),
    ),
    examples=(
        Example(
            "10x10 sixes, a 2x2 hole", "001", shows="Row 4 reads 6 6 6 6 0 0 6 6 6 6; the sum falls from 600 to 576."
        ),
        Example(
            "Counting up",
            "001",
            inputs=({"recipe": "arange", "options": {"start": 0, "step": 1}},),
            shows="Only the four cells at the centre (44, 45, 54, 55) became 0.",
        ),
        Example(
            "Three grids",
            inputs=({"shape": (3, 10, 10), "recipe": "arange", "options": {"start": 1, "step": 1}},),
            shows="The first axis is the batch: each of the three grids gets its own hole.",
        ),
        Example(
            "Odd grid, 7x5, a 3x2 hole",
            params={"height": 3, "width": 2},
            inputs=({"shape": (7, 5)},),
            shows="Two columns cannot be centred in five: one column stays before the hole and two after it.",
        ),
        Example(
            "A hole larger than the grid",
            params={"height": 20, "width": 20},
            inputs=({"shape": (4, 6)},),
            shows="The hole covers the whole grid: every cell is 0.",
        ),
    ),
    documents=("001",),
    reference="layers.center_zero:reference",
)


@keras.saving.register_keras_serializable("layer_explorer")
class CenterZero(keras.layers.Layer):
    """Multiplies the last two axes by a mask whose centre is zero.

    The hole starts at `(size - hole) // 2` on each axis, so an odd margin leaves its extra cell at the end. A hole
    larger than the grid covers all of it.

    Args:
        height: rows of the hole, an integer >= 0.
        width: columns of the hole, an integer >= 0.

    Input and output shape: `(..., rows, columns)`.

    Raises:
        ValueError: if the hole is negative or not an integer, or if the input has fewer than two axes.
    """

    def __init__(self, height: int = 2, width: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, value in (("height", height), ("width", width)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ValueError(f"`{name}` must be an integer >= 0. Received: {name}={value!r}")
        self.height = height
        self.width = width
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if len(input_shape) < 2:
            raise ValueError(f"CenterZero needs two axes or more (rows, columns). Received: shape {input_shape}")
        rows, columns = input_shape[-2:]
        if rows is None or columns is None:
            raise ValueError(f"CenterZero needs the grid's size to make its mask. Received: shape {input_shape}")
        self.mask = self.add_weight(
            name="mask",
            shape=(rows, columns),
            initializer=lambda shape, dtype: keras.ops.convert_to_tensor(
                hole(shape[0], shape[1], self.height, self.width), dtype
            ),
            trainable=False,
        )

    def call(self, inputs: Any) -> Any:
        return keras.ops.multiply(inputs, self.mask)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


def hole(rows: int, columns: int, height: int, width: int) -> np.ndarray:
    """The mask: ones of shape `(rows, columns)` with zeros of at most `(height, width)` at the centre."""
    height, width = min(height, rows), min(width, columns)
    top, left = (rows - height) // 2, (columns - width) // 2
    mask = np.ones((rows, columns), "float32")
    mask[top : top + height, left : left + width] = 0
    return mask


def reference(
    inputs: Sequence[np.ndarray], weights: Mapping[str, np.ndarray], params: Mapping[str, Any], **_: Any
) -> list[np.ndarray]:
    """The same by NumPy, from the parameters alone: keep a cell unless both its coordinates lie in the hole."""
    (grid,) = inputs
    rows, columns = grid.shape[-2:]
    height, width = min(params["height"], rows), min(params["width"], columns)
    row, column = np.arange(rows), np.arange(columns)
    in_rows = (row >= (rows - height) // 2) & (row < (rows - height) // 2 + height)
    in_columns = (column >= (columns - width) // 2) & (column < (columns - width) // 2 + width)
    kept = ~(in_rows[:, None] & in_columns[None, :])
    return [grid.astype("float64") * kept]
