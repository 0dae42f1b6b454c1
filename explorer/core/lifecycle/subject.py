"""The layer that a life or a call is about: made anew as often as needed, with its inputs and with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor
from explorer.core.build import build_layer
from explorer.core.catalog.cards import find_card
from explorer.core.error_messages import explained
from explorer.core.estimate import refuse_what_does_not_fit
from explorer.core.names import reset_names
from explorer.core.run import arrange, input_arrays, set_edited_weights
from explorer.core.tracing.record import ensure_built
from explorer.experiment import Experiment
from explorer.experiment.recipes import mask_array
from explorer.model.problem import Problem
from layers.card import axis_names

Arguments = tuple[list[Any], dict[str, Any]]


class Subject:
    """An experiment's first layer, without the layers that follow in a chain.

    Args:
        experiment: what is shown.
        attachments: arrays of uploaded files by content hash.

    Attributes:
        experiment, card: of the layer.
        following: the layers that follow it in the chain.
        arrays: its inputs.

    Raises:
        Problem: if there is no such layer, or its inputs cannot be made.
    """

    def __init__(self, experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
        refuse_what_does_not_fit(experiment)
        self.experiment = experiment.change(then=())
        self.following = experiment.then
        self.card = find_card(experiment.layer)
        self.arrays = [] if self.card.symbolic else input_arrays(self.experiment, self.card, attachments)

    def make(self, params: Mapping[str, Any] | None = None) -> Any:
        """A new layer that has not been called, from the experiment's seed.

        Args:
            params: other parameters than the experiment's.
        Raises:
            Problem: if its constructor refuses them.
        """
        reset_names()
        keras.utils.set_random_seed(self.experiment.seed)
        params = self.experiment.params if params is None else params
        layer = build_layer(self.card, params, self.experiment.dtype)
        if not self.card.symbolic:
            layer.trainable = self.experiment.trainable
        return layer

    def built(self) -> Any:
        """A new layer with its weights, those edited by hand included.

        Raises:
            Problem: in place of whatever Keras raises.
        """
        layer = self.make()
        arguments, keywords = self.arguments()
        try:
            ensure_built(layer, arguments, keywords)
            set_edited_weights(layer, self.experiment.edits, arguments, keywords)
        except Problem:
            raise
        except Exception as error:
            raise self.problem(error) from error
        return layer

    def arguments(self, arrays: Sequence[np.ndarray] | None = None) -> Arguments:
        """What the call is given, as tensors: positional arguments and keywords. The mask is on the first."""
        own = arrays is None
        arrays = self.arrays if arrays is None else arrays
        arranged, named = arrange(self.card, arrays, self.experiment.dtype)
        arguments = [keras.tree.map_structure(as_tensor, value) for value in arranged]
        keywords = {name: as_tensor(value) for name, value in named.items()}
        if own and self.experiment.mask is not None and arrays:
            mask = mask_array(self.experiment.mask, arrays[0].shape)
            keras.src.backend.set_keras_mask(keras.tree.flatten(arguments)[0], tf.constant(mask))
        return arguments, keywords

    def call(self, layer: Any, arguments: Arguments | None = None) -> Any:
        """What the layer gives for its inputs, with the experiment's training flag where it takes one."""
        positional, keywords = self.arguments() if arguments is None else arguments
        return layer(*positional, **keywords, **self.flag(layer))

    def flag(self, layer: Any) -> dict[str, Any]:
        """`training` as a keyword, if the layer's call takes it."""
        return {"training": self.experiment.training} if layer._call_has_training_arg else {}

    def symbols(self, unknown_batch: bool = True) -> Arguments:
        """The call's arguments as symbolic tensors; the batch's size is unknown."""
        tensors = [
            keras.Input(batch_shape=shape, dtype=dtype, name=name)
            for name, shape, dtype in self.symbolic_inputs(unknown_batch)
        ]
        if self.card.input_names:
            return tensors[:1], dict(zip(self.card.input_names[1:], tensors[1:], strict=True))
        return (list(tensors), {}) if self.card.spread or len(tensors) == 1 else ([tensors], {})

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

    def problem(self, error: BaseException, arrays: Sequence[np.ndarray] | None = None) -> Problem:
        """What an exception means, without mends: they are about the picture, not about a try."""
        if isinstance(error, Problem):
            found = error
        else:
            found = explained(error, self.card, self.experiment, list(self.arrays if arrays is None else arrays))
        return Problem(
            found.what, expected=found.expected, received=found.received, where=found.where, detail=found.detail
        )


def resized(array: np.ndarray, axis: int, size: int) -> np.ndarray:
    """The array with another size of one axis: its own numbers over again, or fewer of them."""
    taken: np.ndarray = np.take(array, np.arange(size) % max(1, array.shape[axis]), axis=axis)
    return taken
