"""A model and the layers in it, each under an id that a link can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from explorer.experiment.model_file import WHOLE

MAX_PARTS = 200
"""So many layers of one model are listed at most."""
MAX_ID = 90
"""The longest id, in characters."""
MAX_DEPTH = 8
"""How deep models may lie in one another."""


@dataclass(frozen=True, eq=False)
class Part:
    """A model, or a layer in one.

    Attributes:
        id: `WHOLE`, or `IN_MODEL` with the names of the models that it is in and its own, as far as a link holds them.
        name: its own name, of letters, digits and "_" only: what a file says is not trusted.
        depth: how many models it is in.
        layer: it.
    """

    id: str
    name: str
    depth: int
    layer: Any

    @property
    def is_model(self) -> bool:
        """Whether it has layers that are listed."""
        return isinstance(self.layer, keras.Model)


def parts_of_model(model: Any) -> dict[str, Part]:
    """The model and the layers in it, by their ids."""
    parts: dict[str, Part] = {}
    for names, layer in _walk(model, ()):
        identity = name = ".".join((WHOLE, *names))[:MAX_ID]
        number = 1
        while identity in parts:
            number += 1
            identity = f"{name}_{number}"
        parts[identity] = Part(identity, names[-1] if names else _plain(model.name), len(names), layer)
        if len(parts) > MAX_PARTS:
            break
    return parts


def _walk(layer: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield names, layer
    if not isinstance(layer, keras.Model) or len(names) >= MAX_DEPTH:
        return
    for inner in layer.layers:
        if not isinstance(inner, keras.layers.InputLayer):
            yield from _walk(inner, (*names, _plain(inner.name)))


def _plain(name: Any) -> str:
    """A name without what a link, a heading or a path would read as something else."""
    return re.sub(r"\W", "_", str(name))[:60] or "_"
