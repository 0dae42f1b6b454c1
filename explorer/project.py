"""Where the project lies, and whether the name of its catalogue, `layers`, is its own in this process."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The project's root: where `explorer` and `layers` are found."""


def other_layers() -> str:
    """The place of the module that Python finds, or has, as `layers` if it is not the catalogue's; else "".

    A project may have a `layers.py` of its own. The name is that project's there: what needs the catalogue is out of
    reach, everything else works.
    """
    module = sys.modules.get("layers")
    spec = module.__spec__ if module is not None else importlib.util.find_spec("layers")
    place = getattr(module, "__file__", None) or (spec.origin if spec is not None else None)
    if place is not None and Path(place).resolve() == ROOT / "layers" / "__init__.py":
        return ""
    return place or "nothing"
