"""Call an experiment's layer again, with the live tensors at hand: what every trail is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from explorer.core.arrays import to_array
from explorer.core.explain import explained
from explorer.core.record import LiveCall, told_training
from explorer.core.run import arrange, prepare, set_edited_weights
from explorer.experiment import Experiment
from explorer.inputs import mask_array
from explorer.problem import Problem
from explorer.trace import Message


class Rerun:
    """An experiment's layer with its inputs. The first call gives the bits that `run(experiment)` gives.

    Attributes:
        experiment, card, layer: what is called.
        arrays: the inputs.
        mask: the mask of the first input, or None.

    Raises:
        Problem: if the layer cannot be made or holds no numbers.
    """

    def __init__(self, experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
        self.experiment = experiment
        self.card, self.layer, self.arrays = prepare(experiment, attachments)
        if self.card.symbolic:
            raise Problem(Message("A symbolic tensor holds no numbers, so none came from anywhere."), where="layer")
        wanted = experiment.mask is not None and bool(self.arrays)
        self.mask = mask_array(experiment.mask, self.arrays[0].shape) if wanted and experiment.mask else None

    def live(self, arrays: Sequence[np.ndarray] | None = None, mask: np.ndarray | None = None) -> LiveCall:
        """A call that is ready to happen, on the experiment's inputs or on others.

        Raises:
            Problem: in place of whatever Keras raises while it builds the layer.
        """
        own = arrays is None
        arrays = self.arrays if arrays is None else arrays
        arguments, keywords = arrange(self.card, arrays, self.experiment.dtype)
        with self.explaining(arrays):
            if not self.layer.built:
                set_edited_weights(self.layer, self.experiment.edits, arguments, keywords)
            training = told_training(self.layer, self.experiment.training)
            return LiveCall(self.layer, arguments, training, self.mask if own else mask, keywords)

    @contextmanager
    def explaining(self, arrays: Sequence[np.ndarray] | None = None) -> Iterator[None]:
        """Raise a Problem in place of whatever Keras or TensorFlow raise within the block."""
        try:
            yield
        except Problem:
            raise
        except Exception as error:
            shown = list(self.arrays if arrays is None else arrays)
            raise explained(error, self.card, self.experiment, shown) from error


def chosen(tensors: Mapping[str, Any], tensor_id: str, index: Sequence[int]) -> Any:
    """The live tensor of that id.

    Raises:
        Problem: if there is no such tensor, or it has no such cell.
    """
    if tensor_id not in tensors:
        known = [name for name in tensors if not name.startswith("step:")]
        raise Problem(
            Message("This run recorded no such tensor."), expected=", ".join(known), received=tensor_id[:80]
        )  # fmt: skip
    tensor = tensors[tensor_id]
    shape = to_array(tensor).shape
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise Problem(
            Message("The tensor has no such cell."), expected=f"{tensor_id} {shape}", received=str(tuple(index))
        )
    return tensor
