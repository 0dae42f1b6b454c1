"""What the layer is: its story, and what its tensors mean."""

from __future__ import annotations

import streamlit as st

from explorer.views import panel
from explorer.views.foreign_text import code, marked
from explorer.views.panels import Scene


def show(scene: Scene) -> None:
    """Draw the story and the tensors' notes."""
    t, card = scene.t, scene.card
    if card.story:
        st.markdown(t(card.story))
    notes = [(note.name, note.help) for note in card.tensors if note.help]
    if notes:
        st.markdown("\n".join(f"- `{code(name)}` — {marked(t(text))}" for name, text in notes))


panel(
    "about",
    "About",
    show,
    order=10,
    fits=lambda scene: bool(scene.card.story or any(n.help for n in scene.card.tensors)),
)
