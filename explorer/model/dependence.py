"""Where a number came from, and where it goes: values only, like a trace."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from explorer.model.display import Displayed
from explorer.model.trace import Message

Kind: TypeAlias = Literal["depends now", "could depend"]
Direction: TypeAlias = Literal["upstream", "downstream"]
DEPENDS_NOW: Final = "depends now"
COULD_DEPEND: Final = "could depend"
UPSTREAM: Final = "upstream"
DOWNSTREAM: Final = "downstream"
_CELL = re.compile(r"([^@]{1,150})@((?:\d{1,12}(?:,\d{1,12}){0,15})?)")
KINDS: tuple[Kind, ...] = get_args(Kind)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True)
class Disagreement:
    """A cell whose gradient is not how far the chosen cell moves with it.

    Attributes:
        tensor_id, index: the cell.
        gradient: what the backward pass gave.
        up, down: how far the chosen cell moved for each 1 that this one was moved, by small steps. At a kink, as of a
            ReLU at 0, they differ, and no gradient could be right.
        step: the source of the step whose gradient is not its derivative; "" if it was not found.
    """

    tensor_id: str
    index: tuple[int, ...]
    gradient: float
    up: float
    down: float
    step: str = ""

    @property
    def moved(self) -> float:
        """How far it moved by both steps together."""
        return (self.up + self.down) / 2

    @property
    def kink(self) -> bool:
        """Whether up and down differ by more than a tenth."""
        return abs(self.up - self.down) > 0.1 * max(abs(self.up), abs(self.down))


@dataclass(frozen=True)
class Checked:
    """What came of moving some cells of the inputs and weights a little, alone or many at once.

    Attributes:
        moved: how many cells were moved.
        agreeing: for how many of them the chosen cell moved as the gradient says, within what rounding allows.
        disagreeing: those for which it did not, also those at a kink. For the others it cannot be told: a jump or a
            kink is near, or rounding is as large as what would be seen.
    """

    moved: int
    agreeing: int
    disagreeing: tuple[Disagreement, ...] = ()


@dataclass(frozen=True, eq=False)
class Trail(Displayed):
    """What one cell has to do with the cells of the other recorded tensors.

    Attributes:
        tensor_id, index: the chosen cell, by the ids of its trace.
        value: what is in it.
        kind: "depends now" (a slope at this point) or "could depend" (found by trying other numbers).
        direction: "upstream" (what made it) or "downstream" (what it moves).
        cells: an array of the tensor's shape for every other tensor that was reached. "depends now" upstream: the
            gradient of the chosen cell; downstream: how far each cell moves for each 1 that the chosen one moves.
            "could depend": whether. A tensor that is missing was not reached.
        notes: what a reader must know to read it rightly.
        checked: "depends now" upstream: the gradients compared with what moving cells gives; None where there are no
            gradients to compare.
    """

    tensor_id: str
    index: tuple[int, ...]
    value: float | int | bool | str
    kind: Kind
    direction: Direction
    cells: Mapping[str, np.ndarray]
    notes: tuple[Message, ...] = ()
    checked: Checked | None = None

    def __post_init__(self) -> None:
        for value, known in ((self.kind, KINDS), (self.direction, DIRECTIONS)):
            if value not in known:
                raise ValueError(f"Expected one of {known}. Received: {value!r}")
        if min(self.index, default=0) < 0:
            raise ValueError(f"Expected an index from 0 on. Received: {self.index}")


def cell_text(tensor_id: str, index: Sequence[int]) -> str:
    """A cell as a link holds it: "step:7@0,1", "output:0@" for a scalar."""
    return f"{tensor_id}@{','.join(map(str, index))}"


def cell_of_text(text: str) -> tuple[str, tuple[int, ...]] | None:
    """The cell that a link names; None if it names none."""
    found = _CELL.fullmatch(text)
    if found is None:
        return None
    return found[1], tuple(int(position) for position in found[2].split(",") if position)
