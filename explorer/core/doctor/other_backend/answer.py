"""What the process on the other backend is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Apart:
    """An expression whose numbers differ by more than rounding explains.

    Attributes:
        text: its source.
        step: its number among the steps on TensorFlow; -1 for an output of the layer.
        here, there: the numbers of one cell, on TensorFlow and on the other backend; the shapes, if those differ.
        cells, of: how many cells differ, and how many there are; of another shape, none.
        size: the largest difference; not finite where a number is not.
        dtypes: on TensorFlow and on the other backend.
        drawn: whether it draws random numbers.
    """

    text: str
    step: int
    here: str
    there: str
    cells: int
    of: int
    size: float
    dtypes: tuple[str, str]
    drawn: bool


@dataclass(frozen=True)
class Answer:
    """What came of the layer on the other backend.

    Attributes:
        compared: how many expressions were compared.
        apart: the first one that differs.
        outputs: in what the layer's outputs differ if it runs there by itself; "" if they are the same, but for
            rounding, or if it draws random numbers.
        tied: the source of the first expression that TensorFlow computed there, or failed to compute; or "".
        step: its number among the steps on TensorFlow, or -1.
        not_made: why the layer could not be made there, or "".
        error: what its call raised, in one line, or "".
        file, line, source: the line of the layer's source that raised it; "", 0 and "" if none is known.
        detail: the whole of what was raised.
    """

    compared: int = 0
    apart: Apart | None = None
    outputs: str = ""
    tied: str = ""
    step: int = -1
    not_made: str = ""
    error: str = ""
    file: str = ""
    line: int = 0
    source: str = ""
    detail: str = ""


def filled(structure: Any, tensors: list[Any]) -> Any:
    """The arguments of a call, with tensors in the place of their marks."""
    if isinstance(structure, list):
        return [filled(one, tensors) for one in structure]
    if isinstance(structure, dict):
        if structure.keys() == {_MARK}:
            return tensors[structure[_MARK]]
        return {name: filled(one, tensors) for name, one in structure.items()}
    return structure


def mark(number: int) -> dict[str, int]:
    """What stands in the place of a tensor."""
    return {_MARK: number}


_MARK = "layer explorer's tensor"
