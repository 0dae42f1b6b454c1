"""Where the project lies, and whether the name of its catalogue, `layers`, is its own in this process."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Where `explorer` and `layers` are found: the project's top, or the `site-packages` that it was installed into."""
_SERVED = ROOT / "explorer" / "served" / "app.py"
INSTALLED = _SERVED.exists()
"""Whether this is no checkout: a wheel has `app.py` inside the package (`pyproject.toml` puts it there)."""
APP = _SERVED if INSTALLED else ROOT / "app.py"
"""What Streamlit runs."""
COMMAND = "layer-explorer" if INSTALLED else "python -m explorer"
"""How the command is called in a terminal."""


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
