"""The source of a layer's methods, with where it stands."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras

from explorer.core.keras_private import EVERY_LAYERS_METHODS
from explorer.core.lifecycle.watch import Birth
from explorer.model.lifecycle import Excerpt

_PACKAGES = ("site-packages", "layers")
"""The folders that a file's name begins at."""


def own_sources(layer: Any, names: Iterable[str]) -> tuple[Excerpt, ...]:
    """The named methods of a layer's class, those that are the same for all layers left out.

    A method that hands on to its parent's, by `super()`, is followed by that one.
    """
    return tuple(found for name in names for found in method_sources(type(layer), name))


def method_sources(owner: type, name: str) -> Iterator[Excerpt]:
    """One method's source, from the class that defines it and on from there while `super()` is asked."""
    for parent in owner.__mro__:
        if name not in parent.__dict__:
            continue
        everyones = parent.__module__.startswith(EVERY_LAYERS_METHODS)
        if everyones or not issubclass(parent, (keras.layers.Layer, keras.Operation)):
            return
        found = excerpt(parent.__dict__[name], f"{parent.__name__}.{name}")
        if found is None:
            return
        yield found
        if f"super().{name}(" not in found.text:
            return


def birthplaces(births: Iterable[Birth], known: Iterable[Excerpt]) -> Iterator[Excerpt]:
    """The functions that made weights, as far as none of the known excerpts shows them."""
    seen = {(one.file, one.first_line) for one in known}
    for code in dict.fromkeys(birth.code for birth in births if birth.code is not None):
        name = code.co_qualname
        found = excerpt(code, name, code.co_filename)
        if found is not None and (found.file, found.first_line) not in seen:
            yield found


def excerpt(thing: Any, name: str, file: str = "") -> Excerpt | None:
    """The source of a function, a class or a code object; None if there is none in Python."""
    try:
        thing = inspect.unwrap(thing) if not inspect.iscode(thing) else thing
        lines, first_line = inspect.getsourcelines(thing)
        file = file or inspect.getsourcefile(thing) or ""
    except (OSError, TypeError):
        return None
    start = next((place for package in _PACKAGES if (place := file.find(f"/{package}/")) >= 0), -1)
    return Excerpt(
        name,
        file[start + 1 :].removeprefix("site-packages/") if start >= 0 else Path(file).name,
        first_line,
        "".join(lines),
    )


def defined_by_class(layer: Any, name: str) -> bool:
    """Whether the layer's class, or a parent that is not every layer's, defines the method."""
    parent = next((cls for cls in type(layer).__mro__ if name in cls.__dict__), None)
    return parent is not None and not parent.__module__.startswith(EVERY_LAYERS_METHODS)
