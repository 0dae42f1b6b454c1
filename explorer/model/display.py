"""How a value shows itself where HTML is read, as in a notebook. Values cannot draw: the package says who does."""

from __future__ import annotations

from collections.abc import Callable

DRAWING: list[Callable[[object], str]] = []
"""Who gives a value as HTML: one, or none yet."""


class Displayed:
    """A value that displays itself: notebooks call `_repr_html_`, and show its text where it gives None."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return DRAWING[0](self) if DRAWING else None
