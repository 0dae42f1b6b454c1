"""What one would type: the constructor, the inputs and the symbolic inputs of a layer as Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from explorer.core.lifecycle.subject import Subject
from explorer.export.constructor import construction


def words(subject: Subject) -> dict[str, str]:
    """Python for the gaps in a moment's code: "construction", "inputs", "symbols", "shapes"."""
    experiment, card = subject.experiment, subject.card
    shapes = [repr(tuple(array.shape)) for array in subject.arrays]
    return {
        "construction": construction(card, experiment.params, {}, experiment.dtype),
        "inputs": as_given(subject, names(subject)),
        "symbols": as_given(subject, [symbol(*one) for one in subject.symbolic_inputs()]),
        "shapes": as_given(subject, shapes),
        "prelude": "\n".join(prelude(subject)),
        "listed": listed(subject),
    }


def names(subject: Subject) -> list[str]:
    """The inputs' names as Python has them."""
    return [re.sub(r"\W", "_", spec.name) for spec in subject.card.inputs]


def prelude(subject: Subject) -> list[str]:
    """A line for each input that makes it a symbolic tensor."""
    return [f"{name} = {symbol(*one)}" for name, one in zip(names(subject), subject.symbolic_inputs(), strict=True)]


def listed(subject: Subject) -> str:
    """The inputs as a model takes them: "x", or "[a, b]"."""
    found = ", ".join(names(subject))
    return found if len(subject.card.inputs) == 1 else f"[{found}]"


def symbol(name: str, shape: Sequence[int | None], dtype: str) -> str:
    """The `keras.Input` of one input."""
    given = f"{tuple(shape[1:])!r}" if shape and shape[0] is None else f"batch_shape={tuple(shape)!r}"
    return f"keras.Input({given})" if dtype == "float32" else f"keras.Input({given}, dtype={dtype!r})"


def as_given(subject: Subject, values: Sequence[str]) -> str:
    """Values in the layer's call: in a list or a dictionary, one after the other, or by keyword."""
    return subject.card.written(values)


def filled(code: str, told: Mapping[str, str]) -> str:
    """Code with its gaps filled."""
    return re.sub(r"\{(\w+)\}", lambda found: told.get(found[1], found[0]), code)
