"""The gallery's components: the hero, the picture cards and the list. They answer in the browser, without a round trip.

Each is one script: `_script` puts the modules of this folder together, in the order in which they import each other.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HOME = Path(__file__).parent
_MODULES = {"hero": ("cells", "hero"), "tiles": ("cells", "tiles"), "shelf": ("cells", "shelf")}
_STYLES = {"hero": ("colours", "hero"), "tiles": ("colours", "tiles"), "shelf": ("shelf",)}
_PLACES = {
    "hero": '<section class="hero"></section>',
    "tiles": '<ul class="tiles"></ul>',
    "shelf": '<div class="shelf"></div>',
}


@functools.cache
def _component(name: str) -> Any:
    styles = "".join((_HOME / f"{style}.css").read_text(encoding="utf-8") for style in _STYLES[name])
    return st.components.v2.component(f"layer_explorer_{name}", html=_PLACES[name], css=styles, js=_script(name))


def _script(name: str) -> str:
    """The modules of a component as one: a component's script cannot import files."""
    texts = [(_HOME / f"{module}.js").read_text(encoding="utf-8") for module in _MODULES[name]]
    whole = re.sub(r"^import [^\"]*\"[^\"]*\"\n", "", "\n".join(texts), flags=re.M)
    return re.sub(r"^export (?!default)", "", whole, flags=re.M)


def draw(name: str, data: dict[str, Any], on_open: Callable[[str], None]) -> None:
    """Draw a component.

    Args:
        name: "hero", "tiles" or "shelf".
        data: what its script says that it takes (`Data` in `hero.js`, `tiles.js` or `shelf.js`).
        on_open: called with the id of the card that the reader opens; "" from the hero.
    """

    def opened() -> None:
        layer = st.session_state[name].get("open")
        on_open(layer if isinstance(layer, str) else "")

    # in a list: in a dictionary Streamlit looks for pandas's frames, and loads pandas for it
    _component(name)(key=name, data=[data], on_open_change=opened)
