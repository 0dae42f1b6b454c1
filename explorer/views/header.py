"""The layer's name, what it does in one line, where it comes from."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.views.problems import escape
from explorer.views.session import Session
from layers.card import Card


def draw_header(session: Session, card: Card) -> Any:
    """Draw the heading.

    Returns:
        A slot beside it, for the mark of the check against NumPy.
    """
    t = session.text
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.title(t(card.title), anchor=False, width="content")
        for document in card.documents:
            st.badge(t("document {number}", number=document), icon=":material/description:", color="gray")
        slot = st.empty()
    st.markdown(escape(t(card.summary)))
    return slot
