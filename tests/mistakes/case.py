"""One wrong layer: how to make it, how to feed it, and when it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOMENTS = ("construct", "build", "call", "symbolic", "config", "save", "load", "weights", "fit", "silent")
"""When a mistake can show: while the layer is made, built, called on numbers, called on a `keras.Input`, made again
from its config, saved in a model, loaded with one, when a subclassed model's weights are loaded, trained, or never."""


@dataclass(frozen=True, eq=False)
class Case:
    """One variation of one mistake.

    Attributes:
        layer_class: the wrong layer.
        mistake: the id of the mistake, which is the name of the module.
        moment: when it shows, one of `MOMENTS`.
        line: a part of the line to blame; "" if the mistake is one of the whole class.
        arguments: of the constructor; values that are callable classes are made anew for each instance.
        shape: of the input, batch first.
        dtype: of the input.
        feed: calls the layer on the input, where `layer(x)` is not it.
        registered: whether loading is told of the class.
    """

    layer_class: type
    mistake: str
    moment: str
    line: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shape: tuple[int, ...] = (2, 4)
    dtype: str = "float32"
    feed: Callable[[Any, Any], Any] | None = None
    registered: bool = True

    @property
    def name(self) -> str:
        """As tests call it."""
        return f"{self.mistake}-{self.layer_class.__name__}"


def wrong(moment: str, line: str = "", **options: Any) -> Callable[[type], type]:
    """Mark a class as a variation of its module's mistake; the options are fields of `Case`."""
    assert moment in MOMENTS

    def mark(layer_class: type) -> type:
        mistake = layer_class.__module__.rpartition(".")[2]
        layer_class.mistake = Case(layer_class, mistake, moment, line, **options)  # type: ignore[attr-defined]
        return layer_class

    return mark
