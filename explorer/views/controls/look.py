"""How tensors are coloured. Nothing here changes a number."""

from __future__ import annotations

import streamlit as st

from explorer.views.session import Session


def draw_look(session: Session) -> None:
    """Draw the choice between a scale for each tensor and one for all of a kind."""
    t = session.text
    st.toggle(
        t("One scale for tensors of a kind"),
        key=session.show("scale", session.look.scale == "shared"),
        on_change=session.accept("scale", lambda shared: session.see(scale="shared" if shared else "own")),
        help=t("Off: each tensor uses the whole range of colours. On: equal colours mean equal values."),
    )
