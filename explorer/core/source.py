"""The source of a layer, ours or Keras's own, as its reader would find it in its file."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import Any

from explorer.core.catalog.cards import find_card
from explorer.model.problem import Problem


@dataclass(frozen=True)
class Source:
    """One object's source.

    Attributes:
        name: "layers.linear.Linear".
        file: its file, relative to its package's parent.
        first_line: where it starts in that file.
        text: the source.
    """

    name: str
    file: str
    first_line: int
    text: str


def source(layer: str, code: str = "") -> list[dict[str, Any]]:
    """The source of the layer's class or factory, as JSON; a factory is followed by the classes of its module.

    Raises:
        Problem: if there is no such layer, or no Python source.
    """
    found = find_card(layer, code).layer_class
    objects = [inspect.unwrap(found)]
    if not inspect.isclass(found):
        module = inspect.getmodule(objects[0])
        objects += [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == objects[0].__module__]
    try:
        return [asdict(_source(thing)) for thing in objects]
    except (OSError, TypeError) as error:
        raise Problem("There is no Python source of this layer.", where="layer", detail=str(error)) from error


def _source(thing: Any) -> Source:
    lines, first_line = inspect.getsourcelines(thing)
    module = str(thing.__module__)
    package = module.split(".")[0]
    file = inspect.getsourcefile(thing) or ""
    return Source(f"{module}.{thing.__qualname__}", file[file.rfind(f"/{package}/") + 1 :], first_line, "".join(lines))
