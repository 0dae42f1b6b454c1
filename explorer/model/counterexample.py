"""Inputs that break a layer, as small as they could be made: values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from explorer.model.trace import Message

Claim: TypeAlias = Literal["runs", "finite", "finite gradient", "equal", "equal loss", "mask fits"]
"""What a correct layer does with the inputs.

"runs": each call, one after the other, on one layer, gives a result. "finite": its outputs are finite. "finite
gradient": so is what the sum of the outputs gives to inputs and weights. "equal": one cell of the output is the same
in both calls. "equal loss": the sum of the losses that the layer adds is. "mask fits": the mask of an output has its
first axes.
"""


TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}
"""How far two cells that are to be equal may differ, as `numpy.isclose` has it: float32 rounds by less."""
MOST_NUMBERS = 24
"""Of a tensor with more cells the first are told."""


@dataclass(frozen=True)
class Given:
    """One tensor that a layer is called with.

    Attributes:
        dtype: TensorFlow's name of it.
        shape: the length of each axis.
        values: the cells in reading order; a boolean is 0 or 1.
        mask: None, or what is attached to it: a boolean for each cell of the first two axes, in reading order.
    """

    dtype: str
    shape: tuple[int, ...]
    values: tuple[float, ...]
    mask: tuple[bool, ...] | None = None

    @property
    def told_values(self) -> str:
        """The first cells as text."""
        return _told(self.values)

    @property
    def told_mask(self) -> str:
        """The mask of the first cells as text, "1 1 0"; "" if there is none."""
        return _told(self.mask or ())


def _told(values: Sequence[float]) -> str:
    shown = " ".join(f"{value:g}" for value in values[:MOST_NUMBERS])
    return shown if len(values) <= MOST_NUMBERS else f"{shown} …"


@dataclass(frozen=True)
class Cell:
    """One cell of an output.

    Attributes:
        output: which of the outputs.
        index: its place there.
    """

    output: int
    index: tuple[int, ...]


@dataclass(frozen=True)
class Counterexample:
    """Calls that show that a layer does not do what it should.

    Attributes:
        claim: what a correct layer does with them.
        shows: what this one did instead.
        calls: the tensors of each call, in the order of the call; a layer is made for the first one.
        arguments: the call's arguments as Python, "x0, [x1, x2]": the tensors are x0, x1 and so on.
        cells: of "equal", the cell of each call that should be the other's.
        training: the call's flag; None if it takes none.
        seed: what `keras.utils.set_random_seed` was given before the layer was made.
    """

    claim: Claim
    shows: Message
    calls: tuple[tuple[Given, ...], ...]
    arguments: str
    cells: tuple[Cell, ...] = ()
    training: bool | None = None
    seed: int = 0
