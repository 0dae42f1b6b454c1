"""The gallery's component: cards that are searched and filtered in the browser, without a round trip."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HOME = Path(__file__).parent


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "layer_explorer_shelf",
        html='<div class="shelf"></div>',
        css=(_HOME / "shelf.css").read_text(encoding="utf-8"),
        js=(_HOME / "shelf.js").read_text(encoding="utf-8"),
    )


def draw_shelf(data: dict[str, Any], on_open: Callable[[str], None]) -> None:
    """Draw the shelf.

    Args:
        data: "labels": words; "groups": what to show, `[{"name", "cards": [{"id", "title", "summary", "documents",
            "closed", "words"}]}]`, where "words" is what a search looks at besides what is shown.
        on_open: called with the id of the card that the reader opens.
    """

    def opened() -> None:
        layer = st.session_state["shelf"].get("open")
        if isinstance(layer, str):
            on_open(layer)

    _component()(key="shelf", data=data, on_open_change=opened)
