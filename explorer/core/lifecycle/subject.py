"""The layer that a life or a call is about: made anew as often as needed, with its inputs and with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from explorer.core.under_test import Arguments, LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.problem import Problem
from explorer.model.trace import Trace
from layers.card import axis_names


class Subject(LayerUnderTest):
    """An experiment's first layer, without the layers that follow in a chain.

    Attributes:
        following: the layers that follow it in the chain.
    """

    def __init__(self, experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__(experiment.change(then=()), attachments)
        self.following = experiment.then

    def symbols(self, unknown_batch: bool = True) -> Arguments:
        """The call's arguments as symbolic tensors; the batch's size is unknown."""
        tensors = [
            keras.Input(batch_shape=shape, dtype=dtype, name=name)
            for name, shape, dtype in self.symbolic_inputs(unknown_batch)
        ]
        return self.card.arranged(tensors)

    def symbolic_inputs(self, unknown_batch: bool = True) -> list[tuple[str, tuple[int | None, ...], str]]:
        """Name, shape and dtype of each input as a symbolic tensor."""
        found = []
        for position, array in enumerate(self.arrays):
            shape: list[int | None] = list(array.shape)
            if unknown_batch and shape:
                shape[self.batch_axis(position)] = None
            dtype = self.experiment.dtype if self.card.inputs[position].dtype == "float" else array.dtype.name
            name = self.card.inputs[position].name.replace(" ", "_")
            found.append((name, tuple(shape), "string" if array.dtype == object else dtype))
        return found

    def axes(self, position: int) -> tuple[str, ...]:
        """The names of an input's axes."""
        return axis_names(self.card.inputs[position].axes, self.arrays[position].ndim)

    def batch_axis(self, position: int) -> int:
        """Which axis of an input is the batch: the one of that name, else the first."""
        axes = self.axes(position)
        return axes.index("batch") if "batch" in axes else 0

    def has_batch(self, position: int) -> bool:
        """Whether one of an input's axes is known to be the batch; of an input with one axis, that one is."""
        return "batch" in self.axes(position) or self.arrays[position].ndim == 1

    def problem(self, error: BaseException, arrays: Sequence[np.ndarray] | None = None, *failed: Trace) -> Problem:
        """What an exception means, without fixes: they are about the picture, not about a try."""
        found = error if isinstance(error, Problem) else super().problem(error, arrays, *failed)
        return Problem(found.what, found.expected, found.received, found.where, found.detail)


def resized(array: np.ndarray, axis: int, size: int) -> np.ndarray:
    """The array with another size of one axis: its own numbers over again, or fewer of them."""
    taken: np.ndarray = np.take(array, np.arange(size) % max(1, array.shape[axis]), axis=axis)
    return taken
