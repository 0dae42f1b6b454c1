"""What the layer is: its story, and what the documents said about it."""

from __future__ import annotations

import streamlit as st

from explorer.claims import claims
from explorer.views import View
from explorer.views.claim import draw_claim
from explorer.views.panels import Scene
from explorer.views.problems import escape


def show(scene: Scene) -> None:
    """Draw the story, the tensors' notes and the claims that open this layer."""
    t, card = scene.t, scene.card
    if card.story:
        st.markdown(t(card.story))
    notes = [(note.name, note.help) for note in card.tensors if note.help]
    if notes:
        st.markdown("\n".join(f"- `{name}` — {escape(t(text))}" for name, text in notes))
    own = [claim for claim in claims() if claim.open and claim.open.get("layer") == card.id]
    if own:
        st.subheader(t("Then and now"), anchor=False)
        for claim in own:
            draw_claim(scene.session, claim, "about")


VIEW = View("about", "About", show, order=10)
